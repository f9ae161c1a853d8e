package mapping

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/scim"
)

// Desired is what the target should hold for one object.
type Desired struct {
	mapping *Mapping
	values  []any // by attribute of the mapping; nil flows nothing
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
}

// Evaluate computes every mapped attribute of the object. It returns an
// errs.Invalid error that names the target attribute and the fault of the
// expression; the object cannot be written then.
func (m *Mapping) Evaluate(c directory.Change, in Inputs) (Desired, error) {
	env := expression.Environment{Slots: make([]expression.Value, len(m.sources)), Now: in.Now}
	for i, source := range m.sources {
		env.Slots[i] = expression.ValueOf(value(c, source, in.SoftDeleted))
	}
	d := Desired{mapping: m, values: make([]any, len(m.attributes))}
	for i := range m.attributes {
		a := &m.attributes[i]
		if a.program == nil {
			continue
		}
		v, err := a.program.Eval(&env)
		if err != nil {
			return Desired{}, errs.Wrap(err, errs.Invalid, "AttributeValidationFailed",
				"The value of %s cannot be computed for %s %s: %v.", a.name, c.Kind, c.ID, err)
		}
		d.values[i] = a.coerce(v.Any())
	}
	return d, nil
}

// coerce brings a value to the type of the target attribute. What does not
// convert is sent as it is: the target knows its types better than the schema.
func (a *attribute) coerce(v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return a.fromString(v)
	case []string:
		list := make([]any, len(v))
		for i, s := range v {
			list[i] = s
		}
		return list
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case bool:
		if a.kind == "String" {
			return spell(v)
		}
		return v
	case float64:
		if a.kind == "String" {
			return spell(v)
		}
		return v
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	default:
		return v
	}
}

func (a *attribute) fromString(s string) any {
	switch a.kind {
	case "Boolean":
		if b, err := strconv.ParseBool(strings.ToLower(s)); err == nil {
			return b
		}
	case "Integer":
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return float64(n)
		}
	}
	return s
}

// Matches returns the matching attributes in the order in which they are tried,
// leaving out those without a value.
func (d Desired) Matches() []Match {
	var matches []Match
	for _, i := range d.mapping.matching {
		a := &d.mapping.attributes[i]
		if s := spell(d.values[i]); s != "" {
			matches = append(matches, Match{Path: a.path, Value: s, CaseExact: a.caseExact})
		}
	}
	return matches
}

// MatchingPath returns the attribute by which the target is asked first.
func (m *Mapping) MatchingPath() scim.Path { return m.attributes[m.matching[0]].path }

// Resource assembles the body of a create: default values stand in for nulls.
// References are not part of it.
func (d Desired) Resource() (scim.Resource, error) {
	r := scim.Resource{}
	for i := range d.mapping.attributes {
		a := &d.mapping.attributes[i]
		v := d.values[i]
		if v == nil {
			v = a.fallback
		}
		if v == nil {
			continue
		}
		if err := a.path.Set(r, v); err != nil {
			return nil, errs.Wrap(err, errs.Invalid, "AttributeValidationFailed", "The value of %s cannot be placed into the resource: %v.", a.name, err)
		}
	}
	return r, nil
}

// Digest is a fingerprint of what an update would write. Equal digests mean that
// there is nothing to send.
func (d Desired) Digest() ([]byte, error) {
	kept := make([]any, 0, 2*len(d.values))
	for i := range d.mapping.attributes {
		kept = append(kept, d.mapping.attributes[i].name, d.values[i])
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "InternalError", "The mapped values cannot be fingerprinted.")
	}
	sum := sha256.Sum256(text)
	return sum[:], nil
}

// Difference is one attribute in which the target differs.
type Difference struct {
	Name     string // target attribute as the schema spells it
	Op       scim.PatchOp
	Old, New any
}

// Differences compares with what the target holds. A null flows nothing, an
// attribute that flows on creation only is left alone, and strings are compared
// with regard to case only where the attribute is exact. With deprovision set,
// only attributes that depend on IsSoftDeleted are compared: an account that is
// taken away receives nothing else.
func (d Desired) Differences(current scim.Resource, deprovision bool) []Difference {
	var diffs []Difference
	for i := range d.mapping.attributes {
		a := &d.mapping.attributes[i]
		if d.values[i] == nil || a.createOnly || (deprovision && !a.softDeletion) {
			continue
		}
		old, has := a.path.Lookup(current)
		if has && a.same(old, d.values[i]) {
			continue
		}
		op := scim.PatchOp{Op: scim.Replace, Path: a.path, Value: d.values[i]}
		if !has {
			op.Op, op.Absent = scim.Add, !a.elementPresent(current)
		}
		diffs = append(diffs, Difference{Name: a.name, Op: op, Old: old, New: d.values[i]})
	}
	return diffs
}

// elementPresent reports whether the target has the element that the path's value
// filter selects, or the path has no filter.
func (a *attribute) elementPresent(current scim.Resource) bool {
	if a.path.Filter().IsZero() {
		return true
	}
	_, ok := a.element.Lookup(current)
	return ok
}

// same compares an attribute's value at the target with the desired one. Booleans
// and numbers that a target writes as strings count as equal.
func (a *attribute) same(old, desired any) bool {
	oldList, isList := old.([]any)
	newList, wantList := desired.([]any)
	if isList != wantList {
		return false
	}
	if isList {
		return a.sameList(oldList, newList)
	}
	if _, isObject := desired.(map[string]any); isObject {
		return sameJSON(old, desired)
	}
	if a.caseExact {
		return text(old) == text(desired)
	}
	return strings.EqualFold(text(old), text(desired))
}

func (a *attribute) sameList(old, desired []any) bool {
	if len(old) != len(desired) {
		return false
	}
	for i := range old {
		if !a.same(old[i], desired[i]) {
			return false
		}
	}
	return true
}

func sameJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// text writes a scalar for comparison.
func text(v any) string {
	if object, ok := v.(map[string]any); ok {
		return fmt.Sprint(object["value"])
	}
	return spell(v)
}

// Values returns the desired value of each mapped target attribute that has one,
// in the order of the mapping, for the log.
func (d Desired) Values(yield func(name string, v any) bool) {
	for i := range d.mapping.attributes {
		if d.values[i] != nil && !yield(d.mapping.attributes[i].name, d.values[i]) {
			return
		}
	}
}

// Deactivates reports whether one of the differences turns active off.
func Deactivates(diffs []Difference) bool {
	for _, d := range diffs {
		if strings.EqualFold(d.Name, "active") && strings.EqualFold(spell(d.New), "false") {
			return true
		}
	}
	return false
}
