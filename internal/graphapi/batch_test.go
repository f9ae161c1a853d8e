package graphapi_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/graphapi"
)

// batchOf sends a batch and returns the answers by id.
func (w *world) batchOf(t *testing.T, caller, requests string) map[string]map[string]any {
	t.Helper()
	rec := w.do(t, caller, http.MethodPost, "/v1.0/$batch", `{"requests":[`+requests+`]}`)
	if rec.Code != http.StatusOK {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	var out struct {
		Responses []map[string]any `json:"responses"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	byID := map[string]map[string]any{}
	for _, r := range out.Responses {
		byID[fmt.Sprint(r["id"])] = r
	}
	return byID
}

func statusOf(r map[string]any) int {
	status, _ := r["status"].(float64)
	return int(status)
}

func bodyOf(r map[string]any) map[string]any {
	body, _ := r["body"].(map[string]any)
	return body
}

// TestBatch: each request has its own answer, and those that fail do not stop others.
func TestBatch(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	ada := w.person(t, "ada")
	patch := base64.StdEncoding.EncodeToString([]byte(`{"jobTitle":"Countess"}`))
	got := w.batchOf(t, "admin", `
		{"id":"1","method":"GET","url":"/users/`+ada+`?$select=displayName"},
		{"id":"2","method":"get","url":"users/$count","headers":{"ConsistencyLevel":"eventual"}},
		{"id":"3","method":"GET","url":"/users/nobody@contoso.example"},
		{"id":"4","method":"POST","url":"/groups","headers":{"Content-Type":"application/json"},"body":{"displayName":"All","mailEnabled":false,"mailNickname":"all","securityEnabled":true}},
		{"id":"5","method":"PATCH","url":"/users/`+ada+`","headers":{"content-type":"application/json"},"body":"`+patch+`"},
		{"id":"6","method":"GET","url":"/$batch"},
		{"id":"7","method":"POST","url":"/$batch","headers":{"Content-Type":"application/json"},"body":{"requests":[]}},
		{"id":"8","method":"GET","url":"/users?$filter=displayName eq 'ada'"},
		{"id":"9","method":"GET","url":"/$metadata"},
		{"id":"10","method":"POST","url":"/users","body":"!"}`)
	for id, status := range map[string]int{"1": 200, "2": 200, "3": 404, "4": 201, "5": 204, "6": 405, "7": 400, "8": 200, "9": 200, "10": 400} {
		if statusOf(got[id]) != status {
			t.Errorf("%s: %v", id, got[id])
		}
	}
	if bodyOf(got["1"])["displayName"] != "ada" || got["2"]["body"] != 1.0 || bodyOf(got["3"])["error"] == nil || got["5"]["body"] != nil {
		t.Errorf("bodies: %v %v %v %v", got["1"], got["2"], got["3"], got["5"])
	}
	headers, _ := got["4"]["headers"].(map[string]any)
	if location, _ := headers["Location"].(string); !strings.HasPrefix(location, "https://provisor.test/v1.0/groups/") || headers["request-id"] == nil && headers["Request-Id"] == nil {
		t.Errorf("headers: %v", headers)
	}
	document, _ := got["9"]["body"].(string)
	if decoded, err := base64.StdEncoding.DecodeString(document); err != nil || !strings.Contains(string(decoded), "edmx:Edmx") {
		t.Errorf("what is no JSON comes in Base64: %.80s", document)
	}
	if title := w.want(t, http.StatusOK, http.MethodGet, "/v1.0/users/"+ada, "")["jobTitle"]; title != "Countess" {
		t.Errorf("a body in Base64: %v", title)
	}
}

// TestBatchDependencies: a request waits for those it depends on, and is left out when
// one of them fails.
func TestBatchDependencies(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	create := func(id, name, after string) string {
		return fmt.Sprintf(`{"id":%q,"method":"POST","url":"/users","dependsOn":[%s],"headers":{"Content-Type":"application/json"},"body":{"displayName":%q,"userPrincipalName":"%s@contoso.example","mailNickname":%q,"accountEnabled":true}}`, id, after, name, name, name)
	}
	got := w.batchOf(t, "admin", strings.Join([]string{
		`{"id":"read","method":"GET","url":"/users/ada@contoso.example","dependsOn":["ada"]}`,
		create("ada", "ada", ""),
		create("twice", "ada", `"ada"`),
		create("never", "bob", `"twice"`),
		create("neither", "cid", `"ada","never"`),
		create("free", "dora", ""),
	}, ","))
	for id, status := range map[string]int{"read": 200, "ada": 201, "twice": 400, "never": 424, "neither": 424, "free": 201} {
		if statusOf(got[id]) != status {
			t.Errorf("%s: %v", id, got[id])
		}
	}
	if names := w.names(t, "users", ""); strings.Join(names, " ") != "ada dora" {
		t.Errorf("users: %v", names)
	}
}

// TestBatchIsWeighed: a batch opens nothing that its caller may not do otherwise.
func TestBatchIsWeighed(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	got := w.batchOf(t, "reader", `
		{"id":"1","method":"GET","url":"/users"},
		{"id":"2","method":"GET","url":"/users","headers":{"Authorization":"Bearer admin"}},
		{"id":"3","method":"GET","url":"/applicationTemplates"}`)
	if statusOf(got["1"]) != 403 || statusOf(got["2"]) != 403 || statusOf(got["3"]) != 200 {
		t.Errorf("%v", got)
	}
	if rec := w.do(t, "", http.MethodPost, "/v1.0/$batch", `{"requests":[{"id":"1","method":"GET","url":"/$metadata"}]}`); rec.Code != http.StatusUnauthorized {
		t.Errorf("without token: %d", rec.Code)
	}
	if !strings.Contains(strings.Join(w.seen, "\n"), "GET /users 403") {
		t.Errorf("the requests of a batch are not observed: %v", w.seen)
	}
}

// TestBatchRefused: a malformed batch is refused as a whole, before anything is done.
func TestBatchRefused(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	one := func(id, more string) string {
		return fmt.Sprintf(`{"id":%q,"method":"GET","url":"/users"%s}`, id, more)
	}
	many := make([]string, 21)
	for i := range many {
		many[i] = one(fmt.Sprint(i), "")
	}
	for body, says := range map[string]string{
		`{}`:                      "0 requests",
		`{"requests":[]}`:         "0 requests",
		`{"requests":7}`:          "array",
		`{"requests":[{"id":7}]}`: "string",
		`{"requests":[` + strings.Join(many, ",") + `]}`:                                     "21 requests",
		`{"requests":[` + one("", "") + `]}`:                                                 "no id",
		`{"requests":[` + one("1", "") + `,` + one("1", "") + `]}`:                           "twice",
		`{"requests":[` + one("1", `,"dependsOn":["2"]`) + `]}`:                              "not in the batch",
		`{"requests":[` + one("1", `,"dependsOn":["1"]`) + `]}`:                              "circle",
		`{"requests":[{"id":"1","method":"GET"}]}`:                                           "no url",
		`{"requests":[{"id":"1","method":"GET","url":"https://graph.microsoft.com/users"}]}`: "absolute",
		`{"requests":[{"id":"1","method":"PROPFIND","url":"/users"}]}`:                       "PROPFIND",
	} {
		rec := w.do(t, "admin", http.MethodPost, "/v1.0/$batch", body)
		if _, message, _ := fault(t, rec); rec.Code != http.StatusBadRequest || !strings.Contains(message, says) {
			t.Errorf("%.120s: %d %s", body, rec.Code, rec.Body)
		}
	}
}

// FuzzBatch: no batch brings the surface to fail itself.
func FuzzBatch(f *testing.F) {
	f.Add(`{"requests":[{"id":"1","method":"GET","url":"/users","dependsOn":["2"]},{"id":"2","method":"POST","url":"users","body":"e30="}]}`)
	f.Add(`{"requests":[{"id":"1","method":"GET","url":"//%zz?$filter=a"}]}`)
	w := newWorldOf(f, func(*graphapi.Config) {})
	f.Fuzz(func(t *testing.T, body string) {
		if rec := w.do(t, "admin", http.MethodPost, "/v1.0/$batch", body); rec.Code >= http.StatusInternalServerError {
			t.Errorf("%q: %d %s", body, rec.Code, rec.Body)
		}
	})
}
