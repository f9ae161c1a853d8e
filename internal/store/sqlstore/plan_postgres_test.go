package sqlstore_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

// TestPostgreSQLUsesIndexes checks on tables with rows that what clients filter by and
// what every cycle asks for is found without reading a table whole. Nothing but the
// program itself takes the statistics that the plans depend on.
func TestPostgreSQLUsesIndexes(t *testing.T) {
	t.Parallel()
	db := lively(t)
	for _, c := range filterCases() {
		q := store.Query{Kind: c.kind, Filter: c.filter}
		if c.order != "" {
			q.Order = []odata.Order{{Property: c.order}}
		}
		steps, err := db.ExplainObjects(t.Context(), tenant, q)
		expectIndexes(t, fmt.Sprint(c.kind, " ", c.filter, " by ", c.order), steps, err)
	}
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		for _, of := range []store.Selection{store.Changed, store.Linked, store.Retried, store.Departing, store.Named} {
			steps, err := db.ExplainCandidates(t.Context(), store.CandidateQuery{Kind: kind, Of: of, Head: 1 << 40, Names: []directory.ObjectID{"a", "b"}})
			expectIndexes(t, fmt.Sprint("candidates ", kind, of), steps, err)
		}
	}
	plans, err := db.ExplainRecording(t.Context())
	for name, steps := range plans {
		expectIndexes(t, name, steps, err)
	}
	made := "0197a2c4-6f1e-8cc3-98d2-0a1b2c3d4e5f"
	for _, f := range []odata.Expr{nil, eq("jobId", "x"), eq("cycleId", "x"), eq("sourceIdentity/id", "x"), eq("id", made), eq("id", "x"), eq("changeId", made)} {
		steps, err := db.ExplainLogs(t.Context(), tenant, store.LogQuery{Filter: f})
		expectIndexes(t, fmt.Sprint("logs ", f), steps, err)
	}
	for _, f := range []odata.Expr{nil, eq("id", "x")} {
		steps, err := db.ExplainDelta(t.Context(), store.DeltaQuery{Kind: directory.Group, From: 7, Filter: f})
		expectIndexes(t, fmt.Sprint("delta ", f), steps, err)
	}
}

// lively returns a database of 3,000 users in 300 groups that a job has provisioned.
func lively(t *testing.T) *sqlstore.DB {
	t.Helper()
	const users, groups = 3000, 300
	db := newEmptied(t).open(t)
	if err := db.CreateTenant(t.Context(), store.Tenant{ID: tenant, Domain: "contoso.example", Created: instant()}); err != nil {
		t.Fatal(err)
	}
	_, claim := working(t, db, users)
	var teams, members []store.ImportRow
	for g := range groups {
		id := fmt.Sprintf("group-%d", g)
		teams = append(teams, store.ImportRow{Kind: directory.Group, ID: directory.ObjectID(id), Attributes: directory.Attributes{"displayName": id}})
	}
	importBatch(t, db, teams)
	page, err := db.Objects(t.Context(), tenant, store.Query{Kind: directory.User, Top: users})
	if err != nil || len(page.Objects) != users {
		t.Fatal(len(page.Objects), err)
	}
	var outcomes []store.Outcome
	shared := creations()
	for n, o := range page.Objects {
		members = append(members, store.ImportRow{Relation: directory.Members, From: fmt.Sprintf("group-%d", n%groups), To: string(o.ID)})
		outcomes = append(outcomes, store.Outcome{
			Object: o.Key, Kind: directory.User, Log: entry(shared, n),
			Link: store.Link{TargetID: fmt.Sprint("t", n), Managed: true, Digest: make([]byte, 32)},
		})
	}
	importBatch(t, db, members)
	record(t, db, claim, store.Batch{Outcomes: outcomes})
	return db
}

func expectIndexes(t *testing.T, what string, steps []string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	whole := regexp.MustCompile(`Seq Scan on (object|link|relation|provisioning_record) `)
	if plan := strings.Join(steps, "\n"); whole.MatchString(plan) || !strings.Contains(plan, "Index") {
		t.Errorf("%s:\n%s", what, plan)
	}
}
