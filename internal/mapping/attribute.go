package mapping

import (
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/synchronization"
)

// attribute is one attribute mapping, compiled.
type attribute struct {
	path     scim.Path
	element  scim.Path // path up to its value filter; meaningful where it has one
	name     string    // path as the schema spells it
	program  *expression.Program
	direct   int // slot of the source attribute that is mapped as it is; -1 when there is none
	fallback any // default value, on create; nil when there is none
	flow     flow
	// deferred: the value is computed when the resource is created, because the
	// target has to be asked for it.
	deferred     bool
	redacted     bool // the value must not be shown
	caseExact    bool
	kind         string // attributeType of the target attribute
	plural       bool   // the target's attribute may have several values
	multivalued  bool   // and the path names them all
	complex      bool   // whose values are complex, with the member value
	softDeletion bool   // depends on IsSoftDeleted
	clears       bool   // a null takes the target's value away
	always       bool   // written whenever the resource is compared (FlowAlways)
}

// flow says when an attribute is written to a resource that exists.
type flow uint8

const (
	whenDifferent flow = iota
	whenEmpty          // only while the target has no value
	whenMissing        // values are added and none is taken away
	onCreation         // never again
)

// flowOf reads attributeMapping.flowType. What a target takes once, or never shows, is
// written on creation only: an update could not succeed, or never come to rest.
func flowOf(flowType, mutability string) flow {
	if mutability == "Immutable" || mutability == "WriteOnly" {
		return onCreation
	}
	switch flowType {
	case synchronization.FlowObjectAddOnly:
		return onCreation
	case synchronization.FlowValueAddOnly, synchronization.FlowAttributeAddOnly:
		return whenEmpty
	case synchronization.FlowMultiValueAddOnly:
		return whenMissing
	default:
		return whenDifferent
	}
}

func newAttribute(am synchronization.AttributeMapping, path scim.Path, def synchronization.AttributeDefinition) attribute {
	a := attribute{
		path: path, name: am.TargetAttributeName, direct: -1, flow: flowOf(am.FlowType, def.Mutability), caseExact: def.CaseExact, kind: def.Type,
		plural:      def.Multivalued,
		clears:      def.FlowNullValues,
		multivalued: def.Multivalued && path.Filter().IsZero() && path.SubAttribute() == "",
		always:      am.FlowBehavior == synchronization.FlowAlwaysBehavior,
	}
	a.complex = a.multivalued && complexList(path)
	if end := strings.LastIndexByte(am.TargetAttributeName, ']'); end >= 0 {
		a.element, _ = scim.ParsePath(am.TargetAttributeName[:end+1]) // a part of what parsed before
	}
	if am.DefaultValue != nil && *am.DefaultValue != "" {
		a.fallback = a.coerce(*am.DefaultValue)
	}
	return a
}

// complexList reports whether RFC 7643 gives the values of an attribute members, such
// as those of emails: a plain value is then the member value.
func complexList(path scim.Path) bool {
	def, ok := scim.NewUserType().Attribute(path)
	return ok && def.MultiValued && def.Type == scim.ComplexType
}

// run gives the attribute its program and what follows from it.
func (a *attribute) run(p *expression.Program, symbols *expression.Symbols) {
	a.program = p
	traits := p.Traits()
	a.deferred, a.redacted = traits.Unique, traits.Redacted
	if traits.Unique || traits.Random {
		a.flow = onCreation // another value every time: an update would never come to rest
	}
	for _, name := range p.Attributes() {
		a.softDeletion = a.softDeletion || name == SoftDeleted
	}
	switch source := p.Source(); {
	case source.Type == expression.AttributeSource:
		a.direct = symbols.Slot(source.Name)
	case source.Name == "AppRoleAssignmentsComplex" && a.flow == whenDifferent:
		a.flow = whenMissing
	}
}

// directName is the source attribute that is mapped as it is, or "".
func (a *attribute) directName(m *Mapping) string {
	if a.direct < 0 {
		return ""
	}
	return m.symbols.Names()[a.direct]
}

// coerce brings a value to the type of the target attribute and to the shape of
// decoded JSON. What does not convert is sent as it is: the target knows its types
// better than the schema.
func (a *attribute) coerce(v any) any {
	shaped := a.scalar(v)
	if !a.multivalued || shaped == nil {
		return shaped
	}
	values := list(shaped)
	if a.complex {
		values = complexValues(values)
	}
	return values
}

// complexValues makes plain values complex ones.
func complexValues(values []any) []any {
	objects := make([]any, len(values))
	for i, v := range values {
		if _, ok := v.(map[string]any); !ok {
			v = map[string]any{"value": v}
		}
		objects[i] = v
	}
	return objects
}

func (a *attribute) scalar(v any) any {
	switch t := v.(type) {
	case string:
		return a.fromString(v, t)
	case int64:
		return a.fromNumber(float64(t))
	case float64:
		return a.fromNumber(t)
	case bool:
		if a.kind == "String" {
			return spell(t)
		}
	case []string:
		return listOf(t)
	case []map[string]any:
		return listOf(t)
	}
	return v
}

func listOf[T any](items []T) any {
	list := make([]any, len(items))
	for i, item := range items {
		list[i] = item
	}
	return list
}

// fromString returns boxed itself where nothing is to convert, which spares an
// allocation for most attributes of most objects.
func (a *attribute) fromString(boxed any, s string) any {
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
	return boxed
}

func (a *attribute) fromNumber(f float64) any {
	if a.kind == "String" {
		return spell(f)
	}
	return f
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
// and numbers that a target writes as strings count as equal, and so do values in
// another order.
func (a *attribute) same(old, desired any) bool {
	switch desired := desired.(type) {
	case []any:
		have, isList := old.([]any)
		return isList && len(have) == len(desired) && len(a.lacking(have, desired)) == 0
	case map[string]any:
		have, isObject := old.(map[string]any)
		return isObject && a.sameObject(have, desired)
	default:
		if _, isList := old.([]any); isList {
			return false
		}
		_, isFlag := desired.(bool)
		return a.sameText(text(old), text(desired)) || isFlag && strings.EqualFold(text(old), text(desired))
	}
}

func (a *attribute) sameText(old, desired string) bool {
	return old == desired || !a.caseExact && strings.EqualFold(old, desired)
}

// sameObject compares what is desired of a complex value; the target may know more
// of it, and need not say what is false.
func (a *attribute) sameObject(old, desired map[string]any) bool {
	for name, want := range desired {
		have, ok := old[name]
		if ok && !a.same(have, want) || !ok && want != false && want != nil {
			return false
		}
	}
	return true
}

// lacking returns which of the desired values of a list the target does not have.
func (a *attribute) lacking(have, desired []any) []int {
	var missing []int
	used := make([]bool, len(have))
next:
	for k, want := range desired {
		for i := range have {
			if !used[i] && a.same(have[i], want) {
				used[i] = true
				continue next
			}
		}
		missing = append(missing, k)
	}
	return missing
}

// text writes a scalar for comparison; of a complex value it is the member value.
func text(v any) string {
	if object, ok := v.(map[string]any); ok {
		return spell(object["value"])
	}
	return spell(v)
}
