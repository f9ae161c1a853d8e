package scim

import (
	"reflect"
	"slices"
)

// target is the place at which one operation works: an attribute of obj, some of
// its values, or a sub-attribute of these.
type target struct {
	coercer

	owner *Type
	base  Attribute // the attribute
	leaf  Attribute // the sub-attribute where the path has one, else the attribute
	obj   map[string]any
}

// check refuses operations that the definition forbids whatever the values are.
func (t *target) check(op PatchOp) error {
	switch {
	case t.leaf.Mutability == ReadOnly || t.base.Mutability == ReadOnly:
		return badRequest(Mutability, "%s is written by the server only", op.Path)
	case op.Op == Remove && t.leaf.Required:
		return badRequest(Mutability, "%s is required and cannot be removed", op.Path)
	case op.Op == Remove && op.Value != nil && t.mode == Strict:
		return badRequest(InvalidValue, "remove takes no value; name the values of %s by a filter in the path", op.Path)
	case op.Op == Replace && op.Value == nil && t.leaf.Required:
		return badRequest(InvalidValue, "%s is required and cannot be null", op.Path)
	default:
		return nil
	}
}

func (t *target) apply(op PatchOp) error {
	switch {
	case t.base.MultiValued && (op.Path.sub != "" || !op.Path.filter.IsZero()):
		return t.applyElements(op)
	case op.Op == Remove && op.Value != nil && t.base.MultiValued:
		return t.removeListed(op.Value)
	case op.Path.sub != "":
		return t.applySub(op)
	default:
		return t.applyValue(op)
	}
}

// applyValue works on the whole attribute.
func (t *target) applyValue(op PatchOp) error {
	if op.Op == Remove {
		t.store(nil)
		return nil
	}
	v, err := t.values(t.base, op.Value)
	if err != nil {
		return err
	}
	have, _ := field(t.obj, t.base.Name)
	unset := nulls(op.Value)
	switch {
	case v == nil && op.Op == Add:
	case t.base.MultiValued && op.Op == Add:
		t.store(t.union(elements(have), elements(v)))
	case t.base.Type == ComplexType && !t.base.MultiValued && (v != nil || len(unset) > 0):
		t.store(overlaid(have, v, unset))
	default:
		t.store(v)
	}
	return nil
}

// applySub works on a sub-attribute of a complex attribute with one value.
func (t *target) applySub(op PatchOp) error {
	have, _ := field(t.obj, t.base.Name)
	obj, ok := object(have)
	if !ok {
		obj = map[string]any{}
	}
	if err := t.setSub(obj, op); err != nil {
		return err
	}
	if len(obj) == 0 {
		t.store(nil)
		return nil
	}
	t.store(obj)
	return nil
}

// applyElements works on the values that the filter matches, on all of them where
// there is no filter.
func (t *target) applyElements(op PatchOp) error {
	have, _ := field(t.obj, t.base.Name)
	list := elements(have)
	var hits []int
	for i, e := range list {
		if op.Path.filter.matchElement(e, within(op.Path, t.owner.CaseExact)) {
			hits = append(hits, i)
		}
	}
	if len(hits) == 0 {
		return t.applyNowhere(op, list)
	}
	list = slices.Clone(list)
	for _, i := range hits {
		e, err := t.changed(list[i], op)
		if err != nil {
			return err
		}
		list[i] = e
	}
	t.store(demote(list, hits))
	return nil
}

// applyNowhere handles a filter without match: a tolerant server makes the value
// that the filter describes.
func (t *target) applyNowhere(op PatchOp, list []any) error {
	element, described := op.Path.filter.element()
	if op.Path.filter.IsZero() {
		element, described = map[string]any{}, true
	}
	switch {
	case t.mode == Strict || !described && op.Op != Remove:
		return badRequest(NoTarget, "%s matches no value", op.Path)
	case op.Op == Remove || op.Value == nil:
		return nil
	}
	e, err := t.changed(element, PatchOp{Op: Add, Path: op.Path, Value: op.Value})
	if err != nil || e == nil {
		return err
	}
	list = append(slices.Clone(list), e)
	t.store(demote(list, []int{len(list) - 1}))
	return nil
}

// changed returns what op makes of one value; nil means that the value goes.
func (t *target) changed(e any, op PatchOp) (any, error) {
	if op.Path.sub == "" {
		return t.changedWhole(e, op)
	}
	obj, ok := object(e)
	if !ok {
		return nil, badRequest(InvalidPath, "the values of %s have no sub-attributes", op.Path.Base())
	}
	if err := t.setSub(obj, op); err != nil {
		return nil, err
	}
	if len(obj) == 0 {
		return nil, nil
	}
	return obj, nil
}

func (t *target) changedWhole(e any, op PatchOp) (any, error) {
	if op.Op == Remove {
		return nil, nil
	}
	single := t.base
	single.MultiValued = false
	v, err := t.values(single, op.Value)
	if err != nil || v == nil {
		return nil, err
	}
	old, isObject := object(e)
	if err := t.checkImmutable(old, v); err != nil {
		return nil, err
	}
	if isObject && op.Op == Add {
		return merged(old, v), nil
	}
	return v, nil
}

// setSub sets or removes the sub-attribute of obj.
func (t *target) setSub(obj map[string]any, op PatchOp) error {
	var v any
	if op.Op != Remove {
		var err error
		if v, err = t.values(t.leaf, op.Value); err != nil {
			return err
		}
	}
	have, _ := field(obj, t.leaf.Name)
	if t.leaf.Mutability == Immutable && assigned(have) && !reflect.DeepEqual(have, v) {
		return badRequest(Mutability, "%s cannot change once it has a value", op.Path)
	}
	switch {
	case v == nil && op.Op == Add:
	case v == nil:
		k, _ := key(obj, t.leaf.Name)
		delete(obj, k)
	default:
		put(obj, t.leaf.Name, v)
	}
	return nil
}

// checkImmutable refuses a whole value that would change an immutable part.
func (t *target) checkImmutable(old map[string]any, v any) error {
	obj, _ := object(v)
	for _, sub := range t.base.SubAttributes {
		have, want := old[sub.Name], obj[sub.Name]
		if sub.Mutability == Immutable && have != nil && want != nil && !reflect.DeepEqual(have, want) {
			return badRequest(Mutability, "%s.%s cannot change once it has a value", t.base.Name, sub.Name)
		}
	}
	return nil
}

// removeListed removes the values that are listed, as Entra asks.
func (t *target) removeListed(v any) error {
	listed, err := t.values(t.base, v)
	if err != nil {
		return err
	}
	have, _ := field(t.obj, t.base.Name)
	t.store(slices.DeleteFunc(slices.Clone(elements(have)), func(e any) bool {
		return slices.ContainsFunc(elements(listed), func(l any) bool { return sameValue(e, l) })
	}))
	return nil
}

// union appends the values that are new.
func (t *target) union(have, add []any) []any {
	list := slices.Clone(have)
	value, _ := attribute(t.base.SubAttributes, "value")
	if value.Mutability == Immutable {
		return unionByID(list, add)
	}
	var fresh []int
	for _, e := range add {
		if slices.ContainsFunc(list, func(h any) bool { return reflect.DeepEqual(h, e) }) {
			continue
		}
		list = append(list, e)
		fresh = append(fresh, len(list)-1)
	}
	return demote(list, fresh)
}

// unionByID appends the references whose id is new; members may be many.
func unionByID(list, add []any) []any {
	known := make(map[string]bool, len(list))
	for _, e := range list {
		id, _ := ReferenceID(e)
		known[id] = true
	}
	for _, e := range add {
		if id, _ := ReferenceID(e); !known[id] {
			known[id] = true
			list = append(list, e)
		}
	}
	return list
}

// store sets the attribute, or removes it where v is no value.
func (t *target) store(v any) {
	if list, ok := v.([]any); ok {
		v = slices.DeleteFunc(list, func(e any) bool { return e == nil })
	}
	if assigned(v) {
		put(t.obj, t.base.Name, v)
		return
	}
	if k, ok := key(t.obj, t.base.Name); ok {
		delete(t.obj, k)
	}
}

// demote makes every value but the last primary one of chosen not primary, where
// one of chosen is (RFC 7644 section 3.5.2).
func demote(list []any, chosen []int) []any {
	keep := -1
	for _, i := range chosen {
		if isPrimary(list[i]) {
			keep = i
		}
	}
	for i, e := range list {
		if keep >= 0 && i != keep && isPrimary(e) {
			obj, _ := object(e)
			list[i] = merged(obj, map[string]any{"primary": false})
		}
	}
	return list
}

// sameValue compares two values by their sub-attribute value where both have one.
func sameValue(a, b any) bool {
	x, okX := object(a)
	y, okY := object(b)
	if okX && okY {
		v, hasV := field(x, "value")
		w, hasW := field(y, "value")
		if hasV && hasW {
			return reflect.DeepEqual(v, w)
		}
	}
	return reflect.DeepEqual(a, b)
}

// nulls lists the members of an object that are null: a replace unassigns them.
func nulls(v any) []string {
	obj, _ := object(v)
	var names []string
	for k, e := range obj {
		if e == nil {
			names = append(names, k)
		}
	}
	return names
}

// overlaid returns the complex value have with the members of v and without those
// that are unset; nil where nothing is left.
func overlaid(have, v any, unset []string) any {
	old, _ := object(have)
	out := merged(old, v)
	for _, name := range unset {
		if k, ok := key(out, name); ok {
			delete(out, k)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// merged returns the members of old overlaid with those of v.
func merged(old map[string]any, v any) map[string]any {
	out := cloneObject(old)
	obj, _ := object(v)
	for k, e := range obj {
		put(out, k, e)
	}
	return out
}
