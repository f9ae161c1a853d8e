package mapping

import (
	"strings"

	"github.com/provisor/provisor/internal/scim"
)

// Difference is one attribute in which the target differs. Old and New are for the
// log: what must not be shown is not in them.
type Difference struct {
	Name     string // target attribute as the schema spells it
	Op       scim.PatchOp
	Old, New any
}

// Differences compares with what the target holds. A null flows nothing unless the
// schema lets nulls flow, an attribute that flows on creation only is left alone, and
// strings are compared with regard to case only where the attribute is exact.
func (d *Desired) Differences(current scim.Resource) []Difference {
	var diffs []Difference
	for i := range d.mapping.attributes {
		if diff, differs := d.difference(i, current); differs {
			diffs = append(diffs, diff)
		}
	}
	return diffs
}

// Deprovisioning is what [Desired.Differences] returns for the attributes that
// depend on IsSoftDeleted: an account that is taken away receives nothing else.
func (d *Desired) Deprovisioning(current scim.Resource) []Difference {
	var diffs []Difference
	for i := range d.mapping.attributes {
		if !d.mapping.attributes[i].softDeletion {
			continue
		}
		if diff, differs := d.difference(i, current); differs {
			diffs = append(diffs, diff)
		}
	}
	return diffs
}

func (d *Desired) difference(i int, current scim.Resource) (Difference, bool) {
	a := &d.mapping.attributes[i]
	want := d.values[i]
	if a.program == nil {
		want = a.fallback // without a source, only an empty attribute is filled
	}
	if a.flow == onCreation || d.ignored[i] {
		return Difference{}, false
	}
	old, has := a.path.Lookup(current)
	switch {
	case want == nil:
		return a.clearing(old), has && a.clears
	case !has:
		return d.addition(i, want, current), !vacant(want)
	case a.flow == whenEmpty || a.program == nil:
		return Difference{}, false
	case a.flow == whenMissing && isList(want):
		return d.completion(i, old, want)
	case a.same(old, want) && !a.always:
		return Difference{}, false
	default:
		return a.shown(Difference{Op: scim.PatchOp{Op: scim.Replace, Path: a.path, Value: want}, Old: old, New: want}), true
	}
}

// vacant reports whether a value is as good as none to a target that has none.
func vacant(v any) bool {
	list, ok := v.([]any)
	return v == "" || ok && len(list) == 0
}

func isList(v any) bool {
	_, ok := v.([]any)
	return ok
}

// clearing takes an attribute away from the target.
func (a *attribute) clearing(old any) Difference {
	return a.shown(Difference{Op: scim.PatchOp{Op: scim.Remove, Path: a.path}, Old: old})
}

// addition writes an attribute that the target lacks, and says whether it lacks even
// the element that holds it.
func (d *Desired) addition(i int, want any, current scim.Resource) Difference {
	a := &d.mapping.attributes[i]
	op := scim.PatchOp{Op: scim.Add, Path: a.path, Value: want, Absent: !a.elementPresent(current)}
	if texts := d.verbose[i]; texts != nil {
		op.Verbose = textValues(texts)
	}
	return a.shown(Difference{Op: op, New: want})
}

// completion adds the values of a list that the target lacks. The target has a value
// also when it keeps the text as which Entra's default dialect added it.
func (d *Desired) completion(i int, old, want any) (Difference, bool) {
	a, texts := &d.mapping.attributes[i], d.verbose[i]
	have, wanted := list(old), list(want)
	var missing []any
	var missingTexts []string
	for _, k := range a.lacking(have, wanted) {
		if k < len(texts) && len(a.lacking(have, []any{texts[k]})) == 0 {
			continue
		}
		missing = append(missing, wanted[k])
		if k < len(texts) {
			missingTexts = append(missingTexts, texts[k])
		}
	}
	op := scim.PatchOp{Op: scim.Add, Path: a.path, Value: missing}
	if texts != nil {
		op.Verbose = textValues(missingTexts)
	}
	return a.shown(Difference{Op: op, Old: old, New: missing}), len(missing) > 0
}

// list returns the values of an attribute; a lone value is a list of one.
func list(v any) []any {
	if values, ok := v.([]any); ok {
		return values
	}
	return []any{v}
}

// textValues writes each text as the value of a complex attribute.
func textValues(texts []string) []any {
	values := make([]any, len(texts))
	for i, text := range texts {
		values[i] = map[string]any{"value": text}
	}
	return values
}

func (a *attribute) shown(d Difference) Difference {
	d.Name = a.name
	if a.redacted {
		d.Old, d.New = nil, redaction
	}
	return d
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
