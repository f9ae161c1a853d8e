package storetest

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

func modelChecks() []check {
	return []check{{"any sequence of changes leaves what a simple model predicts", modelled}}
}

// modelled applies random changes to a tenant and to a model in memory, and
// compares the objects, the memberships and who took new numbers.
func modelled(f *fixture) {
	tenants := 0
	rapid.Check(f.T, func(rt *rapid.T) {
		tenants++
		tenant := directory.TenantID(fmt.Sprintf("tenant-%d", tenants))
		if err := f.CreateTenant(f.Context(), store.Tenant{ID: tenant, Domain: string(tenant), Created: f.now}); err != nil {
			rt.Fatal(err)
		}
		m := &model{f: f, tenant: tenant, objects: map[directory.ObjectID]*modelObject{}}
		rt.Repeat(map[string]func(*rapid.T){
			"create":   m.create,
			"update":   m.update,
			"delete":   m.remove,
			"restore":  m.restore,
			"purge":    m.purge,
			"relate":   m.relate,
			"unrelate": m.unrelate,
			"":         m.compare,
		})
	})
}

// modelObject is an object as the model knows it.
type modelObject struct {
	kind     directory.Kind
	name     string
	presence directory.Presence
	members  map[directory.ObjectID]bool
	manager  directory.ObjectID
	touched  bool // changed since the last comparison
	sequence int64
}

type model struct {
	f       *fixture
	tenant  directory.TenantID
	objects map[directory.ObjectID]*modelObject
	order   []directory.ObjectID
	head    int64
}

// pick draws an object; false when there is none yet.
func (m *model) pick(rt *rapid.T, label string) (directory.ObjectID, *modelObject, bool) {
	if len(m.order) == 0 {
		return "", nil, false
	}
	id := rapid.SampledFrom(m.order).Draw(rt, label)
	return id, m.objects[id], true
}

func (m *model) taken(name string, but directory.ObjectID) bool {
	for id, o := range m.objects {
		if id != but && o.kind == directory.User && o.presence == directory.Live && o.name == name {
			return true
		}
	}
	return false
}

// outcome compares an error with the kind that the model predicts; zero is none.
func outcome(rt *rapid.T, err error, want errs.Kind) bool {
	if want == 0 && err != nil || want != 0 && !errs.Is(err, want) {
		rt.Fatalf("error is %v, want kind %d", err, want)
	}
	return want == 0
}

func drawName(rt *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(rt, "name")
}

func named(kind directory.Kind, name string) directory.Attributes {
	if kind == directory.User {
		return directory.Attributes{"userPrincipalName": name}
	}
	return directory.Attributes{"displayName": name}
}

func (m *model) create(rt *rapid.T) {
	kind := rapid.SampledFrom([]directory.Kind{directory.User, directory.Group}).Draw(rt, "kind")
	name, id := drawName(rt), m.f.id()
	var want errs.Kind
	if kind == directory.User && m.taken(name, "") {
		want = errs.Conflict
	}
	_, err := m.f.CreateObject(m.f.Context(), m.tenant, directory.Object{ID: id, Kind: kind, Created: m.f.now, Attributes: named(kind, name)})
	if outcome(rt, err, want) {
		m.order = append(m.order, id)
		m.objects[id] = &modelObject{kind: kind, name: name, members: map[directory.ObjectID]bool{}, touched: true}
	}
}

func (m *model) update(rt *rapid.T) {
	id, o, ok := m.pick(rt, "object")
	if !ok {
		return
	}
	name := drawName(rt)
	var want errs.Kind
	switch {
	case o.presence != directory.Live:
		want = errs.NotFound
	case o.kind == directory.User && m.taken(name, id):
		want = errs.Conflict
	}
	_, err := m.f.UpdateObject(m.f.Context(), m.tenant, store.Ref{ID: id}, m.f.now, replaceBy(named(o.kind, name)))
	if outcome(rt, err, want) && o.name != name {
		o.name, o.touched = name, true
	}
}

// part ends the memberships of an object, and what follows for others.
func (m *model) part(id directory.ObjectID, o *modelObject) {
	for _, other := range m.objects {
		if other.members[id] {
			delete(other.members, id)
			other.touched = true
		}
		if other.manager == id {
			other.manager, other.touched = "", true
		}
	}
	for member := range o.members {
		if m.objects[member].kind == directory.User {
			m.objects[member].touched = true
		}
	}
	o.members, o.manager = map[directory.ObjectID]bool{}, ""
}

func (m *model) remove(rt *rapid.T) {
	id, o, ok := m.pick(rt, "object")
	if !ok {
		return
	}
	var want errs.Kind
	if o.presence != directory.Live {
		want = errs.NotFound
	}
	if !outcome(rt, m.f.DeleteObject(m.f.Context(), m.tenant, store.Ref{ID: id}, m.f.now), want) {
		return
	}
	m.part(id, o)
	o.presence, o.touched = directory.SoftDeleted, true
	if o.kind == directory.Group {
		o.presence = directory.Purged
	}
}

func (m *model) restore(rt *rapid.T) {
	id, o, ok := m.pick(rt, "object")
	if !ok {
		return
	}
	var want errs.Kind
	switch {
	case o.presence != directory.SoftDeleted:
		want = errs.NotFound
	case m.taken(o.name, id):
		want = errs.Conflict
	}
	_, err := m.f.RestoreObject(m.f.Context(), m.tenant, id, m.f.now)
	if outcome(rt, err, want) {
		o.presence, o.touched = directory.Live, true
	}
}

func (m *model) purge(rt *rapid.T) {
	id, o, ok := m.pick(rt, "object")
	if !ok {
		return
	}
	var want errs.Kind
	if o.presence != directory.SoftDeleted {
		want = errs.NotFound
	}
	if outcome(rt, m.f.PurgeObject(m.f.Context(), m.tenant, id, m.f.now), want) {
		o.presence, o.touched = directory.Purged, true
	}
}

// edge draws a reference and predicts the error of using it.
func (m *model) edge(rt *rapid.T) (from, to directory.ObjectID, r directory.Relation, want errs.Kind) { //nolint:nonamedreturns // four values need names
	from, a, ok := m.pick(rt, "from")
	if !ok {
		return "", "", directory.Members, errs.NotFound
	}
	to, b, _ := m.pick(rt, "to")
	r = rapid.SampledFrom([]directory.Relation{directory.Members, directory.Manager}).Draw(rt, "relation")
	switch {
	case a.presence != directory.Live || b.presence != directory.Live:
		want = errs.NotFound
	case (r == directory.Members) != (a.kind == directory.Group):
		want = errs.Invalid
	}
	return from, to, r, want
}

func (m *model) relate(rt *rapid.T) {
	from, to, r, want := m.edge(rt)
	added, err := m.f.Relate(m.f.Context(), m.tenant, from, r, to)
	if !outcome(rt, err, want) {
		return
	}
	a := m.objects[from]
	there := a.members[to]
	if r == directory.Manager {
		there = a.manager == to
	}
	if added == there {
		rt.Fatalf("added is %v though the reference was there: %v", added, there)
	}
	m.touch(from, to, r, added)
	if r == directory.Manager {
		a.manager = to
		return
	}
	a.members[to] = true
}

func (m *model) unrelate(rt *rapid.T) {
	from, to, r, want := m.edge(rt)
	if want == 0 && !m.objects[from].members[to] && m.objects[from].manager != to {
		want = errs.NotFound
	}
	if !outcome(rt, m.f.Unrelate(m.f.Context(), m.tenant, from, r, to), want) {
		return
	}
	m.touch(from, to, r, true)
	delete(m.objects[from].members, to)
	m.objects[from].manager = ""
}

// touch marks who changes with a reference.
func (m *model) touch(from, to directory.ObjectID, r directory.Relation, changed bool) {
	m.objects[from].touched = m.objects[from].touched || changed
	if r == directory.Members && m.objects[to].kind == directory.User {
		m.objects[to].touched = m.objects[to].touched || changed
	}
}

// compare checks the whole tenant against the model.
func (m *model) compare(rt *rapid.T) {
	head, err := m.f.Head(m.f.Context(), m.tenant)
	if err != nil {
		rt.Fatal(err)
	}
	seen := map[int64]bool{}
	feed := m.feed(rt, head)
	for id, o := range m.objects {
		got, ok := feed[id]
		switch {
		case !ok && o.presence != directory.Purged:
			rt.Fatalf("%s is not in the feed", id)
		case !ok:
			continue
		case got.Presence != o.presence || o.presence != directory.Purged && got.Attributes.String(nameOf(o.kind)) != o.name:
			rt.Fatalf("%s is %v, the model has %+v", id, got, o)
		case o.touched && (got.Sequence <= m.head || got.Sequence > head):
			rt.Fatalf("%s changed and has the number %d, not one in (%d, %d]", id, got.Sequence, m.head, head)
		case !o.touched && got.Sequence != o.sequence:
			rt.Fatalf("%s did not change and has the number %d instead of %d", id, got.Sequence, o.sequence)
		case seen[got.Sequence]:
			rt.Fatalf("the number %d was given twice", got.Sequence)
		}
		seen[got.Sequence] = true
		o.touched, o.sequence = false, got.Sequence
		m.compareReferences(rt, id, o)
	}
	m.head = head
}

func nameOf(k directory.Kind) string {
	if k == directory.User {
		return "userPrincipalName"
	}
	return "displayName"
}

// feed reads the whole feed of the tenant, as a job without links sees it.
func (m *model) feed(rt *rapid.T, head int64) map[directory.ObjectID]directory.Object {
	c := store.Claim{}
	c.Job.Tenant = m.tenant
	feed := map[directory.ObjectID]directory.Object{}
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		page, err := m.f.Candidates(m.f.Context(), store.CandidateQuery{Claim: c, Kind: kind, Head: head, Limit: 1000})
		if err != nil {
			rt.Fatal(err)
		}
		if !slices.IsSortedFunc(page, func(a, b store.Candidate) int { return int(a.Sequence - b.Sequence) }) {
			rt.Fatal("the feed is not in order")
		}
		for _, candidate := range page {
			feed[candidate.ID] = candidate.Object
		}
	}
	return feed
}

func (m *model) compareReferences(rt *rapid.T, id directory.ObjectID, o *modelObject) {
	if o.presence != directory.Live {
		return
	}
	relation, want := directory.Members, slices.Sorted(maps.Keys(o.members))
	if o.kind == directory.User {
		relation, want = directory.Manager, nil
		if o.manager != "" {
			want = []directory.ObjectID{o.manager}
		}
	}
	page, err := m.f.Related(m.f.Context(), m.tenant, id, relation, false, store.Query{Top: 1000})
	if err != nil {
		rt.Fatal(err)
	}
	var got []directory.ObjectID
	for _, other := range page.Objects {
		got = append(got, other.ID)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		rt.Fatalf("%s of %s are %v, want %v", relation, id, got, want)
	}
}
