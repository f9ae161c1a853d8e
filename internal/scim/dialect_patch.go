package scim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// EncodePatch writes the body of a PATCH.  The operations must not be empty and
// must not name the same thing twice; their order is kept, except that
// EntraSCIM062020 joins plain attributes into one operation at the end.  The body
// is nil where nothing is left to send, such as a removal of what is absent.
//
//	                 Entra               EntraSCIM062020       RFC7644
//	op               Add                 add                   add
//	Boolean          "True"              true                  true
//	many attributes  one op each         one path-less op      one op each
//	remove a member  Remove, value list  members[value eq …]   members[value eq …]
//	manager          "id"                "id"                  {"value":"id"}
//	no manager       Replace ""          replace ""            remove
//	absent element   its path            its path              add to the list
func (d Dialect) EncodePatch(ops []PatchOp) ([]byte, error) {
	if len(ops) == 0 {
		return nil, badRequest(InvalidValue, "a PATCH needs at least one operation")
	}
	var wire []wireOp
	var err error
	switch d {
	case RFC7644:
		wire, err = standardOps(ops)
	case EntraSCIM062020:
		wire = flaggedOps(ops)
	case Entra:
		wire = verboseOps(ops)
	default:
		err = badRequest(InvalidValue, "there is no %s", d)
	}
	if err != nil || len(wire) == 0 {
		return nil, err
	}
	return encode(wirePatch{[]string{PatchOpURN}, wire})
}

type wirePatch struct {
	Schemas    []string `json:"schemas"`
	Operations []wireOp `json:"Operations"`
}

type wireOp struct {
	Op    string `json:"op"`
	Path  string `json:"path,omitempty"`
	Value *value `json:"value,omitempty"`
}

// value keeps a JSON null apart from no value at all.
type value struct{ any }

// MarshalJSON writes what the value holds.
func (v value) MarshalJSON() ([]byte, error) { return encode(v.any) }

// write forms one operation as the RFC spells it.
func write(op Op, path Path, v any) wireOp {
	w := wireOp{Op: op.String(), Path: path.String()}
	if op != Remove || v != nil {
		w.Value = &value{v}
	}
	return w
}

// verboseOps writes Entra's default dialect.
func verboseOps(ops []PatchOp) []wireOp {
	wire := make([]wireOp, len(ops))
	for i, op := range ops {
		op = clearedManager(op)
		v := op.Value
		if isManager(op.Path) {
			v = bareReference(v)
		}
		if b, ok := v.(bool); ok {
			v = inWords(b)
		}
		if op.Verbose != nil {
			v = op.Verbose
		}
		wire[i] = write(op.Op, op.Path, v)
		wire[i].Op = capital(wire[i].Op)
	}
	return wire
}

// flaggedOps writes Entra's dialect under the switch aadOptscim062020.
func flaggedOps(ops []PatchOp) []wireOp {
	var wire []wireOp
	var joined joinedOps
	for _, op := range ops {
		op = clearedManager(op)
		if memberRemoval(op) {
			wire = append(wire, removeEach(op)...)
			continue
		}
		v := standardValue(op)
		if isManager(op.Path) {
			v = bareReference(v)
		}
		w := write(op.Op, op.Path, v)
		if !joinable(op) {
			wire = append(wire, w)
			continue
		}
		joined = append(joined, w)
	}
	switch len(joined) {
	case 0:
		return wire
	case 1:
		return append(wire, joined[0])
	default:
		return append(wire, wireOp{Op: Replace.String(), Value: &value{joined}})
	}
}

// joinable reports whether the flagged dialect carries op in its path-less
// operation: a single value under a path without filter.
func joinable(op PatchOp) bool {
	_, list := plain(op.Value).([]any)
	return op.Op != Remove && !op.Path.IsZero() && op.Path.filter.IsZero() && !list
}

// joinedOps is a JSON object whose members keep the order of the operations.
type joinedOps []wireOp

// MarshalJSON writes path and value of each operation as a member.
func (o joinedOps) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, w := range o {
		k, err := json.Marshal(w.Path)
		if err != nil {
			return nil, err
		}
		v, err := encode(w.Value.any)
		if err != nil {
			return nil, err
		}
		b.WriteByte("{,"[min(i, 1)])
		b.Write(k)
		b.WriteByte(':')
		b.Write(v)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// standardOps writes RFC 7644 as a strict server wants it.
func standardOps(ops []PatchOp) ([]wireOp, error) {
	var wire []wireOp
	added := map[string]map[string]any{}
	for _, op := range ops {
		op.Path = typedFilter(op.Path)
		switch {
		case op.Absent && op.Op == Remove:
			continue
		case op.Absent && !op.Path.filter.IsZero():
			w, err := addElement(op, added)
			if err != nil {
				return nil, err
			}
			wire = append(wire, w...)
		case memberRemoval(op):
			wire = append(wire, removeEach(op)...)
		default:
			wire = append(wire, standardOp(op))
		}
	}
	return wire, nil
}

func standardOp(op PatchOp) wireOp {
	v := standardValue(op)
	if isManager(op.Path) && op.Op != Remove {
		id, ok := ReferenceID(v)
		if !ok {
			return write(Remove, op.Path, nil)
		}
		v = map[string]any{"value": id}
	}
	if op.Op == Remove {
		v = nil
	}
	return write(op.Op, op.Path, v)
}

// addElement turns an operation on an absent element into an add to the list.
// Further operations on the same element only fill the object that was added.
func addElement(op PatchOp, added map[string]map[string]any) ([]wireOp, error) {
	element := op.Path
	element.sub = ""
	name := strings.ToLower(element.String())
	obj, known := added[name]
	if !known {
		var ok bool
		if obj, ok = op.Path.filter.element(); !ok {
			return nil, badRequest(InvalidPath, "the filter of %s does not describe one value: use eq, joined by and", op.Path)
		}
		added[name] = obj
	}
	if err := op.Path.fill(obj, standardValue(op)); err != nil {
		return nil, err
	}
	if known {
		return nil, nil
	}
	return []wireOp{write(Add, op.Path.Base(), []any{obj})}, nil
}

// memberRemoval reports whether op removes listed values, which the RFC has no
// value for.
func memberRemoval(op PatchOp) bool {
	return op.Op == Remove && op.Value != nil && op.Path.filter.IsZero() && op.Path.sub == ""
}

// removeEach writes one removal by value filter for each listed value.
func removeEach(op PatchOp) []wireOp {
	var wire []wireOp
	for _, e := range elements(plain(op.Value)) {
		if id, ok := ReferenceID(e); ok {
			p := op.Path
			p.filter = Equal(Path{attr: "value"}, id)
			wire = append(wire, write(Remove, p, nil))
		}
	}
	return wire
}

// standardValue gives a Boolean attribute that is written in words its JSON type.
func standardValue(op PatchOp) any {
	leaf := op.Path.sub
	if leaf == "" {
		leaf = op.Path.attr
	}
	if strings.EqualFold(leaf, "active") || strings.EqualFold(leaf, "primary") {
		return asBoolean(op.Value)
	}
	return op.Value
}

// typedFilter writes primary eq "True" as primary eq true.
func typedFilter(p Path) Path {
	c, ok := p.filter.root.(comparison)
	if ok && strings.EqualFold(c.path.attr, "primary") {
		c.value = asBoolean(c.value)
		p.filter = Filter{c}
	}
	return p
}

func isManager(p Path) bool {
	return strings.EqualFold(p.urn, EnterpriseUserURN) && strings.EqualFold(p.attr, "manager") && p.sub == ""
}

// clearedManager makes the removal of a manager what Entra sends: the empty string.
func clearedManager(op PatchOp) PatchOp {
	if isManager(op.Path) && (op.Op == Remove || op.Value == nil) {
		op.Op, op.Value = Replace, ""
	}
	return op
}

func bareReference(v any) any {
	if id, ok := ReferenceID(v); ok {
		return id
	}
	return v
}

// inWords writes a Boolean as Entra does: True or False.
func inWords(v any) string { return capital(fmt.Sprint(v)) }

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
