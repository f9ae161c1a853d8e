package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

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
func numbered(t *testing.T, f *fixture) {
	w := newWitness(t, f)
	w.expect(t, "membership", "group ada", func() { f.relate(t, w.o["group"], directory.Members, w.o["ada"]) })
	w.expect(t, "membership of a group", "group", func() { f.relate(t, w.o["group"], directory.Members, w.o["sub"]) })
	w.expect(t, "manager", "ada", func() { f.relate(t, w.o["ada"], directory.Manager, w.o["boss"]) })
	w.expect(t, "another manager", "ada", func() { f.relate(t, w.o["ada"], directory.Manager, w.o["bob"]) })
	w.expect(t, "owner", "", func() { f.relate(t, w.o["app"], directory.Owners, w.o["ada"]) })
	var id string
	w.expect(t, "assigned directly", "boss", func() { id = f.assign(t, w.o["boss"], w.o["app"], "role-1") })
	w.expect(t, "unassigned", "boss", func() { succeed(t, f.Unassign(t.Context(), f.tenant, id)) })
	w.expect(t, "group assigned", "group ada", func() { id = f.assign(t, w.o["group"], w.o["app"], "role-1") })
	w.expect(t, "group unassigned", "group ada", func() { succeed(t, f.Unassign(t.Context(), f.tenant, id)) })
	w.expect(t, "membership ended", "group ada", func() {
		succeed(t, f.Unrelate(t.Context(), f.tenant, w.o["group"].ID, directory.Members, w.o["ada"].ID))
	})
	w.expect(t, "membership again", "group ada", func() { f.relate(t, w.o["group"], directory.Members, w.o["ada"]) })
	w.expect(t, "manager deleted", "ada", func() { f.remove(t, w.o["bob"]) })
	w.expect(t, "member deleted", "group", func() { f.remove(t, w.o["ada"]) })
	w.expect(t, "sub-group deleted", "group", func() { f.remove(t, w.o["sub"]) })
	f.relate(t, w.o["group"], directory.Members, w.o["boss"])
	w.look(t)
	w.expect(t, "group deleted", "boss", func() { f.remove(t, w.o["group"]) })
}

func (f *fixture) remove(t *testing.T, o directory.Object) {
	t.Helper()
	succeed(t, f.DeleteObject(t.Context(), f.tenant, store.Ref{ID: o.ID}, f.now))
}

// witness remembers the numbers of a few objects.
type witness struct {
	f     *fixture
	names []string
	o     map[string]directory.Object
}

func newWitness(t *testing.T, f *fixture) *witness {
	t.Helper()
	return &witness{
		f: f, names: []string{"group", "sub", "ada", "bob", "boss", "app"},
		o: map[string]directory.Object{
			"group": f.group(t, "group"), "sub": f.group(t, "sub"),
			"ada": f.user(t, "ada"), "bob": f.user(t, "bob"), "boss": f.user(t, "boss"), "app": f.principal(t, "app"),
		},
	}
}

// look refreshes what is known of the live objects and returns who has changed.
func (w *witness) look(t *testing.T) []string {
	t.Helper()
	var changed []string
	for _, name := range w.names {
		o, err := w.f.Object(t.Context(), w.f.tenant, store.Ref{ID: w.o[name].ID})
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

func (w *witness) expect(t *testing.T, what, names string, change func()) {
	t.Helper()
	head := w.f.head(t)
	change()
	changed := w.look(t)
	equal(t, fmt.Sprint(changed), "["+names+"]", what+": changed")
	var numbers []int64
	for _, name := range changed {
		numbers = append(numbers, w.o[name].Sequence)
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		holds(t, n > head && n <= w.f.head(t), what+": the numbers are the next ones")
		holds(t, i == 0 || numbers[i-1] < n, what+": no number is given twice")
	}
}

func changesCounted(t *testing.T, f *fixture) {
	f.user(t, "ada")
	from := f.head(t)
	u, g := f.user(t, "bob"), f.group(t, "eng")
	f.principal(t, "app")
	f.relate(t, g, directory.Members, u)
	n, err := f.CountChanges(t.Context(), f.tenant, from, f.head(t))
	succeed(t, err)
	equal(t, n, 2, "changes: each object once")
	n, err = f.CountChanges(t.Context(), f.tenant, from, g.Sequence)
	succeed(t, err)
	equal(t, n, 0, "changes up to a position that both have passed")
}

// commitOrder reads the feed while many write it. When a reader sees a number,
// nothing smaller may turn up later.
func commitOrder(t *testing.T, f *fixture) {
	const writers, each = 8, 40
	f.job(t, "job", f.id())
	c := f.claim(t)
	var (
		work sync.WaitGroup
		done = make(chan struct{})
	)
	for w := range writers {
		work.Go(func() {
			for i := range each {
				_, err := f.CreateObject(t.Context(), f.tenant, directory.Object{
					ID: directory.ObjectID(fmt.Sprintf("w%d-%d", w, i)), Kind: directory.User, Created: f.now,
					Attributes: directory.Attributes{"userPrincipalName": fmt.Sprintf("w%d-%d", w, i)},
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	go func() { work.Wait(); close(done) }()
	follow(t, f, c, writers*each, done)
}

// follow reads the feed to its end, always after the last number seen, and
// expects every number once.
func follow(t *testing.T, f *fixture, c store.Claim, want int, done <-chan struct{}) {
	t.Helper()
	var last int64
	seen := 0
	for finished := false; ; {
		head := f.head(t)
		page, err := f.Candidates(t.Context(), store.CandidateQuery{Claim: c, Kind: directory.User, From: 0, Head: head, After: last, Limit: 50})
		succeed(t, err)
		for _, candidate := range page {
			equal(t, candidate.Sequence, last+1, "the next number")
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
	equal(t, seen, want, "changes read")
}
