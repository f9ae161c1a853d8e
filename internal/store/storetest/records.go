package storetest

import (
	"fmt"
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

func recordChecks() []check {
	return []check{
		{"outcomes, position and log are stored together", recordedTogether},
		{"a batch may name an object twice; the last counts", recordedTwice},
		{"a batch of any size is stored whole", recordedMany},
		{"gaining a target id makes linked referrers due", gained},
		{"becoming managed makes linked referrers due", managedAgain},
		{"losing or changing the target id forgets the references recorded", forgotten},
		{"reconciling makes due what has references, adopting also opens", reconciled},
	}
}

func recordedTogether(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	f.job(t, "a", f.id())
	c := f.claim(t)
	cycle := synchronization.Cycle{ID: "cycle-1", Initial: true, Head: 9, Phase: synchronization.PhaseUsers, After: 7, Total: 9}
	o := linked(u, "t1")
	o.Log = &store.LogEntry{ID: "log-1", Time: f.now, JobID: c.Job.ID}
	succeed(t, f.Record(t.Context(), c, store.Batch{Outcomes: []store.Outcome{o}, Cycle: cycle}))
	j, err := f.Job(t.Context(), f.tenant, "a")
	succeed(t, err)
	same(t, j.Cycle, &cycle, "cycle")
	same(t, f.candidate(t, c, u).Link, o.Link, "link")
	page, err := f.Logs(t.Context(), f.tenant, store.LogQuery{})
	succeed(t, err)
	same(t, page.Entries, []store.LogEntry{*o.Log}, "log")
}

func recordedTwice(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	f.job(t, "a", f.id())
	c := f.claim(t)
	f.record(t, c, linked(u, "t1"), linked(u, "t2"), linked(u, "t3"))
	equal(t, f.candidate(t, c, u).Link.TargetID, "t3", "target")
	_, ok, err := f.LinkedTo(t.Context(), c, directory.User, "t1")
	succeed(t, err)
	holds(t, !ok, "the first target is forgotten")
}

func recordedMany(t *testing.T, f *fixture) {
	const n = 777
	rows := make([]store.ImportRow, n)
	for i := range rows {
		rows[i] = userRow(fmt.Sprint("u", i), "x")
	}
	f.load(t, rows...)
	f.job(t, "a", f.id())
	c := f.claim(t)
	var outcomes []store.Outcome
	for i, candidate := range f.changed(t, c, directory.User, 0, f.head(t), 100) {
		outcomes = append(outcomes, linked(candidate.Object, fmt.Sprint("t", i)))
		outcomes[i].Log = &store.LogEntry{ID: fmt.Sprint("log", i), Time: f.now}
	}
	f.record(t, c, outcomes...)
	for i, candidate := range f.changed(t, c, directory.User, 0, f.head(t), 100) {
		equal(t, candidate.Link.TargetID, fmt.Sprint("t", i), "target")
	}
	page, err := f.Logs(t.Context(), f.tenant, store.LogQuery{Top: 2 * n})
	succeed(t, err)
	equal(t, len(page.Entries), n, "log entries")
}

// owners returns the names of the owners whose references are due; open ones
// have an exclamation mark.
func (f *fixture) owners(t *testing.T, c store.Claim) string {
	t.Helper()
	text := ""
	var after directory.Key
	for {
		page, err := f.DueReferences(t.Context(), c, after, 1)
		succeed(t, err)
		if len(page) == 0 {
			return text
		}
		for _, o := range page {
			holds(t, o.Key > after, "owners come by key")
			after = o.Key
			text += " " + o.Name
			if o.Open {
				text += "!"
			}
		}
	}
}

func (f *fixture) close(t *testing.T, c store.Claim, owners ...directory.Object) {
	t.Helper()
	for _, o := range owners {
		succeed(t, f.CloseReferences(t.Context(), c, o.Key))
	}
}

func gained(t *testing.T, f *fixture) {
	g, h, u, report := f.group(t, "g"), f.group(t, "h"), f.user(t, "ada"), f.user(t, "report")
	f.relate(t, g, directory.Members, u)
	f.relate(t, h, directory.Members, u)
	f.relate(t, report, directory.Manager, u)
	f.job(t, "a", f.id())
	c := f.claim(t)
	f.record(t, c, linked(g, "g1"), linked(report, "r1"))
	equal(t, f.owners(t, c), "", "due before")
	f.record(t, c, linked(u, "u1"))
	equal(t, f.owners(t, c), " g report", "due after: the group without a target id is not")
	f.close(t, c, g, report)
	f.record(t, c, linked(u, "u1"))
	equal(t, f.owners(t, c), "", "due when nothing was gained")
	// In one batch, whatever the order.
	f.record(t, c, store.Outcome{Object: u.Key, Kind: u.Kind}, store.Outcome{Object: h.Key, Kind: h.Kind})
	f.record(t, c, linked(u, "u2"), linked(h, "h1"))
	equal(t, f.owners(t, c), " g h report", "due after one batch")
}

func managedAgain(t *testing.T, f *fixture) {
	g, u := f.group(t, "g"), f.user(t, "ada")
	f.relate(t, g, directory.Members, u)
	f.job(t, "a", f.id())
	c := f.claim(t)
	out := linked(u, "u1")
	out.Link.Managed = false
	f.record(t, c, linked(g, "g1"), out)
	f.close(t, c, g)
	equal(t, len(f.owed(t, c, g, directory.Members)), 0, "owed while unmanaged")
	f.record(t, c, linked(u, "u1"))
	equal(t, f.owners(t, c), " g", "due when managed")
	equal(t, len(f.owed(t, c, g, directory.Members)), 1, "owed when managed")
}

func forgotten(t *testing.T, f *fixture) {
	g, u, boss := f.group(t, "g"), f.user(t, "ada"), f.user(t, "boss")
	f.relate(t, g, directory.Members, u)
	f.relate(t, u, directory.Manager, boss)
	f.job(t, "a", f.id())
	c := f.claim(t)
	f.record(t, c, linked(g, "g1"), linked(u, "u1"), linked(boss, "b1"))
	f.settle(t, c, g, directory.Members)
	f.settle(t, c, u, directory.Manager)
	equal(t, f.owners(t, c), "", "due when all is written")
	f.record(t, c, linked(u, "u2"))
	equal(t, f.owners(t, c), " g", "due when a referent was linked anew")
	same(t, f.owed(t, c, g, directory.Members), []store.ReferenceChange{{Referent: u.Key, ID: u.ID, TargetID: "u2"}}, "the group owes it")
	same(t, f.owed(t, c, u, directory.Manager), []store.ReferenceChange{{Referent: boss.Key, ID: boss.ID, TargetID: "b1"}}, "and it owes its own")
	f.settle(t, c, g, directory.Members)
	f.settle(t, c, u, directory.Manager)
	f.record(t, c, store.Outcome{Object: u.Key, Kind: u.Kind})
	equal(t, len(f.owed(t, c, g, directory.Members)), 0, "owed without a target id")
	f.record(t, c, linked(u, "u1"))
	equal(t, len(f.owed(t, c, g, directory.Members)), 1, "owed when it came back")
}

func reconciled(t *testing.T, f *fixture) {
	g, empty, u, boss := f.group(t, "g"), f.group(t, "empty"), f.user(t, "ada"), f.user(t, "boss")
	f.relate(t, g, directory.Members, u)
	f.relate(t, u, directory.Manager, boss)
	f.job(t, "a", f.id())
	c := f.claim(t)
	due := func(o directory.Object, target string) store.Outcome {
		outcome := linked(o, target)
		outcome.Reconcile = true
		return outcome
	}
	f.record(t, c, due(g, "g1"), due(empty, "e1"), due(u, "u1"), due(boss, "b1"))
	equal(t, f.owners(t, c), " g ada", "due: only who has references")
	f.settle(t, c, g, directory.Members)
	f.settle(t, c, u, directory.Manager)
	succeed(t, f.Unrelate(t.Context(), f.tenant, g.ID, directory.Members, u.ID))
	f.record(t, c, due(g, "g1"))
	equal(t, f.owners(t, c), " g", "due: who has references in the record")
	adopted := linked(empty, "e1")
	adopted.Adopted = true
	f.record(t, c, adopted)
	equal(t, f.owners(t, c), " g empty!", "due and open")
	f.record(t, c, due(empty, "e1"))
	equal(t, f.owners(t, c), " g empty!", "still open")
}
