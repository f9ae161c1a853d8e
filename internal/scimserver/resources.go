package scimserver

import (
	"net/http"
	"strings"

	"github.com/provisor/provisor/internal/scim"
)

// create answers POST /Users and POST /Groups (RFC 7644 section 3.3).
func (s *Server) create(t *scim.Type, r *http.Request) (answer, error) {
	document, members, err := s.decode(t, r)
	if err != nil {
		return answer{}, err
	}
	sel, err := selectionOf(r.URL.Query())
	if err != nil {
		return answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.admit(t, document, members, nil); err != nil {
		return answer{}, err
	}
	rec := &record{id: s.options.NewID(), kind: t, document: document, created: s.now()}
	if t == s.groups {
		rec.members = newMemberSet()
		rec.members.repeat = s.options.Flaws.RepeatMembers
		s.addMembers(rec, members)
	}
	s.stamp(rec, document)
	s.store.of(t).insert(rec)
	return s.shown(http.StatusCreated, rec, sel), nil
}

// read answers GET of one resource.
func (s *Server) read(t *scim.Type, r *http.Request) (answer, error) {
	sel, err := selectionOf(r.URL.Query())
	if err != nil {
		return answer{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	rec, err := s.find(t, r)
	if err != nil {
		return answer{}, err
	}
	if strings.Contains(r.Header.Get("If-None-Match"), rec.etag()) {
		return answer{status: http.StatusNotModified, etag: rec.etag()}, nil
	}
	return s.shown(http.StatusOK, rec, sel), nil
}

// replace answers PUT (RFC 7644 section 3.5.1).
func (s *Server) replace(t *scim.Type, r *http.Request) (answer, error) {
	document, members, err := s.decode(t, r)
	if err != nil {
		return answer{}, err
	}
	sel, err := selectionOf(r.URL.Query())
	if err != nil {
		return answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rec, err := s.find(t, r)
	if err != nil {
		return answer{}, err
	}
	if err := s.admit(t, document, members, rec); err != nil {
		return answer{}, err
	}
	if t == s.groups {
		s.clearMembers(rec)
		s.addMembers(rec, members)
	}
	s.stamp(rec, document)
	s.store.of(t).update(rec, document)
	return s.shown(http.StatusOK, rec, sel), nil
}

// patch answers PATCH (RFC 7644 section 3.5.2): 200 with the user, 204 for a group,
// whose members may be many.
func (s *Server) patch(t *scim.Type, r *http.Request) (answer, error) {
	body, err := readBody(r)
	if err != nil {
		return answer{}, err
	}
	ops, err := scim.DecodePatch(body)
	if err != nil {
		return answer{}, err
	}
	sel, err := selectionOf(r.URL.Query())
	if err != nil {
		return answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rec, err := s.find(t, r)
	if err != nil {
		return answer{}, err
	}
	if err := s.applyPatch(rec, ops); err != nil {
		return answer{}, err
	}
	if t == s.groups && len(sel.attributes) == 0 {
		return answer{status: http.StatusNoContent, etag: rec.etag()}, nil
	}
	return s.shown(http.StatusOK, rec, sel), nil
}

// applyPatch changes the document and the members of a resource, or neither.
func (s *Server) applyPatch(rec *record, ops []scim.PatchOp) error {
	plan := membership{server: s, group: rec}
	if rec.members != nil {
		var err error
		if ops, err = plan.take(ops); err != nil {
			return err
		}
	}
	document, changed, err := scim.Apply(rec.document, ops, rec.kind, s.options.Mode)
	if err != nil {
		return err
	}
	if changed {
		if err := s.admit(rec.kind, document, nil, rec); err != nil {
			return err
		}
	}
	if !plan.commit() && !changed {
		return nil
	}
	document = shallow(document)
	s.stamp(rec, document)
	s.store.of(rec.kind).update(rec, document)
	return nil
}

// remove answers DELETE.  The resource leaves the groups of which it is a member.
func (s *Server) remove(t *scim.Type, r *http.Request) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec, err := s.find(t, r)
	if err != nil {
		return answer{}, err
	}
	if s.options.Flaws.ConflictOnDelete && !rec.refused {
		rec.refused = true
		return answer{}, &scim.Error{Status: http.StatusConflict, Detail: "the resource changed meanwhile, retry the request"}
	}
	for group := range s.store.memberOf[rec.id] {
		group.members.remove(rec.id)
		group.members.compact()
		document := shallow(group.document)
		s.stamp(group, document)
		s.store.groups.update(group, document)
	}
	delete(s.store.memberOf, rec.id)
	if rec.members != nil {
		s.clearMembers(rec)
	}
	s.store.of(t).delete(rec)
	return answer{status: http.StatusNoContent}, nil
}

// decode reads the body of a POST or PUT: the document, and the members of a group
// apart from it.
func (s *Server) decode(t *scim.Type, r *http.Request) (scim.Resource, []string, error) {
	body, err := readResource(r)
	if err != nil {
		return nil, nil, err
	}
	document, err := t.Normalize(body, s.options.Mode)
	if err != nil || t != s.groups {
		return document, nil, err
	}
	members, err := s.memberIDs(document["members"])
	delete(document, "members")
	return document, members, err
}

// find returns the resource that the path names, in the version that If-Match
// demands.
func (s *Server) find(t *scim.Type, r *http.Request) (*record, error) {
	id := r.PathValue("id")
	rec := s.store.of(t).byID[id]
	if rec == nil {
		return nil, notFound(t, id)
	}
	want := r.Header.Get("If-Match")
	if want != "" && want != "*" && !strings.Contains(want, rec.etag()) {
		return nil, &scim.Error{Status: http.StatusPreconditionFailed, Detail: "the resource has the version " + rec.etag() + " by now"}
	}
	return rec, nil
}

// admit checks what a resource may not share with others, and its members.
func (s *Server) admit(t *scim.Type, document scim.Resource, members []string, self *record) error {
	if s.options.CheckMembers {
		for _, id := range members {
			if s.store.find(id) == nil {
				return invalid(scim.InvalidValue, "there is no user or group with the id "+id+" that could be a member")
			}
		}
	}
	if t != s.users || s.options.Flaws.AllowDuplicates {
		return nil
	}
	for _, name := range indexed(document, "username") {
		for _, rec := range s.store.users.index["username"][name] {
			if rec != self {
				return &scim.Error{
					Status: http.StatusConflict, ScimType: scim.Uniqueness,
					Detail: "a user with the userName " + name + " exists already",
				}
			}
		}
	}
	return nil
}
