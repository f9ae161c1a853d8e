package graphapi

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
)

// sent is a body that creates or changes a directory object: attributes to set,
// and references to bind.
type sent struct {
	attributes directory.Attributes // a nil value removes the attribute
	binds      map[directory.Relation][]directory.ObjectID
	password   *string // a person's, to sign in with
	// fixed are the properties, and the name, that only the service sets. Clients that
	// send an object back as they read it name them.
	fixed map[string]any
}

// maxBinds is how many references one request may bind, as in Graph.
const maxBinds = 20

// readObject checks a body against the properties of a kind. It refuses by name
// what the kind does not have and what the service sets itself.
func readObject(kind directory.Kind, body []byte) (sent, error) {
	var members map[string]any
	if err := decode(body, &members); err != nil {
		return sent{}, err
	}
	if members == nil {
		return sent{}, wrongType("", "null", "an object")
	}
	s := sent{
		attributes: directory.Attributes{}, binds: map[directory.Relation][]directory.ObjectID{}, fixed: map[string]any{},
	}
	for name, value := range members {
		if err := s.take(kind, name, value); err != nil {
			return sent{}, err
		}
	}
	return s, nil
}

func (s *sent) take(kind directory.Kind, name string, value any) error {
	if relation, ok := strings.CutSuffix(name, "@odata.bind"); ok {
		return s.bind(kind, relation, value)
	}
	if strings.Contains(name, "@") {
		return nil // an annotation
	}
	p, ok := lookUp(kind, name)
	switch {
	case !ok && strings.EqualFold(name, "id"):
		s.fixed["id"] = value
		return nil
	case !ok:
		return errs.New(errs.Invalid, "Request_BadRequest", "Invalid property '%.64s'.", name).WithTarget(name)
	case p.derived:
		s.fixed[p.name] = value
		return nil
	}
	if err := p.check(value); err != nil {
		return err
	}
	if reserved(kind, p.name, value) {
		s.fixed[p.name] = value
		return nil
	}
	if p.name == "passwordProfile" { // it is kept apart, as a digest
		return s.takePassword(value)
	}
	s.attributes[p.name] = value
	return nil
}

// reserved reports the name of the application that administers the service.
func reserved(kind directory.Kind, property string, value any) bool {
	return kind == directory.Application && property == "uniqueName" && sameValue(value, identity.AdministratorName)
}

// agrees reports a property that only the service sets and that the body gives
// another value than o has. One that it gives the same value changes nothing.
func (s *sent) agrees(o directory.Object) error {
	for _, name := range slices.Sorted(maps.Keys(s.fixed)) {
		is := any(string(o.ID))
		if p, ok := lookUp(o.Kind, name); ok {
			is = p.value(o)
		}
		given := s.fixed[name]
		if given == nil || sameValue(given, is) {
			continue
		}
		if reserved(o.Kind, name, given) {
			return errs.New(errs.Invalid, "Request_BadRequest",
				"The uniqueName '%s' is kept for the application that administers this service. Choose another.", identity.AdministratorName).WithTarget(name)
		}
		return errs.New(errs.Invalid, "Request_BadRequest", "Property '%s' is read-only and cannot be set.", name).WithTarget(name)
	}
	return nil
}

// sameValue compares two values as Graph's directory does: texts ignoring case,
// instants in whatever form.
func sameValue(a, b any) bool {
	text, isText := a.(string)
	other, areTexts := b.(string)
	if !isText || !areTexts {
		return reflect.DeepEqual(a, b)
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	then, errOther := time.Parse(time.RFC3339Nano, other)
	return strings.EqualFold(text, other) || err == nil && errOther == nil && at.Equal(then)
}

// bind reads a collection of references, or a single one.
func (s *sent) bind(kind directory.Kind, relation string, value any) error {
	r := directory.Relation(relation)
	if !relates(kind, r) {
		return errs.New(errs.Invalid, "Request_BadRequest", "Invalid property '%.64s'.", relation).WithTarget(relation)
	}
	urls, ok := value.([]any)
	if single, isText := value.(string); isText && r.Single() {
		urls, ok = []any{single}, true
	}
	if !ok || len(urls) > maxBinds || r.Single() && len(urls) != 1 {
		return errs.New(errs.Invalid, "Request_BadRequest",
			"'%s@odata.bind' must be an array of at most %d references.", relation, maxBinds).WithTarget(relation)
	}
	for _, u := range urls {
		id, err := referent(u)
		if err != nil {
			return err
		}
		s.binds[r] = append(s.binds[r], id)
	}
	return nil
}

// relates reports whether objects of kind have the relation.
func relates(kind directory.Kind, r directory.Relation) bool {
	switch r {
	case directory.Members:
		return kind == directory.Group
	case directory.Manager:
		return kind == directory.User
	case directory.Owners:
		return kind != directory.User
	}
	return false
}

// require reports which of the names a body that creates an object lacks.
func (s *sent) require(names ...string) error {
	for _, name := range names {
		if value := s.attributes[name]; value == nil || value == "" {
			return errs.New(errs.Invalid, "Request_BadRequest",
				"A value is required for property '%s' of resource.", name).WithTarget(name)
		}
	}
	return nil
}

// keeps reports which of the names a change would take away. An object that never
// had one, such as an imported person without mailNickname, can be changed.
func (s *sent) keeps(names ...string) error {
	for _, name := range names {
		if _, named := s.attributes[name]; !named {
			continue
		}
		if err := s.require(name); err != nil {
			return err
		}
	}
	return nil
}

// apply sets the attributes of s on those of an object. A complex value changes the
// members that it has (OData 4.01 Protocol, section 11.4.3), so that who writes one
// need not know the others. Graph keeps optionalClaims and samlSingleSignOnSettings in
// one piece: an empty one takes all of it away.
func (s *sent) apply(to directory.Attributes) directory.Attributes {
	if to == nil {
		to = directory.Attributes{}
	}
	for name, value := range s.attributes {
		switch {
		case value == nil:
			delete(to, name)
		case name == "optionalClaims", name == "samlSingleSignOnSettings":
			to[name] = value
		default:
			to[name] = merged(to[name], value)
		}
	}
	return to
}

// merged is what before becomes when value is written: complex values are joined,
// everything else is replaced, collections whole.
func merged(before, value any) any {
	is, wasComplex := before.(map[string]any)
	given, isComplex := value.(map[string]any)
	if !wasComplex || !isComplex {
		return value
	}
	both := maps.Clone(is)
	for name, member := range given {
		both[name] = merged(is[name], member)
	}
	return both
}
