package graphapi_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/graphapi"
)

// documented is an error that Graph's pages or its clients know, and the condition
// under which it comes.
type documented struct {
	name         string
	caller       string // "" sends no token
	method, path string
	body         string
	edit         func(*http.Request)
	status       int
	code         string
	message      string // a part of it
	header       string // one that is there
}

// TestDocumentedErrors: each comes under its condition with its code and status, in
// the envelope that typed clients decode, with the headers of every answer.
func TestDocumentedErrors(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.callers["nothing"] = w.callers["powerful"]
	p, bare := w.payroll(t), w.payroll(t)
	w.connect(t, p, pair("BaseAddress", w.application.URL+"/scim"))
	sp := "/v1.0/servicePrincipals/" + p.sp
	job, _ := w.want(t, http.StatusCreated, http.MethodPost, sp+"/synchronization/jobs", `{"templateId":"scim"}`)["id"].(string)
	bareJob, _ := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/servicePrincipals/"+bare.sp+"/synchronization/jobs", `{"templateId":"scim"}`)["id"].(string)
	for _, tt := range append(protocolErrors(sp), synchronizationErrors(w, sp, job, "/v1.0/servicePrincipals/"+bare.sp, bareJob)...) {
		tt.check(t, w)
	}
}

func (tt documented) check(t *testing.T, w *world) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), tt.method, "http://provisor.test"+tt.path, strings.NewReader(tt.body))
	if tt.caller != "" {
		r.Header.Set("Authorization", "Bearer "+tt.caller)
	}
	if tt.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("client-request-id", oneID)
	if tt.edit != nil {
		tt.edit(r)
	}
	rec := w.send(r)
	code, message, _ := fault(t, rec)
	if rec.Code != tt.status || code != tt.code || !strings.Contains(message, tt.message) {
		t.Errorf("%s: %d %s %q, want %d %s %q", tt.name, rec.Code, code, message, tt.status, tt.code, tt.message)
	}
	if tt.header != "" && rec.Header().Get(tt.header) == "" {
		t.Errorf("%s: no %s: %v", tt.name, tt.header, rec.Header())
	}
	checkEnvelope(t, rec)
}

// checkEnvelope holds what is the same in every error.
func checkEnvelope(t *testing.T, rec *httptest.ResponseRecorder) {
	t.Helper()
	body := decoded(rec)
	e, _ := body["error"].(map[string]any)
	inner, _ := e["innerError"].(map[string]any)
	h := rec.Header()
	if len(body) != 1 || inner["request-id"] != h.Get("request-id") || inner["client-request-id"] != oneID || h.Get("client-request-id") != oneID {
		t.Errorf("%v with %v", body, h)
	}
	if date, _ := inner["date"].(string); date != "2026-01-02T03:04:05" {
		t.Errorf("date %q", date)
	}
	if !strings.HasPrefix(h.Get("Content-Type"), "application/json") || h.Get("x-ms-ags-diagnostic") == "" {
		t.Errorf("headers %v", h)
	}
}

func protocolErrors(sp string) []documented {
	secrets := sp + "/synchronization/secrets"
	large := func(n int) string { return `{"value":[{"key":"UserName","value":"` + strings.Repeat("x", n) + `"}]}` }
	packed := func(r *http.Request) {
		var b bytes.Buffer
		zip := gzip.NewWriter(&b)
		_, _ = zip.Write([]byte(large(2 << 20)))
		_ = zip.Close()
		*r = *r.Clone(r.Context())
		r.Body = http.NoBody
		fresh := httptest.NewRequest(http.MethodPut, "http://provisor.test", &b)
		r.Body, r.ContentLength = fresh.Body, fresh.ContentLength
		r.Header.Set("Content-Encoding", "gzip")
	}
	kind := func(contentType string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Content-Type", contentType) }
	}
	return []documented{
		{name: "no token", method: "GET", path: secrets, status: 401, code: "InvalidAuthenticationToken", header: "WWW-Authenticate"},
		{name: "no permission", caller: "nothing", method: "GET", path: secrets, status: 403, code: "Authorization_RequestDenied", message: "Insufficient privileges to complete the operation."},
		{name: "unknown object", caller: "admin", method: "GET", path: "/v1.0/servicePrincipals/00000000-0000-0000-0000-000000000001", status: 404, code: "Request_ResourceNotFound", message: "does not exist or one of its queried reference-property objects are not present."},
		{name: "unknown segment", caller: "admin", method: "GET", path: "/v1.0/smoke", status: 404, code: "BadRequest", message: "Resource not found for the segment 'smoke'."},
		{name: "method", caller: "admin", method: "DELETE", path: secrets, status: 405, code: "Request_BadRequest", header: "Allow"},
		{name: "empty body", caller: "admin", method: "PUT", path: secrets, status: 400, code: "BadRequest", message: "Empty Payload. JSON content expected."},
		{name: "not JSON", caller: "admin", method: "PUT", path: secrets, body: "{\n  'value': []}", status: 400, code: "BadRequest", message: "at line 2, column 3"},
		{name: "content type", caller: "admin", method: "PUT", path: secrets, body: "<x/>", edit: kind("application/xml"), status: 415, code: "UnsupportedMediaType"},
		{name: "content encoding", caller: "admin", method: "PUT", path: secrets, body: "{}", edit: func(r *http.Request) { r.Header.Set("Content-Encoding", "br") }, status: 415, code: "UnsupportedMediaType"},
		{name: "too large", caller: "admin", method: "PUT", path: secrets, body: large(2 << 20), status: 413, code: "RequestEntityTooLarge"},
		{name: "too large unpacked", caller: "admin", method: "PUT", path: secrets, body: "{}", edit: packed, status: 413, code: "RequestEntityTooLarge"},
	}
}

func synchronizationErrors(w *world, sp, job, bare, bareJob string) []documented {
	jobs := sp + "/synchronization/jobs/"
	subject := func(rule string) string {
		return `{"parameters":[{"ruleId":"` + rule + `","subjects":[{"objectId":"00000000-0000-0000-0000-000000000001","objectTypeName":"User"}]}]}`
	}
	credentials := func(address string) string {
		return `{"templateId":"scim","credentials":[` + pair("BaseAddress", address) + `,` + pair("SecretToken", "wrong") + `]}`
	}
	return []documented{
		{name: "unknown job", caller: "admin", method: "GET", path: jobs + "scim.none", status: 404, code: "Request_ResourceNotFound"},
		{name: "unknown secret", caller: "admin", method: "PUT", path: sp + "/synchronization/secrets", body: `{"value":[` + pair("Smoke", "x") + `]}`, status: 400, code: "RequestParameterInvalid", message: "Requested value 'Smoke' was not found."},
		{name: "unknown rule", caller: "admin", method: "POST", path: jobs + job + "/provisionOnDemand", body: subject("smoke"), status: 400, code: "RequestParameterInvalid", message: "smoke"},
		{name: "empty rule", caller: "admin", method: "POST", path: jobs + job + "/provisionOnDemand", body: subject(""), status: 400, code: "RequestParameterInvalid"},
		{name: "no secrets", caller: "admin", method: "POST", path: bare + "/synchronization/jobs/" + bareJob + "/provisionOnDemand", body: subject("03f7d90d-bf71-41b1-bda6-aaf0ddbee5d8"), status: 400, code: "CredentialsMissing"},
		{name: "refused credentials", caller: "admin", method: "POST", path: sp + "/synchronization/jobs/validateCredentials", body: credentials(w.application.URL + "/scim"), status: 400, code: "InvalidCredentials"},
		{name: "unreachable target", caller: "admin", method: "POST", path: sp + "/synchronization/jobs/validateCredentials", body: credentials("http://127.0.0.1:1/scim"), status: 400, code: "CredentialValidationUnavailable"},
		{name: "nothing to acquire with", caller: "admin", method: "POST", path: bare + "/synchronization/acquireAccessToken", status: 400, code: "CredentialsMissing"},
		{name: "refused client", caller: "admin", method: "POST", path: sp + "/synchronization/acquireAccessToken", body: `{"credentials":[` + pair("Oauth2ClientSecret", "wrong") + `]}`, status: 400, code: "InvalidCredentials"},
		{name: "unreachable token endpoint", caller: "admin", method: "POST", path: sp + "/synchronization/acquireAccessToken", body: `{"credentials":[` + pair("Oauth2TokenExchangeUri", "http://127.0.0.1:1/token") + `]}`, status: 400, code: "CredentialValidationUnavailable"},
		{name: "bulk upload without its permission", caller: "reader", method: "POST", path: jobs + job + "/bulkUpload", body: `{"schemas":[]}`, status: 403, code: "Authorization_RequestDenied"},
	}
}

// TestUnknownError: with the switch, who may not do what it asks is answered as the
// original service does.
func TestUnknownError(t *testing.T) {
	t.Parallel()

	w := newWorldWith(t, func(c *graphapi.Config) { c.CompatUnknownError401 = true })
	p := w.payroll(t)
	for _, path := range []string{"/synchronization/jobs", "/synchronization/secrets"} {
		documented{
			caller: "powerful", method: "GET", path: "/v1.0/servicePrincipals/" + p.sp + path, status: 401, code: "UnknownError", header: "WWW-Authenticate",
		}.check(t, w)
		rec := w.do(t, "powerful", http.MethodGet, "/v1.0/servicePrincipals/"+p.sp+path, "")
		if _, message, _ := fault(t, rec); message != "" {
			t.Errorf("message %q", message)
		}
	}
	w.want(t, http.StatusOK, http.MethodGet, "/v1.0/servicePrincipals/"+p.sp+"/synchronization/jobs", "")
}
