package graphapi_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/storetest"
	"github.com/provisor/provisor/internal/synchronization"
)

// model is what a CSDL document says of types, by their name without namespace.
type model struct {
	types map[string]structured
	enums map[string]enumeration
}

type structured struct {
	base       string
	open       bool
	properties map[string]property
	navigation map[string]property
}

type property struct {
	kind     string // such as Edm.String or graph.filter, without Collection()
	many     bool
	nullable bool
}

type enumeration struct {
	members []string
	flags   bool
}

// csdl is a document as it is written.
type csdl struct {
	Enums []struct {
		Name    string `xml:"Name,attr"`
		IsFlags bool   `xml:"IsFlags,attr"`
		Members []struct {
			Name string `xml:"Name,attr"`
		} `xml:"Member"`
	} `xml:"DataServices>Schema>EnumType"`
	Complex  []csdlType `xml:"DataServices>Schema>ComplexType"`
	Entities []csdlType `xml:"DataServices>Schema>EntityType"`
}

type csdlType struct {
	Name       string         `xml:"Name,attr"`
	Base       string         `xml:"BaseType,attr"`
	Open       bool           `xml:"OpenType,attr"`
	Properties []csdlProperty `xml:"Property"`
	Navigation []csdlProperty `xml:"NavigationProperty"`
}

type csdlProperty struct {
	Name     string `xml:"Name,attr"`
	Type     string `xml:"Type,attr"`
	Nullable string `xml:"Nullable,attr"`
}

// readModel reads the published document of a version.
func readModel(t *testing.T, version string) model {
	t.Helper()
	folder := os.Getenv("PROVISOR_REFERENCE") //nolint:forbidigo // where the collection lies is the business of who runs the tests
	if folder == "" {
		t.Skip("PROVISOR_REFERENCE names no folder with the CSDL documents")
	}
	text, err := os.ReadFile(filepath.Join(folder, "csdl-synchronization-"+version+".xml"))
	if err != nil {
		t.Skip(err)
	}
	var doc csdl
	if err := xml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	m := model{types: map[string]structured{"entity": {properties: map[string]property{"id": {kind: "Edm.String"}}}}, enums: map[string]enumeration{}}
	for _, e := range doc.Enums {
		enum := enumeration{flags: e.IsFlags}
		for _, member := range e.Members {
			enum.members = append(enum.members, member.Name)
		}
		m.enums[e.Name] = enum
	}
	for _, kind := range append(doc.Complex, doc.Entities...) {
		s := structured{base: strings.TrimPrefix(kind.Base, "graph."), open: kind.Open, properties: map[string]property{}, navigation: map[string]property{}}
		for _, p := range kind.Properties {
			s.properties[p.Name] = p.read()
		}
		for _, p := range kind.Navigation {
			s.navigation[p.Name] = p.read()
		}
		m.types[kind.Name] = s
	}
	if len(m.types) < 40 || len(m.enums) < 20 {
		t.Fatalf("only %d types and %d enumerations were read", len(m.types), len(m.enums))
	}
	return m
}

func (p csdlProperty) read() property {
	kind, many := strings.CutPrefix(p.Type, "Collection(")
	return property{kind: strings.TrimSuffix(kind, ")"), many: many, nullable: p.Nullable != "false" && !many}
}

// resolve returns a type with what it inherits.
func (m model) resolve(name string) (structured, bool) {
	s, ok := m.types[name]
	if !ok || s.base == "" {
		return s, ok
	}
	base, ok := m.resolve(s.base)
	whole := structured{open: s.open || base.open, properties: map[string]property{}, navigation: map[string]property{}}
	for _, from := range []structured{base, s} {
		maps.Copy(whole.properties, from.properties)
		maps.Copy(whole.navigation, from.navigation)
	}
	return whole, ok
}

// faults lists where a decoded JSON value is not what its declared type says.
func (m model) faults(value any, p property, at string) []string {
	if p.many {
		list, ok := value.([]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %T, not a collection", at, value)}
		}
		var all []string
		for i, element := range list {
			all = append(all, m.faults(element, property{kind: p.kind}, fmt.Sprintf("%s[%d]", at, i))...)
		}
		return all
	}
	if value == nil {
		if p.nullable {
			return nil
		}
		return []string{at + " is null"}
	}
	if kind, own := strings.CutPrefix(p.kind, "graph."); own {
		return m.ownFaults(value, kind, at)
	}
	if !edm(value, p.kind) {
		return []string{fmt.Sprintf("%s is %v, not %s", at, value, p.kind)}
	}
	return nil
}

func (m model) ownFaults(value any, kind, at string) []string {
	if enum, ok := m.enums[kind]; ok {
		return enum.faults(value, at)
	}
	object, isObject := value.(map[string]any)
	if derived, ok := object["@odata.type"].(string); ok {
		kind = strings.TrimPrefix(derived, "#microsoft.graph.")
	}
	s, ok := m.resolve(kind)
	if !ok || !isObject {
		return []string{fmt.Sprintf("%s is %T, not a %s", at, value, kind)}
	}
	return m.memberFaults(object, s, kind, at)
}

func (m model) memberFaults(object map[string]any, s structured, kind, at string) []string {
	var all []string
	for name, value := range object {
		if strings.Contains(name, "@") || name == "name" && slices.Contains([]string{"filterOperatorSchema", "attributeMappingFunctionSchema"}, kind) {
			continue // samples print a name where the model has only the id, so both are there
		}
		p, ok := s.properties[name]
		if !ok {
			p, ok = s.navigation[name]
			p.nullable = true
		}
		switch {
		case ok:
			all = append(all, m.faults(value, p, at+"."+name)...)
		case !s.open:
			all = append(all, fmt.Sprintf("%s.%s is not declared in %s", at, name, kind))
		}
	}
	for name := range s.properties {
		if _, has := object[name]; !has {
			all = append(all, fmt.Sprintf("%s lacks %s of %s", at, name, kind))
		}
	}
	return all
}

func (e enumeration) faults(value any, at string) []string {
	text, ok := value.(string)
	if !ok {
		return []string{fmt.Sprintf("%s is %T, not a member of an enumeration", at, value)}
	}
	words := []string{text}
	if e.flags {
		words = strings.Split(text, ",")
	}
	for _, word := range words {
		if !slices.Contains(e.members, word) {
			return []string{fmt.Sprintf("%s is %q, none of %v", at, word, e.members)}
		}
	}
	return nil
}

// edm reports whether a decoded JSON value is one of a primitive type.
func edm(value any, kind string) bool {
	text, isText := value.(string)
	number, isNumber := value.(float64)
	switch kind {
	case "Edm.String":
		return isText
	case "Edm.Boolean":
		_, ok := value.(bool)
		return ok
	case "Edm.Int32", "Edm.Int64":
		return isNumber && number == float64(int64(number))
	case "Edm.Guid":
		return isText && regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(text)
	case "Edm.DateTimeOffset":
		_, err := time.Parse(time.RFC3339Nano, text)
		return isText && err == nil && strings.HasSuffix(text, "Z")
	case "Edm.Duration":
		return isText && regexp.MustCompile(`^P(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$`).MatchString(text)
	default:
		return false
	}
}

// TestModel: what this surface answers is what the published model declares: no
// member more, none less, no null where there is none, enumerations letter by letter.
func TestModel(t *testing.T) {
	t.Parallel()

	for _, version := range []string{"v1.0", "beta"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()

			m := readModel(t, version)
			w := newWorld(t)
			p, job := w.fullJob(t)
			w.recordLog(t, p, job)
			w.connect(t, p)
			root := "/" + version + "/servicePrincipals/" + p.sp + "/synchronization"
			schema := root + "/jobs/" + job + "/schema"
			for path, kind := range map[string]string{
				root:                                      "synchronization",
				root + "?$expand=jobs,templates":          "synchronization",
				root + "/jobs":                            "Collection(synchronizationJob)",
				root + "/jobs?$expand=schema":             "Collection(synchronizationJob)",
				root + "/jobs/" + job:                     "synchronizationJob",
				schema:                                    "synchronizationSchema",
				schema + "/directories":                   "Collection(directoryDefinition)",
				schema + "/filterOperators":               "Collection(filterOperatorSchema)",
				schema + "/functions":                     "Collection(attributeMappingFunctionSchema)",
				root + "/secrets":                         "Collection(synchronizationSecretKeyStringValuePair)",
				root + "/templates":                       "Collection(synchronizationTemplate)",
				root + "/templates/scim/schema":           "synchronizationSchema",
				"/" + version + "/auditLogs/provisioning": "Collection(provisioningObjectSummary)",
			} {
				w.declared(t, m, path, kind)
			}
			parsed := w.want(t, http.StatusOK, http.MethodPost, schema+"/parseExpression", `{"expression":"Append([mailNickname], \"x\")","testInputObject":{"definition":null,"properties":[{"key":"mailNickname","value":"a"}]}}`)
			report(t, "parseExpression", m.faults(parsed, property{kind: "graph.parseExpressionResponse"}, ""))
			failed := w.want(t, http.StatusOK, http.MethodPost, schema+"/parseExpression", `{"expression":"Append("}`)
			report(t, "parseExpression of nonsense", m.faults(failed, property{kind: "graph.parseExpressionResponse"}, ""))
		})
	}
}

// declared checks one answer.
func (w *world) declared(t *testing.T, m model, path, kind string) {
	t.Helper()
	answer := w.want(t, http.StatusOK, http.MethodGet, path, "")
	kind, many := strings.CutPrefix(kind, "Collection(")
	declared := property{kind: "graph." + strings.TrimSuffix(kind, ")"), many: many}
	var value any = answer
	if many {
		value = answer["value"]
		if list, _ := value.([]any); len(list) == 0 {
			t.Errorf("%s is empty, so nothing was compared", path)
		}
	}
	report(t, path, m.faults(value, declared, ""))
}

func report(t *testing.T, path string, faults []string) {
	t.Helper()
	slices.Sort(faults)
	for _, fault := range slices.Compact(faults) {
		t.Errorf("%s: %s", path, fault)
	}
}

// fullJob is a job every member of which has a value.
func (w *world) fullJob(t *testing.T) (payroll, string) {
	t.Helper()
	p, id := w.job(t)
	fault := synchronization.ExecutionError{Code: "x", Message: "y"}
	execution := synchronization.TaskExecution{ActivityID: "a", Result: synchronization.EntryLevelErrors, Began: now(), Ended: now(), Error: &fault}
	_, err := w.db.UpdateJob(t.Context(), tenantID, synchronization.JobID(id), store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		j.Settings = []synchronization.KeyValue{{Name: "a", Value: "b"}}
		j.Schedule.Expiration = now()
		j.Status.Code = synchronization.Quarantine
		j.Status.LastExecution, j.Status.LastSuccessfulExecution, j.Status.LastSuccessfulExecutionWithExports = &execution, &execution, &execution
		j.Status.EntryCounts = []synchronization.EntryCount{{Key: "User to User", Value: 1}}
		j.Status.Quarantine = &synchronization.QuarantineState{
			Reason: "EncounteredQuarantineException", SeriesBegan: now(), CurrentBegan: now(), NextAttempt: now(), SeriesCount: 1, Error: &fault,
		}
		j.Cycle = &synchronization.Cycle{ID: "c", Total: 10}
		return j, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, id
}

// recordLog writes two records, of a success and of a failure.
func (w *world) recordLog(t *testing.T, p payroll, job string) {
	t.Helper()
	j, err := w.db.Job(t.Context(), tenantID, synchronization.JobID(job))
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.db.UpdateJob(t.Context(), tenantID, j.ID, store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		j.NextRun = now()
		return j, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	claim, ok, err := storetest.ClaimNext(t.Context(), w.db, "worker", now().Add(time.Minute), time.Minute)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	for i, failure := range []*synchronization.SummaryError{nil, {ErrorCode: "Conflict", Reason: "taken", ErrorCategory: "nonServiceFailure"}} {
		summary := synchronization.ObjectSummary{
			ID: fmt.Sprintf("record-%d", i), ActivityDateTime: now(), TenantID: string(tenantID), JobID: job, CycleID: "cycle", ChangeID: "change",
			ProvisioningAction: synchronization.ActionCreate, DurationInMilliseconds: 12,
			ProvisioningStatusInfo: synchronization.SummaryStatus{Status: synchronization.ResultSuccess, ErrorInformation: failure},
			ProvisioningSteps: []synchronization.SummaryStep{{
				Name: "EntryImport", ProvisioningStepType: "import", Status: synchronization.ResultSuccess, Details: map[string]string{"objectId": "x"},
			}},
			ModifiedProperties: []synchronization.ModifiedProperty{{DisplayName: "active"}},
			ServicePrincipal:   synchronization.SummaryServicePrincipal{ID: p.sp, DisplayName: "Payroll"},
			InitiatedBy:        synchronization.SummaryInitiator{DisplayName: "Azure AD Provisioning Service", InitiatorType: "system"},
		}
		if failure != nil {
			summary.ProvisioningStatusInfo.Status = synchronization.ResultFailure
		}
		document, err := json.Marshal(summary)
		if err != nil {
			t.Fatal(err)
		}
		entry := store.LogEntry{Record: synchronization.Record{
			RecordContext: &synchronization.RecordContext{
				TenantID: string(tenantID), JobID: synchronization.JobID(job), ServicePrincipal: summary.ServicePrincipal,
				Action: summary.ProvisioningAction, Status: summary.ProvisioningStatusInfo.Status, InitiatedBy: summary.InitiatedBy,
			},
			ID: summary.ID, Time: now().Add(time.Duration(i) * time.Minute), SourceName: fmt.Sprintf("Person %d", i), Whole: document,
		}}
		if err := w.db.RecordReferences(t.Context(), claim, 0, directory.Members, nil, &entry); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.db.ReleaseClaim(t.Context(), claim, func(j synchronization.Job) synchronization.Job { return j }); err != nil {
		t.Fatal(err)
	}
}
