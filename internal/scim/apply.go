package scim

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Apply carries out a PATCH (RFC 7644 section 3.5.2) and returns the changed
// resource and whether it differs from r.  It is atomic: on an error nothing is
// changed.  r, which should be as [Type.Normalize] returns it, is not modified.
//
// Errors are [*Error] with [InvalidPath], [InvalidValue], [NoTarget] or
// [Mutability].
func Apply(r Resource, ops []PatchOp, t *Type, m Mode) (Resource, bool, error) {
	a := applier{t, coercer{m}, r.Clone()}
	if a.out == nil {
		a.out = Resource{}
	}
	for _, op := range ops {
		if err := a.apply(op); err != nil {
			return r, false, err
		}
	}
	if reflect.DeepEqual(r, a.out) {
		return r, false, nil
	}
	if err := t.checkRequired(a.out); err != nil {
		return r, false, err
	}
	if _, ok := a.out["schemas"]; ok {
		t.nameSchemas(a.out)
	}
	return a.out, true, nil
}

type applier struct {
	*Type
	coercer

	out Resource
}

func (a applier) apply(op PatchOp) error {
	switch {
	case op.Op < Add || op.Op > Remove:
		return badRequest(InvalidSyntax, "there is no operation %s", op.Op)
	case op.Path.IsZero():
		return a.applyWhole(op)
	case op.Path.attr == "":
		return a.applyExtension(op)
	default:
		return a.applyAttribute(op)
	}
}

// applyWhole applies each member of the value to the attribute that it names.
func (a applier) applyWhole(op PatchOp) error {
	obj, ok := object(op.Value)
	switch {
	case op.Op == Remove:
		return badRequest(NoTarget, "remove needs a path")
	case !ok:
		return badRequest(InvalidValue, "%s without path needs an object of attributes", op.Op)
	}
	for _, k := range slices.Sorted(maps.Keys(obj)) {
		if strings.EqualFold(k, "schemas") {
			continue
		}
		p, err := ParsePath(k)
		if err != nil {
			return err
		}
		if err := a.applyMember(PatchOp{Op: op.Op, Path: p, Value: obj[k]}); err != nil {
			return err
		}
	}
	return nil
}

// applyMember applies one member of a path-less operation.  What only the server
// writes may be repeated unchanged there.
func (a applier) applyMember(op PatchOp) error {
	p := op.Path
	if a.mode == Strict && (p.sub != "" || !p.filter.IsZero() || p.urn != "" && p.attr != "") {
		return badRequest(InvalidPath, "%s is a path; the members of a value are attribute names and schema URNs", p)
	}
	if def, ok := a.base(p); ok && def.Mutability == ReadOnly {
		have, _ := p.Lookup(a.out)
		if a.mode == Tolerant || reflect.DeepEqual(have, op.Value) {
			return nil
		}
	}
	return a.apply(op)
}

// applyExtension applies an operation to a whole extension, or, where the path is a
// core URN, to the resource.
func (a applier) applyExtension(op PatchOp) error {
	if op.Path.Extension() == "" {
		return a.applyWhole(PatchOp{Op: op.Op, Value: op.Value})
	}
	if op.Op == Remove || op.Value == nil {
		if k, ok := key(a.out, op.Path.urn); ok {
			delete(a.out, k)
		}
		return nil
	}
	obj, ok := object(op.Value)
	if !ok {
		return badRequest(InvalidValue, "the extension %s needs an object", op.Path)
	}
	for _, k := range slices.Sorted(maps.Keys(obj)) {
		if !isName(k) {
			return badRequest(InvalidPath, "%q is not the name of an attribute", k)
		}
		member := PatchOp{Op: op.Op, Path: Path{urn: op.Path.urn, attr: k}, Value: obj[k]}
		if err := a.applyAttribute(member); err != nil {
			return err
		}
	}
	return nil
}

func (a applier) applyAttribute(op PatchOp) error {
	op.Path = a.qualified(op.Path)
	target, err := a.resolve(op)
	if err != nil || target == nil {
		return err
	}
	if err := target.check(op); err != nil {
		return err
	}
	obj, ok := op.Path.container(a.out)
	if !ok {
		obj = map[string]any{}
		put(a.out, op.Path.Extension(), obj)
	}
	target.obj = obj
	if err := target.apply(op); err != nil {
		return err
	}
	if len(obj) == 0 && op.Path.Extension() != "" {
		k, _ := key(a.out, op.Path.Extension())
		delete(a.out, k)
	}
	return nil
}

// qualified gives a bare name that only an extension knows, such as the manager of
// Microsoft's samples, its URN.  A strict server does not guess.
func (a applier) qualified(p Path) Path {
	if _, known := a.base(p); known || p.urn != "" || a.mode == Strict {
		return p
	}
	for _, s := range a.extensions {
		if _, ok := attribute(s.Attributes, p.attr); ok {
			p.urn = s.ID
			break
		}
	}
	return p
}

// resolve finds the definitions that the path names.  It returns nil where a
// tolerant server ignores the operation.
func (a applier) resolve(op PatchOp) (*target, error) {
	p := op.Path
	def, ok := a.base(p)
	if !ok && a.mode == Tolerant && p.Extension() != "" {
		if _, known := a.extension(p.urn); !known {
			return a.untyped(op), nil
		}
	}
	t := &target{coercer: a.coercer, owner: a.Type, base: def, leaf: def}
	if ok && p.sub != "" {
		t.leaf, ok = attribute(def.SubAttributes, p.sub)
	}
	switch {
	case !ok && a.mode == Tolerant:
		return nil, nil
	case !ok:
		return nil, badRequest(InvalidPath, "the type %s has no attribute %s", a.name, p)
	case !p.filter.IsZero() && !def.MultiValued:
		return nil, badRequest(InvalidPath, "%s has one value, a value filter does not apply", p.Base())
	}
	return t, nil
}

// untyped is the target in an extension that no schema describes.
func (a applier) untyped(op PatchOp) *target {
	have, _ := op.Path.Base().Lookup(a.out)
	_, isList := have.([]any)
	_, addsList := plain(op.Value).([]any)
	def := Attribute{Name: op.Path.attr, MultiValued: isList || addsList || !op.Path.filter.IsZero()}
	leaf := def
	if op.Path.sub != "" {
		leaf = Attribute{Name: op.Path.sub}
	}
	return &target{coercer: a.coercer, owner: a.Type, base: def, leaf: leaf}
}
