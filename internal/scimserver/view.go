package scimserver

import (
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/scim"
)

// selection is what attributes and excludedAttributes ask for (RFC 7644 section
// 3.9).  The zero selection asks for everything that is returned by default.
type selection struct {
	attributes []scim.Path
	excluded   []scim.Path
}

func selectionOf(query url.Values) (selection, error) {
	attributes, err := parsePaths(query.Get("attributes"))
	if err != nil {
		return selection{}, err
	}
	excluded, err := parsePaths(query.Get("excludedAttributes"))
	return selection{attributes, excluded}, err
}

func parsePaths(list string) ([]scim.Path, error) {
	var paths []scim.Path
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		p, err := scim.ParsePath(name)
		if err != nil {
			return nil, err
		}
		paths = append(paths, p)
	}
	return paths, nil
}

// wants reports whether any part of a core attribute is asked for.
func (sel selection) wants(attr string) bool {
	for _, p := range sel.excluded {
		if strings.EqualFold(p.Attribute(), attr) && p.Extension() == "" && p.SubAttribute() == "" {
			return false
		}
	}
	for _, p := range sel.attributes {
		if strings.EqualFold(p.Attribute(), attr) && p.Extension() == "" {
			return true
		}
	}
	return len(sel.attributes) == 0
}

// shown is the answer that shows rec.
func (s *Server) shown(status int, rec *record, sel selection) answer {
	return answer{status: status, body: s.view(rec, sel), location: s.location(rec), etag: rec.etag()}
}

// view returns rec as an answer shows it.
func (s *Server) view(rec *record, sel selection) scim.Resource {
	if s.options.Flaws.IgnoreExcluded {
		sel.excluded = nil
	}
	return rec.kind.Project(s.whole(rec, sel.wants), sel.attributes, sel.excluded)
}

// whole returns the document with the members of a group and the groups of a user
// where they are wanted.
func (s *Server) whole(rec *record, wants func(string) bool) scim.Resource {
	r := rec.document
	if rec.members != nil && rec.members.len() > 0 && wants("members") {
		r = shallow(r)
		r["members"] = s.memberValues(rec)
	}
	if rec.kind == s.users && len(s.store.memberOf[rec.id]) > 0 && wants("groups") {
		r = shallow(r)
		r["groups"] = s.groupValues(rec)
	}
	return r
}

func (s *Server) memberValues(rec *record) []any {
	ids := rec.members.list()
	values := make([]any, len(ids))
	for i, id := range ids {
		values[i] = s.memberValue(id)
	}
	return values
}

// memberValue shows a member; one that does not exist has a value only.
func (s *Server) memberValue(id string) map[string]any {
	member := s.store.find(id)
	if member == nil {
		return map[string]any{"value": id}
	}
	return s.reference(member)
}

func (s *Server) groupValues(rec *record) []any {
	var values []any
	for _, group := range s.store.groups.sorted(s.store.memberOf[rec.id]) {
		v := s.reference(group)
		v["type"] = "direct"
		values = append(values, v)
	}
	return values
}

// reference shows a resource as the value of a reference.
func (s *Server) reference(rec *record) map[string]any {
	v := map[string]any{"value": rec.id, "$ref": s.location(rec), "type": rec.kind.Name()}
	for _, name := range []string{"displayName", "userName"} {
		if display, ok := rec.document[name]; ok {
			v["display"] = display
			break
		}
	}
	return v
}

func (s *Server) location(rec *record) string {
	return s.options.BaseURL + rec.kind.Endpoint() + "/" + rec.id
}

// stamp writes id and meta for the next version of rec into its document.
func (s *Server) stamp(rec *record, document scim.Resource) {
	rec.version++
	document["id"] = rec.id
	meta := map[string]any{
		"resourceType": rec.kind.Name(),
		"location":     s.location(rec),
		"version":      rec.etag(),
	}
	if s.options.Now != nil {
		meta["created"] = rec.created.Format(time.RFC3339Nano)
		meta["lastModified"] = s.now().Format(time.RFC3339Nano)
	}
	document["meta"] = meta
}

func (s *Server) now() time.Time {
	if s.options.Now == nil {
		return time.Time{}
	}
	return s.options.Now().UTC()
}

// etag returns the entity tag of the record's version.
func (rec *record) etag() string { return `W/"` + strconv.Itoa(rec.version) + `"` }

func shallow(r scim.Resource) scim.Resource { return maps.Clone(r) }
