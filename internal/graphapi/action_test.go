package graphapi_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

// payroll is an application and its service principal.
type payroll struct {
	app, sp string // object ids
	appID   string
}

// payroll makes an application that is owned by nobody but admin.
func (w *world) payroll(t *testing.T) payroll {
	t.Helper()
	app := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/applications", `{"displayName":"Payroll"}`)
	sp := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/servicePrincipals", fmt.Sprintf(`{"appId":%q}`, app["appId"]))
	return payroll{app: fmt.Sprint(app["id"]), sp: fmt.Sprint(sp["id"]), appID: fmt.Sprint(app["appId"])}
}

// connect stores what client credentials need.
func (w *world) connect(t *testing.T, p payroll, more ...string) {
	t.Helper()
	w.want(t, http.StatusNoContent, http.MethodPut, "/v1.0/servicePrincipals/"+p.sp+"/synchronization/secrets",
		`{"value":[`+strings.Join(append(more, w.client()), ",")+`]}`)
}

// client is what the request must give when nothing is stored.
func (w *world) client() string {
	return pair("Oauth2TokenExchangeUri", w.application.URL+"/token") + "," + pair("Oauth2ClientId", "client-1") + "," +
		pair("Oauth2ClientSecret", theClientSecret)
}

func pair(key, value string) string { return fmt.Sprintf(`{"key":%q,"value":%q}`, key, value) }

// sealed returns what the database holds for the service principal.
func (w *world) sealed(t *testing.T, p payroll) []store.SealedSecret {
	t.Helper()
	secrets, err := w.db.Secrets(t.Context(), tenantID, directory.ObjectID(p.sp))
	if err != nil {
		t.Fatal(err)
	}
	return secrets
}

// fault returns code, message and target of an error answer.
func fault(t *testing.T, rec *httptest.ResponseRecorder) (string, string, string) {
	t.Helper()
	e, ok := decoded(rec)["error"].(map[string]any)
	if !ok {
		t.Fatalf("not an error: %d %s", rec.Code, rec.Body)
	}
	text := func(name string) string { s, _ := e[name].(string); return s }
	return text("code"), text("message"), text("target")
}

// TestActionAccepts: every way of saying nothing means what is stored; a member
// with a value goes over it.
func TestActionAccepts(t *testing.T) {
	t.Parallel()

	for name, body := range map[string]string{
		"no body":                            ``,
		"blanks":                             " \n ",
		"empty object":                       `{}`,
		"null collection":                    `{"credentials":null}`,
		"empty collection":                   `{"credentials":[]}`,
		"published example":                  `{"credentials":[{"@odata.type":"microsoft.graph.synchronizationSecretKeyStringValuePair"}]}`,
		"published example, leading #":       `{"credentials":[{"@odata.type":"#microsoft.graph.synchronizationSecretKeyStringValuePair"}]}`,
		"several without key":                `{"credentials":[{},{"@odata.type":"x"},null]}`,
		"null key and value":                 `{"credentials":[{"key":null,"value":null}]}`,
		"empty key":                          `{"credentials":[{"key":"","value":""}]}`,
		"key None":                           `{"credentials":[{"key":"None"},{"key":"None"}]}`,
		"keyless among keyed":                `{"credentials":[{},{"key":"UserName","value":"u"},{"@odata.type":"x"}]}`,
		"null value means what is stored":    `{"credentials":[{"key":"Oauth2ClientSecret","value":null}]}`,
		"absent value means what is stored":  `{"credentials":[{"key":"Oauth2ClientSecret"}]}`,
		"asterisk means what is stored":      `{"credentials":[{"key":"Oauth2ClientSecret","value":"*"}]}`,
		"key in another case":                `{"credentials":[{"key":"OAUTH2clientid","value":"client-1"}]}`,
		"number of a key as text":            `{"credentials":[{"key":"27","value":"client-1"}]}`,
		"members in another case":            `{"Credentials":[{"Key":"Oauth2ClientId","Value":"client-1"}]}`,
		"further properties":                 `{"@odata.type":"x","dryRun":false,"credentials":[{"key":"UserName","value":"u","extra":{"a":[1]}}]}`,
		"largest value":                      `{"credentials":[{"key":"UserName","value":"` + strings.Repeat("a", 64<<10) + `"}]}`,
		"characters of the whole of Unicode": `{"credentials":[{"key":"UserName","value":"Zoë 🦊 \u0000"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			p := w.payroll(t)
			w.connect(t, p)
			rec := w.do(t, "admin", http.MethodPost, "/v1.0/servicePrincipals/"+p.sp+"/synchronization/acquireAccessToken", body)
			if rec.Code != http.StatusNoContent || rec.Body.Len() != 0 {
				t.Fatalf("%d %s", rec.Code, rec.Body)
			}
			if header := rec.Header(); header.Get("Content-Type") != "" || header.Get("Content-Length") != "" || header.Get("request-id") == "" {
				t.Errorf("headers %v", header)
			}
			if asked := w.application.asked(); len(asked) != 1 || asked[0].Get("grant_type") != "client_credentials" {
				t.Errorf("the token endpoint got %v", asked)
			}
		})
	}
}

// TestActionRefuses: a body with a fault is refused with a message that names the
// place, nothing is asked of the application, and nothing is stored.
func TestActionRefuses(t *testing.T) {
	t.Parallel()

	const secret = "s3cr3t-of-the-caller"
	for name, c := range map[string]struct {
		body, code, target, message string
	}{
		"unknown key": {
			`{"credentials":[` + pair("UserName", "u") + `,` + pair("Oauth2Code", secret) + `]}`,
			"RequestParameterInvalid", "credentials[1].key", "Requested value 'Oauth2Code' was not found.",
		},
		"unknown key of an empty value": {
			`{"credentials":[{"key":"Colour","value":null}]}`,
			"RequestParameterInvalid", "credentials[0].key", "Requested value 'Colour' was not found.",
		},
		"number of no key": {
			`{"credentials":[{"key":"999","value":"x"}]}`, "RequestParameterInvalid", "credentials[0].key", "'999' was not found",
		},
		"doubled key": {
			`{"credentials":[{},` + pair("Password", secret) + `,` + pair("Password", secret) + `]}`,
			"RequestParameterInvalid", "credentials[2].key", "the key Password is given already by credentials[1]",
		},
		"doubled key in another case": {
			`{"credentials":[` + pair("Password", secret) + `,` + pair("pASSWORD", secret) + `]}`,
			"RequestParameterInvalid", "credentials[1].key", "given already by credentials[0]",
		},
		"doubled key by number": {
			`{"credentials":[` + pair("Password", secret) + `,` + pair("2", secret) + `]}`,
			"RequestParameterInvalid", "credentials[1].key", "given already by credentials[0]",
		},
		"body of another type":        {`[]`, "RequestParameterInvalid", "body", "body is a JSON array where an object is expected"},
		"body null":                   {`null`, "RequestParameterInvalid", "body", "body is a JSON null where an object is expected"},
		"credentials of another type": {`{"credentials":{"key":"UserName"}}`, "RequestParameterInvalid", "credentials", "credentials is a JSON object where an array is expected"},
		"credentials a text":          {`{"credentials":"` + secret + `"}`, "RequestParameterInvalid", "credentials", "credentials is a JSON string where an array is expected"},
		"entry of another type":       {`{"credentials":[{},"` + secret + `"]}`, "RequestParameterInvalid", "credentials[1]", "it is a JSON string where an object with key and value is expected"},
		"key of another type":         {`{"credentials":[{"key":27,"value":"` + secret + `"}]}`, "RequestParameterInvalid", "credentials[0].key", "it is a JSON number where a string is expected"},
		"value of another type":       {`{"credentials":[{"key":"SyncAll","value":true}]}`, "RequestParameterInvalid", "credentials[0].value", "it is a JSON boolean where a string is expected"},
		"value an object":             {`{"credentials":[{"key":"Domain","value":{"domain":"x"}}]}`, "RequestParameterInvalid", "credentials[0].value", "it is a JSON object where a string is expected"},
		"value of another type without key": {
			`{"credentials":[{"value":7}]}`, "RequestParameterInvalid", "credentials[0].value", "it is a JSON number where a string is expected",
		},
		"oversized value": {
			`{"credentials":[` + pair("Password", strings.Repeat("a", 64<<10+1)) + `]}`,
			"RequestParameterInvalid", "credentials[0].value", "it is longer than 65536 bytes",
		},
		"malformed": {"{\"credentials\":[\n {\"key\":\"UserName\",}]}", "BadRequest", "", "at line 2, column 20"},
		"cut short": {`{"credentials":[{"key":"UserName"`, "BadRequest", "", "unexpected end of JSON input at line 1, column 33"},
		"two texts": {`{"credentials":[]}{}`, "BadRequest", "", "at line 1, column 19"},
		"not UTF-8": {"{\"credentials\":[{\"key\":\"\xff\"}]}", "BadRequest", "", "not valid UTF-8"},
		"nothing to go by": {
			`{"credentials":[` + pair("Oauth2ClientSecret", "wrong") + `]}`, "InvalidCredentials", "", "invalid_client",
		},
		"a code that does not hold": {
			`{"credentials":[` + pair("Oauth2AuthorizationCode", secret) + `,` + pair("Oauth2RedirectUri", "https://x.example/") + `]}`,
			"InvalidCredentials", "", "invalid_grant",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			p := w.payroll(t)
			w.connect(t, p)
			before := w.sealed(t, p)
			rec := w.do(t, "admin", http.MethodPost, "/v1.0/applications/"+p.app+"/synchronization/acquireAccessToken", c.body)
			code, message, target := fault(t, rec)
			if rec.Code != http.StatusBadRequest || code != c.code || target != c.target || !strings.Contains(message, c.message) {
				t.Errorf("%d %s", rec.Code, rec.Body)
			}
			if c.target != "" && c.target != "body" && !strings.HasPrefix(message, c.target) {
				t.Errorf("the message does not begin with the place: %s", message)
			}
			if strings.Contains(rec.Body.String()+w.log.String(), secret) {
				t.Errorf("a secret is told: %s %s", rec.Body, w.log)
			}
			if after := w.sealed(t, p); c.code != "InvalidCredentials" && !reflect.DeepEqual(before, after) {
				t.Errorf("stored %v, before %v", after, before)
			}
			if asked := len(w.application.asked()); c.code != "InvalidCredentials" && asked != 0 {
				t.Errorf("%d requests to the token endpoint", asked)
			}
		})
	}
}

// TestActionStoresNothingOnRefusal: what a request gave is not kept when the token
// endpoint refuses it.
func TestActionStoresNothingOnRefusal(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	w.connect(t, p)
	before := w.sealed(t, p)
	rec := w.do(t, "admin", http.MethodPost, "/beta/servicePrincipals/"+p.sp+"/synchronization/acquireAccessToken",
		`{"credentials":[`+pair("Oauth2ClientSecret", "wrong")+`,`+pair("UserName", "u")+`]}`)
	if code, _, _ := fault(t, rec); rec.Code != http.StatusBadRequest || code != "InvalidCredentials" {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	if after := w.sealed(t, p); !reflect.DeepEqual(before, after) {
		t.Errorf("stored %d secrets, before %d", len(after), len(before))
	}
}

// TestActionPaths: both containers, both versions and every spelling lead to the
// same state.
func TestActionPaths(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	w.connect(t, p)
	n := 0
	for _, path := range []string{
		"/v1.0/servicePrincipals/{sp}/synchronization/acquireAccessToken",
		"/beta/servicePrincipals/{sp}/synchronization/acquireAccessToken",
		"/v1.0/applications/{app}/synchronization/acquireAccessToken",
		"/beta/applications/{app}/synchronization/acquireAccessToken",
		"/v1.0/servicePrincipals(appId='{appId}')/synchronization/acquireAccessToken",
		"/v1.0/applications(appId='{appId}')/synchronization/acquireAccessToken",
		"/v1.0/applications(appId=%27{appId}%27)/synchronization/acquireAccessToken",
		"/v1.0/servicePrincipals('{sp}')/synchronization/acquireAccessToken",
		"/v1.0/servicePrincipals/{sp}/synchronization/microsoft.graph.acquireAccessToken",
		"/v1.0/servicePrincipals/{sp}/synchronization/acquireAccessToken/",
		"/v1.0/servicePrincipals/{sp}/synchronization/acquireAccessToken()",
		"/v1.0/SERVICEPRINCIPALS/{SP}/Synchronization/ACQUIREACCESSTOKEN",
		"/V1.0/serviceprincipals(APPID='{appId}')/synchronization/Microsoft.Graph.AcquireAccessToken/",
	} {
		path = strings.NewReplacer("{sp}", p.sp, "{SP}", strings.ToUpper(p.sp), "{app}", p.app, "{appId}", p.appID).Replace(path)
		n++
		if rec := w.do(t, "admin", http.MethodPost, path, `{"credentials":[]}`); rec.Code != http.StatusNoContent {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
	if asked := len(w.application.asked()); asked != n {
		t.Errorf("%d requests to the token endpoint, not %d", asked, n)
	}
	for path, status := range map[string]int{
		"/v1.0/servicePrincipals/" + p.app + "/synchronization/acquireAccessToken":       http.StatusNotFound,
		"/v1.0/applications/" + p.sp + "/synchronization/acquireAccessToken":             http.StatusNotFound,
		"/v1.0/servicePrincipals(appId='nobody')/synchronization/acquireAccessToken":     http.StatusNotFound,
		"/v1.0/servicePrincipals/not-an-id/synchronization/acquireAccessToken":           http.StatusNotFound,
		"/v1.0/users/" + string(adminSP) + "/synchronization/acquireAccessToken":         http.StatusNotFound,
		"/v1.0/servicePrincipals(name='x')/synchronization/acquireAccessToken":           http.StatusBadRequest,
		"/v2.0/servicePrincipals/" + p.sp + "/synchronization/acquireAccessToken":        http.StatusNotFound,
		"/v1.0/servicePrincipals/" + p.sp + "/synchronization/acquireAccessToken/more":   http.StatusNotFound,
		"/provisor/servicePrincipals/" + p.sp + "/synchronization/acquireAccessToken":    http.StatusNotFound,
		"/v1.0/servicePrincipals(appId='x/synchronization/acquireAccessToken":            http.StatusBadRequest,
		"/v1.0/servicePrincipals/" + p.sp + "/synchronization/jobs/x/acquireAccessToken": http.StatusNotFound,
	} {
		if rec := w.do(t, "admin", http.MethodPost, path, ""); rec.Code != status {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
}

// TestActionBodies: how a body may travel.
func TestActionBodies(t *testing.T) {
	t.Parallel()

	zip := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(text))
		_ = z.Close()
		return b.String()
	}
	const body = `{"credentials":[{"@odata.type":"x"}]}`
	for name, c := range map[string]struct {
		contentType, encoding, body string
		status                      int
	}{
		"plain":                      {"application/json", "", body, 204},
		"charset":                    {"application/json; charset=UTF-8", "", body, 204},
		"OData parameters":           {"application/json;odata.metadata=minimal;IEEE754Compatible=false", "", body, 204},
		"no Content-Type":            {"", "", body, 204},
		"gzip":                       {"application/json", "gzip", zip(body), 204},
		"gzip, upper case":           {"application/json", "GZIP", zip(body), 204},
		"gzip of nothing":            {"application/json", "gzip", zip(""), 204},
		"gzip, nothing sent":         {"application/json", "gzip", "", 204},
		"gzip of a fault":            {"application/json", "gzip", zip(`{"credentials":7}`), 400},
		"gzip that is none":          {"application/json", "gzip", body, 400},
		"gzip cut short":             {"application/json", "gzip", zip(body)[:12], 400},
		"gzip bomb":                  {"application/json", "gzip", zip(strings.Repeat(" ", 4<<20)), 413},
		"too large":                  {"application/json", "", strings.Repeat(" ", 1<<20+1), 413},
		"deflate":                    {"application/json", "deflate", body, 415},
		"a form":                     {"application/x-www-form-urlencoded", "", "credentials=x", 415},
		"another charset":            {"application/json; charset=utf-16", "", body, 415},
		"no body, a form's type":     {"application/x-www-form-urlencoded", "", "", 204},
		"a type that is none at all": {"json", "", body, 415},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			p := w.payroll(t)
			w.connect(t, p)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://provisor.test/v1.0/servicePrincipals/"+p.sp+"/synchronization/acquireAccessToken", strings.NewReader(c.body))
			r.Header.Set("Authorization", "Bearer admin")
			r.Header.Set("Content-Type", c.contentType)
			r.Header.Set("Content-Encoding", c.encoding)
			if rec := w.send(r); rec.Code != c.status {
				t.Errorf("%d %s", rec.Code, rec.Body)
			}
		})
	}
}
