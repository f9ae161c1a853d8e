package mapping

import (
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/scim"
)

// Desired is what the target should hold for one object. One goroutine at a time
// may use it.
type Desired struct {
	mapping *Mapping
	values  []any // by attribute of the mapping; nil flows nothing
	// ignored marks the attributes that an expression takes out of the flow, so
	// that not even their default value is written; nil when there are none.
	ignored map[int]bool
	// verbose holds, by attribute, the text that Entra's default dialect adds for each
	// value of a list; nil when there is none.
	verbose  map[int][]string
	withheld string
	kind     directory.Kind // of the object, for messages
	id       directory.ObjectID
	env      expression.Environment
}

// Match is a matching attribute with the value that the object has in it.
type Match struct {
	Path      scim.Path
	Value     string
	CaseExact bool
}

// Inputs are what an evaluation depends on besides the object.
type Inputs struct {
	// SoftDeleted is the value of IsSoftDeleted.
	SoftDeleted bool
	// Now is the instant that time functions see.
	Now time.Time
	// DefaultDomain is the tenant's; empty makes the function of that name fail.
	DefaultDomain string
	// AppRoles are the application's; a role that is not among them has its id for
	// a name.
	AppRoles AppRoles
}

// Evaluate computes every mapped attribute of the object, but those that need the
// target. It returns an errs.Invalid error that names the target attribute and the
// fault of the expression; the object cannot be written then.
func (m *Mapping) Evaluate(c directory.Change, in Inputs) (*Desired, error) {
	d := &Desired{mapping: m, values: make([]any, len(m.attributes)), kind: c.Kind, id: c.ID}
	d.env = expression.Environment{Slots: make([]expression.Value, len(m.sources)), Now: in.Now, DefaultDomain: in.DefaultDomain}
	var few [32]any
	raw := few[:]
	if len(m.sources) > len(few) {
		raw = make([]any, len(m.sources))
	}
	for i, source := range m.sources {
		raw[i] = value(c, source, in)
		d.env.Slots[i] = expression.ValueOf(raw[i])
	}
	for i := range m.attributes {
		a := &m.attributes[i]
		if a.program == nil || a.deferred {
			continue
		}
		if a.takes(raw) {
			d.values[i] = a.coerce(raw[a.direct])
			continue
		}
		v, err := a.program.Eval(&d.env)
		if err != nil {
			return nil, d.fault(a, err)
		}
		d.settle(i, v)
	}
	return d, nil
}

// takes reports whether the attribute is a plain value of the source as it is, which
// needs no expression to be evaluated.
func (a *attribute) takes(raw []any) bool {
	if a.direct < 0 {
		return false
	}
	switch raw[a.direct].(type) {
	case nil, string, bool:
		return true
	default:
		return false
	}
}

// settle keeps what an expression gave for the attribute at i.
func (d *Desired) settle(i int, v expression.Value) {
	a := &d.mapping.attributes[i]
	switch v.Kind() { //nolint:exhaustive // every other kind is a value
	case expression.KindIgnoreObjectFlow:
		d.withheld = a.name
	case expression.KindIgnoreAttributeFlow:
		if d.ignored == nil {
			d.ignored = map[int]bool{}
		}
		d.ignored[i] = true
	default:
		d.values[i] = a.coerce(v.Any())
		if texts := v.PatchTexts(); texts != nil {
			d.speak(i, texts)
		}
	}
}

// speak keeps the texts of an attribute's values.
func (d *Desired) speak(i int, texts []string) {
	if d.verbose == nil {
		d.verbose = map[int][]string{}
	}
	d.verbose[i] = texts
}

func (d *Desired) fault(a *attribute, err error) error {
	return errs.Wrap(err, errs.Invalid, "AttributeValidationFailed",
		"The value of %s cannot be computed for %s %s: %v.", a.name, d.kind, d.id, err)
}

// Withheld names the target attribute whose expression says that the object is to
// be left alone (IgnoreObjectFlow); empty when none does.
func (d *Desired) Withheld() string { return d.withheld }

// Matches returns the matching attributes in the order in which they are tried,
// leaving out those without a value.
func (d *Desired) Matches() []Match {
	var matches []Match
	for _, i := range d.mapping.matching {
		a := &d.mapping.attributes[i]
		if s := spell(d.values[i]); s != "" {
			matches = append(matches, Match{Path: a.path, Value: s, CaseExact: a.caseExact})
		}
	}
	return matches
}

// Matchable reports whether some matching attribute has a value.
func (d *Desired) Matchable() bool {
	for _, i := range d.mapping.matching {
		if spell(d.values[i]) != "" {
			return true
		}
	}
	return false
}

// Resource assembles the body of a create: default values stand in for nulls, and
// values that must be unique are found by asking whether the target has a candidate
// already. References are not part of it. The error is errs.Invalid, or wraps the
// one of ask.
func (d *Desired) Resource(ask func(path scim.Path, candidate string) (free bool, err error)) (scim.Resource, error) {
	r := make(scim.Resource, min(len(d.mapping.attributes), 14))
	for i := range d.mapping.attributes {
		a := &d.mapping.attributes[i]
		v, err := d.initial(i, ask)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		if err := d.mapping.layout.Put(r, i, v); err != nil {
			return nil, errs.Wrap(err, errs.Invalid, "AttributeValidationFailed", "The value of %s cannot be placed into the resource: %v.", a.name, err)
		}
	}
	return r, nil
}

// initial returns the value with which a resource is created.
func (d *Desired) initial(i int, ask func(path scim.Path, candidate string) (bool, error)) (any, error) {
	a := &d.mapping.attributes[i]
	if a.deferred {
		d.env.Unique = func(candidate string) (bool, error) { return ask(a.path, candidate) }
		v, err := a.program.Eval(&d.env)
		if err != nil {
			return nil, d.fault(a, err)
		}
		d.settle(i, v)
	}
	if d.values[i] == nil && !d.ignored[i] {
		return a.fallback, nil
	}
	return d.values[i], nil
}

// redaction stands in a log for a value that must not be shown.
const redaction = "[Redact]"

// AttributeNames returns the names that [Desired.Values] yields, in their order.
func (m *Mapping) AttributeNames() []string {
	names := make([]string, len(m.attributes))
	for i := range m.attributes {
		names[i] = m.attributes[i].name
	}
	return names
}

// Len returns how many values [Desired.Values] yields at most.
func (d *Desired) Len() int { return len(d.values) }

// Values yields the desired value of each mapped target attribute that has one, in
// the order of the mapping, for the log.
func (d *Desired) Values(yield func(name string, v any) bool) {
	for i := range d.mapping.attributes {
		a, v := &d.mapping.attributes[i], d.values[i]
		if v == nil {
			continue
		}
		if a.redacted {
			v = redaction
		}
		if !yield(a.name, v) {
			return
		}
	}
}
