package storetest

import (
	"encoding/json"
	"fmt"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

func recordChecks() []check {
	return []check{
		{"outcomes, position and log are stored together", recordedTogether},
		{"a batch may name an object twice; the last counts", recordedTwice},
		{"a batch of any size is stored whole", recordedMany},
		{"the character NUL in what a target says keeps nothing from being recorded", recordedNUL},
		{"gaining a target id makes linked referrers due", gained},
		{"becoming managed makes linked referrers due", managedAgain},
		{"losing or changing the target id forgets the references recorded", forgotten},
		{"reconciling makes due what has references, adopting also opens", reconciled},
	}
}

func recordedNUL(f *fixture) {
	u := f.user("ada")
	f.job("a", f.id())
	c := f.claim()
	o := linked(u, "t1")
	o.Log = f.entry("log-1", f.now)
	o.Log.TargetName, o.Log.Whole = "a\x00b", json.RawMessage(`{"statusInfo":{"status":"failure","reason":"a\u0000b \\u0000"}}`)
	f.record(c, o)
	f.same(f.candidate(c, u).Link, o.Link, "link")
	page, err := f.Logs(f.Context(), f.tenant, store.LogQuery{})
	f.succeed(err)
	f.same(string(page.Entries[0].Whole), `{"statusInfo":{"status":"failure","reason":"a\ufffdb \\u0000"}}`, "the document")
}

func recordedTogether(f *fixture) {
	u := f.user("ada")
	f.job("a", f.id())
	c := f.claim()
	cycle := synchronization.Cycle{ID: "cycle-1", Initial: true, Head: 9, Phase: synchronization.PhaseUsers, After: 7, Total: 9}
	o := linked(u, "t1")
	o.Log = f.entry("log-1", f.now)
	f.succeed(f.Record(f.Context(), c, store.Batch{Outcomes: []store.Outcome{o}, Cycle: cycle}))
	j, err := f.Job(f.Context(), f.tenant, "a")
	f.succeed(err)
	f.same(j.Cycle, &cycle, "cycle")
	f.same(f.candidate(c, u).Link, o.Link, "link")
	page, err := f.Logs(f.Context(), f.tenant, store.LogQuery{})
	f.succeed(err)
	f.same(page.Entries, []store.LogEntry{*o.Log}, "log")
}

func recordedTwice(f *fixture) {
	u := f.user("ada")
	f.job("a", f.id())
	c := f.claim()
	f.record(c, linked(u, "t1"), linked(u, "t2"), linked(u, "t3"))
	equal(f, f.candidate(c, u).Link.TargetID, "t3", "target")
	_, ok, err := f.LinkedTo(f.Context(), c, directory.User, "t1")
	f.succeed(err)
	f.holds(!ok, "the first target is forgotten")
}

func recordedMany(f *fixture) {
	const n = 777
	rows := make([]store.ImportRow, n)
	for i := range rows {
		rows[i] = userRow(fmt.Sprint("u", i), "x")
	}
	f.load(rows...)
	f.job("a", f.id())
	c := f.claim()
	var outcomes []store.Outcome
	for i, candidate := range f.changed(c, directory.User, 0, f.head(), 100) {
		outcomes = append(outcomes, linked(candidate.Object, fmt.Sprint("t", i)))
		outcomes[i].Log = f.entry(fmt.Sprint("log", i), f.now)
	}
	f.record(c, outcomes...)
	for i, candidate := range f.changed(c, directory.User, 0, f.head(), 100) {
		equal(f, candidate.Link.TargetID, fmt.Sprint("t", i), "target")
	}
	page, err := f.Logs(f.Context(), f.tenant, store.LogQuery{Top: 2 * n})
	f.succeed(err)
	equal(f, len(page.Entries), n, "log entries")
}

// owners returns the names of the owners whose references are due; open ones
// have an exclamation mark.
func (f *fixture) owners(c store.Claim) string {
	f.Helper()
	text := ""
	var after directory.Key
	for {
		page, err := f.DueReferences(f.Context(), c, f.now, after, 1)
		f.succeed(err)
		if len(page) == 0 {
			return text
		}
		for _, o := range page {
			f.holds(o.Key > after, "owners come by key")
			after = o.Key
			text += " " + o.Name
			if o.Open {
				text += "!"
			}
		}
	}
}

func (f *fixture) close(c store.Claim, owners ...directory.Object) {
	f.Helper()
	for _, o := range owners {
		f.succeed(f.CloseReferences(f.Context(), c, o.Key, 0))
	}
}

func gained(f *fixture) {
	g, h, u, report := f.group("g"), f.group("h"), f.user("ada"), f.user("report")
	f.relate(g, directory.Members, u)
	f.relate(h, directory.Members, u)
	f.relate(report, directory.Manager, u)
	f.job("a", f.id())
	c := f.claim()
	f.record(c, linked(g, "g1"), linked(report, "r1"))
	equal(f, f.owners(c), "", "due before")
	f.record(c, linked(u, "u1"))
	equal(f, f.owners(c), " g report", "due after: the group without a target id is not")
	f.close(c, g, report)
	f.record(c, linked(u, "u1"))
	equal(f, f.owners(c), "", "due when nothing was gained")
	// In one batch, whatever the order.
	f.record(c, store.Outcome{Object: u.Key, Kind: u.Kind}, store.Outcome{Object: h.Key, Kind: h.Kind})
	f.record(c, linked(u, "u2"), linked(h, "h1"))
	equal(f, f.owners(c), " g h report", "due after one batch")
}

func managedAgain(f *fixture) {
	g, u := f.group("g"), f.user("ada")
	f.relate(g, directory.Members, u)
	f.job("a", f.id())
	c := f.claim()
	out := linked(u, "u1")
	out.Link.Managed = false
	f.record(c, linked(g, "g1"), out)
	f.close(c, g)
	equal(f, len(f.owed(c, g, directory.Members)), 0, "owed while unmanaged")
	f.record(c, linked(u, "u1"))
	equal(f, f.owners(c), " g", "due when managed")
	equal(f, len(f.owed(c, g, directory.Members)), 1, "owed when managed")
}

func forgotten(f *fixture) {
	g, u, boss := f.group("g"), f.user("ada"), f.user("boss")
	f.relate(g, directory.Members, u)
	f.relate(u, directory.Manager, boss)
	f.job("a", f.id())
	c := f.claim()
	f.record(c, linked(g, "g1"), linked(u, "u1"), linked(boss, "b1"))
	f.settle(c, g, directory.Members)
	f.settle(c, u, directory.Manager)
	equal(f, f.owners(c), "", "due when all is written")
	f.record(c, linked(u, "u2"))
	equal(f, f.owners(c), " g", "due when a referent was linked anew")
	f.same(f.owed(c, g, directory.Members), []store.ReferenceChange{{Referent: u.Key, ID: u.ID, TargetID: "u2"}}, "the group owes it")
	f.same(f.owed(c, u, directory.Manager), []store.ReferenceChange{{Referent: boss.Key, ID: boss.ID, TargetID: "b1"}}, "and it owes its own")
	f.settle(c, g, directory.Members)
	f.settle(c, u, directory.Manager)
	f.record(c, store.Outcome{Object: u.Key, Kind: u.Kind})
	equal(f, len(f.owed(c, g, directory.Members)), 0, "owed without a target id")
	f.record(c, linked(u, "u1"))
	equal(f, len(f.owed(c, g, directory.Members)), 1, "owed when it came back")
}

func reconciled(f *fixture) {
	g, empty, u, boss := f.group("g"), f.group("empty"), f.user("ada"), f.user("boss")
	f.relate(g, directory.Members, u)
	f.relate(u, directory.Manager, boss)
	f.job("a", f.id())
	c := f.claim()
	due := func(o directory.Object, target string) store.Outcome {
		outcome := linked(o, target)
		outcome.Reconcile = true
		return outcome
	}
	f.record(c, due(g, "g1"), due(empty, "e1"), due(u, "u1"), due(boss, "b1"))
	equal(f, f.owners(c), " g ada", "due: only who has references")
	f.settle(c, g, directory.Members)
	f.settle(c, u, directory.Manager)
	f.succeed(f.Unrelate(f.Context(), f.tenant, g.ID, directory.Members, u.ID))
	f.record(c, due(g, "g1"))
	equal(f, f.owners(c), " g", "due: who has references in the record")
	adopted := linked(empty, "e1")
	adopted.Adopted = true
	f.record(c, adopted)
	equal(f, f.owners(c), " g empty!", "due and open")
	f.record(c, due(empty, "e1"))
	equal(f, f.owners(c), " g empty!", "still open")
}
