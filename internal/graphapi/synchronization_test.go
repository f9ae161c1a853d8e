package graphapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/graphapi"
)

// sync is the URL of the synchronization of an application, by its service principal.
func (p payroll) sync() string { return "/v1.0/servicePrincipals/" + p.sp + "/synchronization" }

// values are the members of that name in the elements of an answer.
func values(answer map[string]any, name string) []string {
	list, _ := answer["value"].([]any)
	found := []string{}
	for _, element := range list {
		object, _ := element.(map[string]any)
		text, _ := object[name].(string)
		found = append(found, text)
	}
	return found
}

// TestContainer: PUT replaces the secrets and nothing else; DELETE leaves nothing.
func TestContainer(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p, job := w.job(t)
	w.connect(t, p)
	root := p.sync()
	whole := w.want(t, http.StatusOK, http.MethodGet, root+"?$expand=jobs($select=id),templates($select=id)", "")
	if got := jsonOf(t, whole["jobs"]); got != `[{"id":"`+job+`"}]` {
		t.Errorf("expanded jobs: %s", got)
	}
	back := w.want(t, http.StatusOK, http.MethodPut, root, `{"@odata.type":"#microsoft.graph.synchronization","secrets":[`+pair("UserName", "ada")+
		`],"jobs":`+jsonOf(t, whole["jobs"])+`,"templates":`+jsonOf(t, whole["templates"])+`}`)
	if got := jsonOf(t, back["secrets"]); got != `[{"key":"UserName","value":"ada"}]` {
		t.Errorf("secrets after PUT: %s", got)
	}
	w.want(t, http.StatusOK, http.MethodPut, root, `{"id":"x"}`)
	if got := values(w.want(t, http.StatusOK, http.MethodGet, root+"/secrets", ""), "key"); strings.Join(got, " ") != "UserName" {
		t.Errorf("secrets after a PUT without them: %v", got)
	}
	for member, body := range map[string]string{
		"jobs": `{"jobs":[]}`, "templates": `{"templates":[{"id":"scim"}]}`, "secrets": `{"secrets":3}`, "secrets[0].key": `{"secrets":[{"key":"Nonsense"}]}`,
	} {
		rec := w.do(t, "admin", http.MethodPut, root, body)
		if code, _, target := fault(t, rec); rec.Code != http.StatusBadRequest || code != "RequestParameterInvalid" || target != member {
			t.Errorf("PUT %s: %d %s", body, rec.Code, rec.Body)
		}
	}
	w.want(t, http.StatusNoContent, http.MethodDelete, root, "")
	w.want(t, http.StatusNoContent, http.MethodDelete, root, "")
	empty := w.want(t, http.StatusOK, http.MethodGet, root+"?$expand=jobs", "")
	if got := jsonOf(t, empty["secrets"]) + jsonOf(t, empty["jobs"]); got != "[][]" {
		t.Errorf("after DELETE: %s", got)
	}
	rec := w.do(t, "owner", http.MethodPut, root, `{"secrets":[]}`)
	if rec.Code != http.StatusForbidden {
		t.Errorf("by another: %d %s", rec.Code, rec.Body)
	}
}

// TestTemplates: an application's own templates live as the others do.
func TestTemplates(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	byApp, bySP := "/beta/applications/"+p.app+"/synchronization/templates", "/v1.0/servicePrincipals/"+p.sp+"/synchronization/templates"
	const body = `{"id":"Slack","applicationId":"8adf8e6e-67b2-4cf2-a259-e3dc5476c621","factoryTag":"CustomSCIM","metadata":[{"key":"isOAuthEnabled","value":"True"}]}`
	rec := w.do(t, "admin", http.MethodPost, byApp, body)
	if rec.Code != http.StatusCreated || !strings.HasSuffix(rec.Header().Get("Location"), "/templates/Slack") {
		t.Fatalf("%d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	if schema, _ := decoded(rec)["schema"].(map[string]any); schema["id"] != "Slack.00000000000000000000000000000000" || jsonOf(t, schema["synchronizationRules"]) == "[]" {
		t.Errorf("the default schema: %.200s", jsonOf(t, schema))
	}
	w.want(t, http.StatusConflict, http.MethodPost, byApp, body)
	w.want(t, http.StatusConflict, http.MethodPost, byApp, strings.Replace(body, "Slack", "SCIM", 1))
	if got := strings.Join(values(w.want(t, http.StatusOK, http.MethodGet, byApp, ""), "id"), " "); !strings.HasPrefix(got, "scim ") || !strings.HasSuffix(got, " Slack") {
		t.Errorf("of the application: %s", got)
	}
	if got := strings.Join(values(w.want(t, http.StatusOK, http.MethodGet, bySP, ""), "id"), " "); !strings.HasPrefix(got, "scim ") || strings.Contains(got, "Slack") {
		t.Errorf("of the service principal, where it is not discoverable: %s", got)
	}
	one := w.want(t, http.StatusOK, http.MethodGet, bySP+"/slack", "")
	if got := jsonOf(t, one["metadata"]); got != `[{"key":"IsOAuthEnabled","value":"True"}]` {
		t.Errorf("metadata in v1.0: %s", got)
	}
	for _, method := range []string{http.MethodPatch, http.MethodPut} {
		w.want(t, http.StatusNoContent, method, byApp+"/Slack", strings.Replace(body, `"id":"Slack"`, `"discoverable":true,"description":"Chat"`, 1))
	}
	job := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/servicePrincipals/"+p.sp+"/synchronization/jobs", `{"templateId":"slack"}`)
	if id, _ := job["id"].(string); !strings.HasPrefix(id, "Slack.") || job["templateId"] != "Slack" {
		t.Errorf("a job of it: %v", job)
	}
	w.want(t, http.StatusNoContent, http.MethodDelete, byApp+"/Slack", "")
	w.want(t, http.StatusNotFound, http.MethodDelete, byApp+"/Slack", "")
	w.want(t, http.StatusNotFound, http.MethodGet, byApp+"/Slack/schema", "")
	w.want(t, http.StatusBadRequest, http.MethodDelete, byApp+"/scim", "")
	for member, refused := range map[string]string{
		"factoryTag":    `{"id":"x","applicationId":"8adf8e6e-67b2-4cf2-a259-e3dc5476c621","factoryTag":"SAP"}`,
		"applicationId": `{"id":"x","applicationId":"{id}","factoryTag":"scim"}`,
		"id":            `{"id":"a.b","applicationId":"8adf8e6e-67b2-4cf2-a259-e3dc5476c621","factoryTag":"scim"}`,
	} {
		rec := w.do(t, "admin", http.MethodPost, byApp, refused)
		if _, _, target := fault(t, rec); rec.Code != http.StatusBadRequest || target != member {
			t.Errorf("%s: %d %s", refused, rec.Code, rec.Body)
		}
	}
}

// TestTemplateSchema: the schema of a template can be changed for one application,
// and the default comes back.
func TestTemplateSchema(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p, other := w.payroll(t), w.payroll(t)
	schema := p.sync() + "/templates/scim/schema"
	before := w.want(t, http.StatusOK, http.MethodGet, schema, "")
	changed := strings.ReplaceAll(jsonOf(t, before), "Provision Azure Active Directory Users", "Provision people")
	w.want(t, http.StatusNoContent, http.MethodPut, schema, changed)
	after := w.want(t, http.StatusOK, http.MethodGet, schema, "")
	if !strings.Contains(jsonOf(t, after), "Provision people") || after["version"] == before["version"] || after["id"] != before["id"] {
		t.Errorf("after PUT: id %v, version %v", after["id"], after["version"])
	}
	elsewhere := w.want(t, http.StatusOK, http.MethodGet, other.sync()+"/templates/scim/schema", "")
	if strings.Contains(jsonOf(t, elsewhere), "Provision people") {
		t.Error("another application has the change")
	}
	job := w.want(t, http.StatusCreated, http.MethodPost, p.sync()+"/jobs", `{"templateId":"scim"}`)
	id, _ := job["id"].(string)
	if of := w.want(t, http.StatusOK, http.MethodGet, p.sync()+"/jobs/"+id+"/schema", ""); !strings.Contains(jsonOf(t, of), "Provision people") {
		t.Error("a new job has another schema than its template")
	}
	w.want(t, http.StatusBadRequest, http.MethodPut, schema, strings.ReplaceAll(changed, `"User"`, `"Device"`))
	w.want(t, http.StatusNoContent, http.MethodDelete, schema, "")
	if reset := w.want(t, http.StatusOK, http.MethodGet, schema, ""); strings.Contains(jsonOf(t, reset), "Provision people") {
		t.Error("DELETE did not bring the default back")
	}
}

// TestSchemaInParts: what a body does not have stays, by PATCH and by PUT.
func TestSchemaInParts(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p, job := w.job(t)
	schema := p.sync() + "/jobs/" + job + "/schema"
	stored := func() string {
		s := w.want(t, http.StatusOK, http.MethodGet, schema, "")
		delete(s, "version")
		return jsonOf(t, s)
	}
	before := stored()
	whole := w.want(t, http.StatusOK, http.MethodGet, schema, "")
	for _, method := range []string{http.MethodPatch, http.MethodPut} {
		for _, body := range []string{
			`{}`, `{"synchronizationRules":null,"directories":null}`, `{"@odata.type":"#microsoft.graph.synchronizationSchema","synchronizationRules":` + jsonOf(t, whole["synchronizationRules"]) + `}`,
		} {
			w.want(t, http.StatusNoContent, method, schema, body)
			if after := stored(); strings.Replace(after, `"@odata.type":"#microsoft.graph.synchronizationSchema",`, "", 1) != before {
				t.Errorf("%s %.80s changed the schema:\n%.2000s", method, body, after)
			}
		}
	}
	w.want(t, http.StatusNoContent, http.MethodPatch, schema, `{"synchronizationRules":[]}`)
	after := w.want(t, http.StatusOK, http.MethodGet, schema, "")
	if rules, directories := jsonOf(t, after["synchronizationRules"]), jsonOf(t, after["directories"]); rules != "[]" || directories != jsonOf(t, whole["directories"]) {
		t.Errorf("an empty array of rules: %s and %.200s", rules, directories)
	}
}

// TestDirectories: the directories of a schema, of a job and of a template.
func TestDirectories(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p, job := w.job(t)
	for _, schema := range []string{p.sync() + "/jobs('" + job + "')/schema", "/beta/applications/" + p.app + "/synchronization/templates/customappsso/schema"} {
		directories := schema + "/directories"
		if got := w.do(t, "admin", http.MethodGet, directories+"/$count", "").Body.String(); got != "2" {
			t.Errorf("%s: %s directories", schema, got)
		}
		rec := w.do(t, "admin", http.MethodPost, directories+"/", `{"@odata.type":"microsoft.graph.directoryDefinition","name":"HR","readOnly":true,"objects":[{"name":"Worker","attributes":[{"name":"id","type":"string"}]}]}`)
		made := decoded(rec)
		id, _ := made["id"].(string)
		if rec.Code != http.StatusCreated || id == "" || made["readOnly"] != false || !strings.HasSuffix(rec.Header().Get("Location"), "/directories/"+id) {
			t.Fatalf("%d %v %s", rec.Code, rec.Header(), rec.Body)
		}
		w.want(t, http.StatusConflict, http.MethodPost, directories, `{"name":"HR"}`)
		w.want(t, http.StatusBadRequest, http.MethodPost, directories, `{"objects":[]}`)
		patched := w.want(t, http.StatusOK, http.MethodPatch, directories+"/"+id, `{"name":"People","id":"other","version":"7"}`)
		if patched["name"] != "People" || patched["id"] != id || patched["version"] != nil || !strings.Contains(jsonOf(t, patched["objects"]), `"String"`) {
			t.Errorf("patched: %s", jsonOf(t, patched))
		}
		got := values(w.want(t, http.StatusOK, http.MethodGet, directories+"?$orderby=name desc&$select=name&$filter=name ne 'customappsso'", ""), "name")
		if strings.Join(got, ",") != "People,Azure Active Directory" {
			t.Errorf("listed: %v", got)
		}
		const source = "/66e4a8cc-1b7b-435e-95f8-f06cea133828"
		w.want(t, http.StatusBadRequest, http.MethodDelete, directories+source, "")
		w.want(t, http.StatusBadRequest, http.MethodPatch, directories+source, `{"name":"Else"}`)
		w.want(t, http.StatusNoContent, http.MethodDelete, directories+"/"+id, "")
		w.want(t, http.StatusNotFound, http.MethodGet, directories+"/"+id, "")
	}
}

// TestTools: functions, operators and the trial of an expression, in every spelling.
func TestTools(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p, job := w.job(t)
	for _, schema := range []string{p.sync() + "/jobs/" + job + "/schema", p.sync() + "/templates/scim/schema", "/beta/applications(appId='" + p.appID + "')/Synchronization/Jobs('" + job + "')/Schema"} {
		for _, spelling := range []string{"/functions", "/functions()", "/microsoft.graph.functions()", "/functions/"} {
			got := strings.Join(values(w.want(t, http.StatusOK, http.MethodGet, schema+spelling+"?$orderby=name", ""), "id"), " ")
			if !strings.Contains(got, "Switch") || !strings.Contains(got, "SingleAppRoleAssignment") {
				t.Errorf("%s%s: %s", schema, spelling, got)
			}
		}
		operators := w.want(t, http.StatusOK, http.MethodGet, schema+"/filterOperators()?$filter=arity eq 'Unary'&$select=name,arity&$orderby=name&$top=1&$count=true", "")
		if got := jsonOf(t, operators["value"]); got != `[{"arity":"Unary","name":"IS FALSE"}]` || operators["@odata.count"] != 4.0 {
			t.Errorf("operators: %s", jsonOf(t, operators))
		}
		parsed := w.want(t, http.StatusOK, http.MethodPost, schema+"/parseExpression",
			`{"expression":"Replace([preferredLanguage], \"-\", , , \"_\", ,  )","targetAttributeDefinition":null,"testInputObject":{"definition":null,"properties":[{"key":"preferredLanguage","value":"EN-US"}]}}`)
		if got := jsonOf(t, parsed["evaluationResult"]); got != `["EN_US"]` || parsed["parsingSucceeded"] != true || parsed["error"] != nil {
			t.Errorf("parsed: %s", jsonOf(t, parsed))
		}
		if failed := w.want(t, http.StatusOK, http.MethodPost, schema+"/parseExpression", `{"expression":"Nonsense([x])"}`); failed["parsingSucceeded"] != false || failed["error"] == nil {
			t.Errorf("nonsense: %s", jsonOf(t, failed))
		}
	}
	w.want(t, http.StatusNotFound, http.MethodGet, p.sync()+"/jobs/none/schema/functions", "")
}

// TestListedInPages: a short list is paged, ordered, searched and counted, and the
// token of a page belongs to its request.
func TestListedInPages(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	for _, template := range []string{"scim", "customappsso"} {
		w.want(t, http.StatusCreated, http.MethodPost, p.sync()+"/jobs", `{"templateId":"`+template+`"}`)
	}
	jobs := p.sync() + "/jobs"
	first := w.want(t, http.StatusOK, http.MethodGet, jobs+"?$top=1&$count=true&$orderby=templateId desc,id&$expand=schema($select=version)&$select=templateId", "")
	if got := jsonOf(t, first["value"]); first["@odata.count"] != 2.0 || !strings.Contains(got, `"templateId":"scim"`) || !strings.Contains(got, `"schema":{"version":"v1.1"}`) {
		t.Errorf("first page: %s", jsonOf(t, first))
	}
	next, _ := first["@odata.nextLink"].(string)
	next = strings.TrimPrefix(next, "https://provisor.test")
	if !strings.Contains(next, "skiptoken") {
		t.Fatalf("next: %q", next)
	}
	second := w.want(t, http.StatusOK, http.MethodGet, next, "")
	if got := values(second, "templateId"); strings.Join(got, "") != "customappsso" || second["@odata.nextLink"] != nil {
		t.Errorf("second page: %s", jsonOf(t, second))
	}
	w.want(t, http.StatusBadRequest, http.MethodGet, strings.Replace(next, "desc", "asc", 1), "")
	w.want(t, http.StatusBadRequest, http.MethodGet, jobs+"?$orderby=status", "")
	w.want(t, http.StatusBadRequest, http.MethodGet, jobs+"?$orderby=nothing", "")
	w.want(t, http.StatusBadRequest, http.MethodGet, jobs+"?$expand=nothing", "")
	if got := values(w.want(t, http.StatusOK, http.MethodGet, jobs+`?$search="custom"`, ""), "templateId"); strings.Join(got, "") != "customappsso" {
		t.Errorf("searched: %v", got)
	}
	if got := w.do(t, "admin", http.MethodGet, jobs+"/$count?$filter=startswith(templateId,'s')", "").Body.String(); got != "1" {
		t.Errorf("counted: %s", got)
	}
	r := newRequest(t, http.MethodGet, jobs)
	r.Header.Set("Prefer", "odata.maxpagesize=1")
	if got := decoded(w.send(r)); len(values(got, "id")) != 1 || got["@odata.nextLink"] == nil {
		t.Errorf("by preference: %v", got)
	}
}

// TestIfMatch: what was changed meanwhile is not overwritten; the counts of a cycle
// are no change.
func TestIfMatch(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p, job := w.job(t)
	schema := p.sync() + "/jobs/" + job + "/schema"
	tag := func(path string) string { return w.do(t, "admin", http.MethodGet, path, "").Header().Get("ETag") }
	send := func(method, path, match, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "http://provisor.test"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer admin")
		r.Header.Set("If-Match", match)
		return w.send(r)
	}
	for path, body := range map[string]string{
		schema:                    jsonOf(t, w.want(t, http.StatusOK, http.MethodGet, schema, "")),
		p.sync() + "/jobs/" + job: `{"synchronizationJobSettings":[{"name":"a","value":"1"}]}`,
		schema + "/directories/66e4a8cc-1b7b-435e-95f8-f06cea133828": `{"objects":[]}`,
	} {
		method := http.MethodPatch
		before := tag(path)
		if rec := send(method, path, `W/"other"`, body); rec.Code != http.StatusPreconditionFailed {
			t.Errorf("%s with another tag: %d %s", path, rec.Code, rec.Body)
		}
		if rec := send(method, path, `"x", `+before, body); before == "" || rec.Code >= http.StatusBadRequest {
			t.Errorf("%s with its tag %s: %d %s", path, before, rec.Code, rec.Body)
		}
		if tag(path) == before {
			t.Errorf("%s has the tag %s still", path, before)
		}
		if rec := send(method, path, before, body); rec.Code != http.StatusPreconditionFailed {
			t.Errorf("%s with the older tag: %d %s", path, rec.Code, rec.Body)
		}
	}
	for _, path := range []string{schema, p.sync() + "/jobs/" + job, p.sync()} {
		if rec := send(http.MethodDelete, path, `W/"other"`, ""); rec.Code != http.StatusPreconditionFailed {
			t.Errorf("DELETE %s with another tag: %d %s", path, rec.Code, rec.Body)
		}
		if rec := send(http.MethodDelete, path, "*", ""); rec.Code != http.StatusNoContent {
			t.Errorf("DELETE %s with any tag: %d %s", path, rec.Code, rec.Body)
		}
	}
}

// TestStrictSchemaPatch: on demand, PATCH of a schema is refused as the original
// service does.
func TestStrictSchemaPatch(t *testing.T) {
	t.Parallel()

	w := newWorldWith(t, func(c *graphapi.Config) { c.StrictSchemaPatch = true })
	p, job := w.job(t)
	rec := w.do(t, "admin", http.MethodPatch, p.sync()+"/jobs/"+job+"/schema", `{"synchronizationRules":[]}`)
	if code, message, _ := fault(t, rec); rec.Code != http.StatusNotFound || code != "UnknownError" || !strings.HasPrefix(message, `{"Message":"No HTTP resource was found`) {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	w.want(t, http.StatusNoContent, http.MethodPut, p.sync()+"/jobs/"+job+"/schema", jsonOf(t, w.want(t, http.StatusOK, http.MethodGet, p.sync()+"/jobs/"+job+"/schema", "")))
}

// TestObjectConnections: a link is looked at by either end, and broken while the job
// rests.
func TestObjectConnections(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p, job := w.job(t)
	ada := w.linked(t, job, "ada", "account-1")
	connection := func(named string) string {
		return "/beta/servicePrincipals/" + p.sp + "/synchronization/jobs/" + job + "/objectConnections('" + named + "')"
	}
	for _, named := range []string{ada, strings.ToUpper(ada), "account-1"} {
		c := w.want(t, http.StatusOK, http.MethodGet, connection(named), "")
		delete(c, "@odata.context")
		want := `{"displayName":"ada","objectId":"` + ada + `","objectTypeName":"User","sourceAnchor":"` + ada + `","targetAnchor":"account-1"}`
		if got := jsonOf(t, c); got != want {
			t.Errorf("%s: %s", named, got)
		}
	}
	w.want(t, http.StatusNotFound, http.MethodGet, connection("nobody"), "")
	w.want(t, http.StatusBadRequest, http.MethodGet, strings.TrimSuffix(connection("x"), "('x')"), "")
	w.want(t, http.StatusConflict, http.MethodDelete, connection(ada), "")
	w.want(t, http.StatusNoContent, http.MethodPost, p.sync()+"/jobs/"+job+"/pause", "")
	w.want(t, http.StatusNoContent, http.MethodDelete, connection(ada), "")
	w.want(t, http.StatusNoContent, http.MethodDelete, connection(ada), "")
	w.want(t, http.StatusNotFound, http.MethodGet, connection("account-1"), "")
}

// TestNotOffered: what is not built says so.
func TestNotOffered(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p, job := w.job(t)
	root := p.sync() + "/jobs/" + job
	for _, request := range []string{
		"POST " + root + "/bulkUpload", "GET " + root + "/bulkUpload", "PATCH " + root + "/bulkUpload", "DELETE " + root + "/bulkUpload",
		"GET " + root + "/bulkUpload/$value", "PUT " + root + "/bulkUpload/$value", "DELETE " + root + "/bulkUpload/$value",
		"POST " + root + "/validateConnectivity", "PATCH " + p.sync() + "/connectivityParameters",
		"POST " + p.sync() + "/templates/scim/schema/directories/x/discover",
	} {
		method, path, _ := strings.Cut(request, " ")
		r := newRequest(t, method, path)
		r.Header.Set("Content-Type", "application/scim+json")
		rec := w.send(r)
		if code, message, _ := fault(t, rec); rec.Code != http.StatusNotImplemented || code != "notImplemented" || message == "" {
			t.Errorf("%s: %d %s", request, rec.Code, rec.Body)
		}
	}
	w.want(t, http.StatusNotImplemented, http.MethodPost, root+"/bulkUpload", `{"schemas":[]}`) // as JSON
}
