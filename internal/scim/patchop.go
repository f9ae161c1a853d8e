package scim

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Op is what a PATCH operation does (RFC 7644 section 3.5.2).  The zero Op is none.
type Op uint8

// The operations.
const (
	Add Op = iota + 1
	Replace
	Remove
)

// String returns the name as RFC 7644 writes it: add, replace, remove.
func (o Op) String() string {
	switch o {
	case Add:
		return "add"
	case Replace:
		return "replace"
	case Remove:
		return "remove"
	default:
		return fmt.Sprintf("Op(%d)", uint8(o))
	}
}

// PatchOp is one operation in neutral form; a [Dialect] writes it.
//
// Value is decoded JSON: a Boolean is a bool, a manager its bare id or {"value":
// id}, the values of a multi-valued attribute a list of objects.  A Remove of
// members lists the members to remove; a Remove without value removes everything
// that Path names.
type PatchOp struct {
	Op    Op
	Path  Path // the zero Path applies the members of Value, an object, to the resource
	Value any

	// Verbose, where it is not nil, is what Entra's default dialect writes in the
	// place of Value: that adds app roles as JSON texts.
	Verbose any

	// Absent says that the target has no element that Path's value filter matches.
	// A strict server answers noTarget to such a path; the RFC dialect adds the
	// element instead.
	Absent bool
}

// AddMembers returns the operation that adds members to a group.
func AddMembers(ids ...string) PatchOp {
	return PatchOp{Op: Add, Path: Path{attr: "members"}, Value: references(ids)}
}

// RemoveMembers returns the operation that removes members from a group.
func RemoveMembers(ids ...string) PatchOp {
	return PatchOp{Op: Remove, Path: Path{attr: "members"}, Value: references(ids)}
}

func references(ids []string) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = map[string]any{"value": id}
	}
	return list
}

type patchBody struct {
	Schemas    []string `json:"schemas"`
	Operations []struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value"`
	} `json:"Operations"`
}

// DecodePatch reads a PatchOp message (RFC 7644 section 3.5.2).  Names of
// operations are taken in any case, as Entra writes them with a capital.
// Errors are [InvalidSyntax] and [InvalidPath].
func DecodePatch(data []byte) ([]PatchOp, error) {
	var body patchBody
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, badRequest(InvalidSyntax, "the body is not a PATCH message: %v", err)
	}
	if !containsFold(body.Schemas, PatchOpURN) {
		return nil, badRequest(InvalidSyntax, "schemas does not hold %s", PatchOpURN)
	}
	if len(body.Operations) == 0 {
		return nil, badRequest(InvalidSyntax, "the PATCH message has no Operations")
	}
	ops := make([]PatchOp, len(body.Operations))
	for i, o := range body.Operations {
		op, err := parseOp(o.Op)
		if err != nil {
			return nil, err
		}
		ops[i] = PatchOp{Op: op, Value: o.Value}
		if o.Path == "" {
			continue
		}
		if ops[i].Path, err = ParsePath(o.Path); err != nil {
			return nil, err
		}
	}
	return ops, nil
}

func parseOp(s string) (Op, error) {
	for _, op := range []Op{Add, Replace, Remove} {
		if strings.EqualFold(s, op.String()) {
			return op, nil
		}
	}
	return 0, badRequest(InvalidSyntax, "the operation %.40q is none of add, replace, remove", s)
}

func containsFold(list []string, s string) bool {
	for _, e := range list {
		if strings.EqualFold(e, s) {
			return true
		}
	}
	return false
}
