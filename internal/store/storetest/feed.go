package storetest

import (
	"fmt"
	"slices"
	"sync"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

func feedChecks() []check {
	return []check{
		{"a change numbers the objects it changes and no other", numbered},
		{"changes are counted for users and groups between two positions", changesCounted},
		{"a reader never sees a number before every smaller one", commitOrder},
	}
}

// numbered checks, change by change, who gets a new number.
func numbered(f *fixture) {
	w := newWitness(f)
	w.expect("membership", "group ada", func() { f.relate(w.o["group"], directory.Members, w.o["ada"]) })
	w.expect("membership of a group", "group", func() { f.relate(w.o["group"], directory.Members, w.o["sub"]) })
	w.expect("manager", "ada", func() { f.relate(w.o["ada"], directory.Manager, w.o["boss"]) })
	w.expect("another manager", "ada", func() { f.relate(w.o["ada"], directory.Manager, w.o["bob"]) })
	w.expect("owner", "", func() { f.relate(w.o["app"], directory.Owners, w.o["ada"]) })
	var id string
	w.expect("assigned directly", "boss", func() { id = f.assign(w.o["boss"], w.o["app"], "role-1") })
	w.expect("unassigned", "boss", func() { f.succeed(f.Unassign(f.Context(), f.tenant, id)) })
	w.expect("group assigned", "group ada", func() { id = f.assign(w.o["group"], w.o["app"], "role-1") })
	w.expect("group unassigned", "group ada", func() { f.succeed(f.Unassign(f.Context(), f.tenant, id)) })
	w.expect("membership ended", "group ada", func() {
		f.succeed(f.Unrelate(f.Context(), f.tenant, w.o["group"].ID, directory.Members, w.o["ada"].ID))
	})
	w.expect("membership again", "group ada", func() { f.relate(w.o["group"], directory.Members, w.o["ada"]) })
	w.expect("manager deleted", "ada", func() { f.remove(w.o["bob"]) })
	w.expect("member deleted", "group", func() { f.remove(w.o["ada"]) })
	w.expect("sub-group deleted", "group", func() { f.remove(w.o["sub"]) })
	f.relate(w.o["group"], directory.Members, w.o["boss"])
	w.look()
	w.expect("group deleted", "boss", func() { f.remove(w.o["group"]) })
}

func (f *fixture) remove(o directory.Object) {
	f.Helper()
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: o.ID}, f.now))
}

// witness remembers the numbers of a few objects.
type witness struct {
	f     *fixture
	names []string
	o     map[string]directory.Object
}

func newWitness(f *fixture) *witness {
	return &witness{
		f: f, names: []string{"group", "sub", "ada", "bob", "boss", "app"},
		o: map[string]directory.Object{
			"group": f.group("group"), "sub": f.group("sub"),
			"ada": f.user("ada"), "bob": f.user("bob"), "boss": f.user("boss"), "app": f.principal("app"),
		},
	}
}

// look refreshes what is known of the live objects and returns who has changed.
func (w *witness) look() []string {
	w.f.Helper()
	var changed []string
	for _, name := range w.names {
		o, err := w.f.Object(w.f.Context(), w.f.tenant, store.Ref{ID: w.o[name].ID})
		if err != nil {
			continue // deleted
		}
		if o.Sequence != w.o[name].Sequence {
			changed = append(changed, name)
		}
		w.o[name] = o
	}
	return changed
}

func (w *witness) expect(what, names string, change func()) {
	w.f.Helper()
	head := w.f.head()
	change()
	changed := w.look()
	equal(w.f, fmt.Sprint(changed), "["+names+"]", what+": changed")
	var numbers []int64
	for _, name := range changed {
		numbers = append(numbers, w.o[name].Sequence)
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		w.f.holds(n > head && n <= w.f.head(), what+": the numbers are the next ones")
		w.f.holds(i == 0 || numbers[i-1] < n, what+": no number is given twice")
	}
}

func changesCounted(f *fixture) {
	f.user("ada")
	from := f.head()
	u, g := f.user("bob"), f.group("eng")
	f.principal("app")
	f.relate(g, directory.Members, u)
	n, err := f.CountChanges(f.Context(), f.tenant, from, f.head())
	f.succeed(err)
	equal(f, n, 2, "changes: each object once")
	n, err = f.CountChanges(f.Context(), f.tenant, from, g.Sequence)
	f.succeed(err)
	equal(f, n, 0, "changes up to a position that both have passed")
}

// commitOrder reads the feed while many write it. When a reader sees a number,
// nothing smaller may turn up later.
func commitOrder(f *fixture) {
	const writers, each = 8, 40
	f.job("job", f.id())
	c := f.claim()
	var (
		work sync.WaitGroup
		done = make(chan struct{})
	)
	for w := range writers {
		work.Go(func() {
			for i := range each {
				_, err := f.CreateObject(f.Context(), f.tenant, directory.Object{
					ID: directory.ObjectID(fmt.Sprintf("w%d-%d", w, i)), Kind: directory.User, Created: f.now,
					Attributes: directory.Attributes{"userPrincipalName": fmt.Sprintf("w%d-%d", w, i)},
				})
				if err != nil {
					f.Error(err)
				}
			}
		})
	}
	go func() { work.Wait(); close(done) }()
	follow(f, c, writers*each, done)
}

// follow reads the feed to its end, always after the last number seen, and
// expects every number once.
func follow(f *fixture, c store.Claim, want int, done <-chan struct{}) {
	f.Helper()
	var last int64
	seen := 0
	for finished := false; ; {
		head := f.head()
		page, err := f.Candidates(f.Context(), store.CandidateQuery{Claim: c, Kind: directory.User, From: 0, Head: head, After: last, Limit: 50})
		f.succeed(err)
		for _, candidate := range page {
			equal(f, candidate.Sequence, last+1, "the next number")
			last = candidate.Sequence
			seen++
		}
		if finished && len(page) == 0 {
			break
		}
		select {
		case <-done:
			finished = true
		default:
		}
	}
	equal(f, seen, want, "changes read")
}
