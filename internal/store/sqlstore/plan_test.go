package sqlstore_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

const tenant directory.TenantID = "11111111-1111-4111-8111-111111111111"

func instant() time.Time { return time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC) }

func eq(p odata.Property, v odata.Literal) odata.Expr {
	return odata.Compare{Property: p, Op: odata.Eq, Value: v}
}

func starts(p odata.Property) odata.Expr {
	return odata.Call{Function: "startswith", Property: p, Value: "x"}
}

func in(p odata.Property, v ...odata.Literal) odata.Expr { return odata.In{Property: p, Values: v} }

// filterCase is a filter and the step in which SQLite finds its objects.
type filterCase struct {
	kind   directory.Kind
	filter odata.Expr
	order  odata.Property
	index  string
}

func filterCases() []filterCase {
	return []filterCase{
		{directory.User, eq("id", "x"), "", "object_id (tenant=? AND id=?)"},
		{directory.User, in("id", "x", "y"), "", "object_id (tenant=? AND id=?)"},
		{directory.User, eq("userPrincipalName", "x"), "", "object_user_principal_name (tenant=? AND user_principal_name=?)"},
		{directory.User, starts("userPrincipalName"), "", "object_user_principal_name (tenant=? AND user_principal_name>? AND user_principal_name<?)"},
		{directory.User, in("userPrincipalName", "x", "y"), "", "object_user_principal_name (tenant=? AND user_principal_name=?)"},
		{directory.User, eq("mail", "x"), "", "object_mail (tenant=? AND kind=? AND mail=?)"},
		{directory.User, starts("mail"), "", "object_mail (tenant=? AND kind=? AND mail>? AND mail<?)"},
		{directory.User, in("mail", "x", "y"), "", "object_mail (tenant=? AND kind=? AND mail=?)"},
		{directory.Group, eq("displayName", "x"), "", "object_display_name (tenant=? AND kind=? AND display_name=?)"},
		{directory.User, starts("displayName"), "", "object_display_name (tenant=? AND kind=? AND display_name>? AND display_name<?)"},
		{directory.User, starts("displayName"), "displayName", "object_display_name (tenant=? AND kind=? AND display_name>? AND display_name<?)"},
		{directory.User, eq("accountEnabled", false), "", "object_disabled (tenant=? AND kind=?)"},
		{directory.User, eq("userType", "Guest"), "", "object_user_type (tenant=? AND kind=? AND user_type=?)"},
		{directory.User, eq("employeeId", "1"), "", "object_employee_id (tenant=? AND kind=? AND employee_id=?)"},
		{directory.User, eq("department", "1"), "", "object_department (tenant=? AND kind=? AND department=?)"},
		{directory.User, eq("mailNickname", "1"), "", "object_mail_nickname (tenant=? AND kind=? AND mail_nickname=?)"},
		{directory.User, eq("onPremisesImmutableId", "1"), "", "object_on_premises_immutable_id (tenant=? AND kind=? AND on_premises_immutable_id=?)"},
		{directory.User, eq("onPremisesSamAccountName", "1"), "", "object_on_premises_sam_account_name (tenant=? AND kind=? AND on_premises_sam_account_name=?)"},
		{directory.User, eq("onPremisesSyncEnabled", true), "", "object_on_premises_sync_enabled (tenant=? AND kind=? AND on_premises_sync_enabled=?)"},
		{directory.Group, eq("securityEnabled", true), "", "object_security_enabled (tenant=? AND kind=? AND security_enabled=?)"},
		{directory.Application, eq("appId", "x"), "", "object_app_id (tenant=? AND kind=? AND app_id=?)"},
		{directory.ServicePrincipal, eq("appId", "x"), "", "object_app_id (tenant=? AND kind=? AND app_id=?)"},
		{directory.Application, eq("uniqueName", "x"), "", "object_unique_name (tenant=? AND unique_name=?)"},
		{directory.ServicePrincipal, eq("appRoleAssignmentRequired", true), "", "object_app_role_assignment_required (tenant=? AND kind=? AND app_role_assignment_required=?)"},
		{directory.ServicePrincipal, eq("servicePrincipalType", "Application"), "", "object_service_principal_type (tenant=? AND kind=? AND service_principal_type=?)"},
		{directory.User, eq("createdDateTime", instant()), "", "object_created (tenant=? AND kind=? AND created=?)"},
		{directory.User, odata.Compare{Property: "createdDateTime", Op: odata.Ge, Value: instant()}, "createdDateTime", "object_created (tenant=? AND kind=? AND created>?)"},
		{directory.User, odata.And{Left: eq("accountEnabled", true), Right: eq("mail", "x")}, "", "object_mail (tenant=? AND kind=? AND mail=?)"},
		{directory.User, odata.Or{Left: eq("userPrincipalName", "x"), Right: eq("mail", "x")}, "", "MULTI-INDEX OR"},
		{directory.ServicePrincipal, odata.Any{Collection: "servicePrincipalNames", Variable: "n", Expr: eq("n", "x")}, "", "SEARCH e USING PRIMARY KEY (tenant=? AND property=? AND value=?)"},
		{directory.User, eq("givenName", "x"), "", "object_given_name (tenant=? AND kind=? AND given_name=?)"},
		{directory.User, starts("givenName"), "", "object_given_name (tenant=? AND kind=? AND given_name>? AND given_name<?)"},
		{directory.User, eq("surname", "x"), "", "object_surname (tenant=? AND kind=? AND surname=?)"},
		{directory.User, starts("surname"), "", "object_surname (tenant=? AND kind=? AND surname>? AND surname<?)"},
		{directory.User, in("jobTitle", "x", "y"), "", "object_job_title (tenant=? AND kind=? AND job_title=?)"},
		{directory.User, eq("companyName", "x"), "", "object_company_name (tenant=? AND kind=? AND company_name=?)"},
		{directory.User, odata.And{Left: eq("companyName", "x"), Right: eq("surname", "y")}, "", "object_surname (tenant=? AND kind=? AND surname=?)"},
		{directory.User, odata.Or{Left: eq("surname", "x"), Right: odata.Or{Left: eq("givenName", "x"), Right: starts("displayName")}}, "", "MULTI-INDEX OR"},
		{directory.User, odata.Not{Expr: eq("accountEnabled", true)}, "", "object_live (tenant=? AND kind=?)"},
		{directory.Group, eq("uniqueName", "x"), "", "object_group_unique_name (tenant=? AND unique_name=?)"},
		{directory.User, odata.Any{Collection: "proxyAddresses", Variable: "p", Expr: eq("p", "smtp:x")}, "", "SEARCH e USING PRIMARY KEY (tenant=? AND property=? AND value=?)"},
		{directory.User, odata.Any{Collection: "proxyAddresses", Variable: "p", Expr: starts("p")}, "", "SEARCH e USING PRIMARY KEY (tenant=? AND property=? AND value>? AND value<?)"},
		{directory.User, odata.Any{Collection: "otherMails", Variable: "m", Expr: eq("m", "x")}, "", "SEARCH e USING PRIMARY KEY (tenant=? AND property=? AND value=?)"},
		{directory.Application, odata.Any{Collection: "identifierUris", Variable: "u", Expr: eq("u", "x")}, "", "SEARCH e USING PRIMARY KEY (tenant=? AND property=? AND value=?)"},
		{directory.ServicePrincipal, odata.Any{Collection: "tags", Variable: "t", Expr: in("t", "x", "y")}, "", "SEARCH e USING PRIMARY KEY (tenant=? AND property=? AND value=?)"},
		{directory.User, odata.Any{Collection: "identities", Variable: "i", Expr: odata.And{Left: eq("i/issuer", "x"), Right: eq("i/issuerAssignedId", "y")}}, "", "SEARCH e USING PRIMARY KEY (tenant=? AND property=? AND value=?)"},
		{directory.User, nil, "displayName", "object_display_name (tenant=? AND kind=?)"},
		{directory.User, nil, "userPrincipalName", "object_user_principal_name (tenant=?)"},
		{directory.User, nil, "createdDateTime", "object_created (tenant=? AND kind=?)"},
		{directory.User, nil, "", "object_live (tenant=? AND kind=?)"},
		{directory.User, odata.Compare{Property: "createdDateTime", Op: odata.Ge, Value: instant()}, "", "object_created (tenant=? AND kind=? AND created>?)"},
		{directory.User, odata.And{Left: starts("employeeId"), Right: eq("accountEnabled", true)}, "", "object_employee_id (tenant=? AND kind=? AND employee_id>? AND employee_id<?)"},
	}
}

// TestFiltersUseIndexes checks that what clients filter by is found by an index
// on it, not by looking at every object.
func TestFiltersUseIndexes(t *testing.T) {
	t.Parallel()
	db := filled(t)
	for _, c := range filterCases() {
		q := store.Query{Kind: c.kind, Filter: c.filter}
		if c.order != "" {
			q.Order = []odata.Order{{Property: c.order}}
		}
		steps, err := db.ExplainObjects(t.Context(), tenant, q)
		if err != nil {
			t.Fatal(err)
		}
		plan := strings.Join(steps, "\n")
		if !strings.Contains(plan, c.index) || strings.Contains(plan, "SCAN") {
			t.Errorf("%s %v by %q is found by\n%s\nwant %s", c.kind, c.filter, c.order, plan, c.index)
		}
		_, ranged := c.filter.(odata.Call)
		if (c.order != "" || ranged) && strings.Contains(plan, "ORDER BY") {
			t.Errorf("%s %v by %q is sorted:\n%s", c.kind, c.filter, c.order, plan)
		}
	}
}

// TestEngineUsesIndexes checks the statements that every cycle runs.
func TestEngineUsesIndexes(t *testing.T) {
	t.Parallel()
	db := filled(t)
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		for _, of := range []store.Selection{store.Changed, store.Linked, store.Retried, store.Departing, store.Named} {
			steps, err := db.ExplainCandidates(t.Context(), store.CandidateQuery{Kind: kind, Of: of, Names: []directory.ObjectID{"a", "b"}})
			expectNoScan(t, fmt.Sprint("candidates ", kind, of), steps, err)
		}
	}
	plans, err := db.ExplainRecording(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"removeLinks":      "link USING PRIMARY KEY (job=? AND object=?)",
		"removeDue":        "reference_due USING PRIMARY KEY (job=? AND owner=?)",
		"forgetFrom":       "reference USING PRIMARY KEY (job=? AND owner=?)",
		"forgetTo":         "reference_referent (job=? AND referent=?)",
		"makeOwnersDue":    "relation_reverse (referent=? AND relation<?)",
		"makeThemDue":      "SEARCH l USING PRIMARY KEY (job=? AND object=?)",
		"makeUsersDue":     "(owner=? AND relation=?)",
		"makeNewDue":       "SEARCH r USING PRIMARY KEY (owner=? AND relation<?)",
		"makeThemOpen":     "SEARCH l USING PRIMARY KEY (job=? AND object=?)",
		"seeReferences":    "link_target (job=? AND kind=? AND target_id=?)",
		"dueReferences":    "reference_pending (job=? AND owner=?)",
		"departingCount":   "link_departure (job=? AND kind=?)",
		"noteGained":       "relation_reverse (referent=?)",
		"forgetOwner":      "reference_owner USING PRIMARY KEY (job=? AND owner=?)",
		"forgetChanged":    "reference_changed USING PRIMARY KEY (job=? AND owner=?)",
		"unreconcile":      "reference_owner USING PRIMARY KEY (job=? AND owner=?)",
		"stageCame":        "relation_came (owner=? AND relation=? AND sequence>?)",
		"stageWent":        "relation_went (owner=? AND relation=? AND sequence>?)",
		"stagePending":     "reference_pending (job=? AND owner=?)",
		"referenceChanges": "SEARCH r USING PRIMARY KEY (owner=? AND relation=? AND referent>? AND referent<?)",
		"stagedChanges":    "SEARCH reference_changed USING PRIMARY KEY (job=? AND owner=? AND relation=? AND referent>? AND referent<?)",
	} {
		plan := strings.Join(plans[name], "\n")
		if !strings.Contains(plan, want) || strings.Contains(strings.NewReplacer("SCAN a", "", "SCAN b", "").Replace(plan), "SCAN") {
			t.Errorf("%s:\n%s\nwant %s", name, plan, want)
		}
	}
	for _, f := range []odata.Expr{nil, eq("jobId", "x"), eq("cycleId", "x"), eq("sourceIdentity/id", "x")} {
		steps, err := db.ExplainLogs(t.Context(), tenant, store.LogQuery{Filter: f})
		expectNoScan(t, fmt.Sprint("logs ", f), steps, err)
	}
	for property, index := range map[odata.Property]string{"id": "id", "changeId": "change"} {
		steps, err := db.ExplainLogs(t.Context(), tenant, store.LogQuery{Filter: eq(property, "0197a2c4-6f1e-8cc3-98d2-0a1b2c3d4e5f")})
		plan := strings.Join(steps, "\n")
		if err != nil || !strings.Contains(plan, "SEARCH l USING INTEGER PRIMARY KEY (rowid=?)") || !strings.Contains(plan, "provisioning_record_"+index) || strings.Contains(plan, "SCAN") {
			t.Errorf("logs by %s:\n%s\n%v", property, plan, err)
		}
	}
}

// TestDeltaUsesIndexes checks that a delta costs what changed.
func TestDeltaUsesIndexes(t *testing.T) {
	t.Parallel()
	db := filled(t)
	for _, f := range []odata.Expr{nil, eq("id", "x")} {
		steps, err := db.ExplainDelta(t.Context(), store.DeltaQuery{Kind: directory.Group, From: 7, Filter: f})
		expectNoScan(t, fmt.Sprint("delta ", f), steps, err)
		plan := strings.Join(steps, "\n")
		if f == nil && !strings.Contains(plan, "object_feed (tenant=? AND kind=? AND sequence>?)") {
			t.Errorf("a delta is found by\n%s", plan)
		}
	}
}

// TestPagesOfLargeGroupsUseIndexes checks that a page costs what it shows, however large
// the group is: it begins where the one before ended, and nothing is sorted for it but
// what comes from several places.
func TestPagesOfLargeGroupsUseIndexes(t *testing.T) {
	t.Parallel()
	plans, err := filled(t).ExplainPages(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, wants := range map[string][]string{
		"references": {"relation_came (owner=? AND relation=? AND (sequence,referent)>(?,?))", "relation_went (owner=? AND relation=? AND (sequence,referent)>(?,?))"},
		"groups":     {"relation_nested (owner=?)"},
		"members":    {"relation_nested (owner=?)", "r USING PRIMARY KEY (owner=? AND relation=? AND referent>? AND referent<?)"},
		"horizon":    {"relation_nested (owner=?)", "r USING PRIMARY KEY (owner=? AND relation=? AND referent>?)"},
		"missing":    {"reference USING PRIMARY KEY (job=? AND owner=? AND relation=?)"},
		"forget":     {"reference USING PRIMARY KEY (job=? AND owner=? AND relation=?)"},
	} {
		plan := strings.Join(plans[name], "\n")
		for _, want := range wants {
			if !strings.Contains(plan, want) || strings.Contains(plan, "r USING PRIMARY KEY (owner=?)") {
				t.Errorf("%s:\n%s\nwant %s", name, plan, want)
			}
		}
	}
}

func expectNoScan(t *testing.T, what string, steps []string, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	plan := strings.Join(steps, "\n")
	if strings.Contains(plan, "SCAN") || strings.Contains(plan, "ORDER BY") {
		t.Errorf("%s:\n%s", what, plan)
	}
}

// filled returns a database with a tenant in it.
func filled(tb testing.TB) *sqlstore.DB {
	tb.Helper()
	db := open(tb, filepath.Join(tb.TempDir(), "provisor.db"))
	if err := db.CreateTenant(tb.Context(), store.Tenant{ID: tenant, Domain: "contoso.example", Created: instant()}); err != nil {
		tb.Fatal(err)
	}
	return db
}
