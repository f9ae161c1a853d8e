package expression

import (
	"fmt"
	"strings"
)

// resolver gives the names in a parsed text their meaning, and reports every
// name and every argument that has none.
type resolver struct {
	text       string
	attributes []string // nil when any name will do
	top        *node
	errs       Errors
}

func (r *resolver) fail(n *node, e Error) {
	e.Source, e.Pos = masked(r.text), n.pos
	r.errs = append(r.errs, &e)
}

func (r *resolver) node(n *node) {
	switch n.kind {
	case attributeNode:
		r.attribute(n)
	case callNode:
		r.call(n)
	case operatorNode:
		r.node(n.args[0])
		r.node(n.args[1])
	case emptyNode, textNode, numberNode, keywordNode, badNode:
	}
}

// attribute checks the name against those of the source, and takes over their
// spelling when only the case differs.
func (r *resolver) attribute(n *node) {
	if r.attributes == nil {
		return
	}
	folded, hits := "", 0
	for _, known := range r.attributes {
		if known == n.name {
			return
		}
		if strings.EqualFold(known, n.name) {
			folded = known
			hits++
		}
	}
	if hits == 1 {
		n.name = folded
		return
	}
	r.fail(n, Error{
		Reason:  UnknownAttribute,
		Message: fmt.Sprintf("the source has no attribute %q%s", n.name, suggestion(n.name, r.attributes, "[%s]")),
	})
}

func (r *resolver) call(n *node) {
	for _, arg := range n.args {
		r.node(arg)
	}
	fn, ok := lookup(n.name)
	if !ok {
		r.fail(n, Error{
			Reason: UnknownFunction, Function: n.name,
			Message: "there is no function of this name" + suggestion(n.name, functionNames(), "%s"),
		})
		return
	}
	n.fn, n.name = fn, fn.Name
	if r.place(n) && r.complete(n) && fn.check != nil {
		fn.check(r, n)
	}
}

// place finds the parameter of each argument.
func (r *resolver) place(n *node) bool {
	params := n.fn.Parameters
	n.places = make([]int, len(n.args))
	for i, arg := range n.args {
		at := i
		if last := len(params) - 1; i > last && last >= 0 && params[last].AllowMultipleOccurrences {
			at = last
		}
		if at >= len(params) {
			r.fail(arg, Error{
				Reason: BadArguments, Function: n.name,
				Message: fmt.Sprintf("%d arguments are too many; the form is %s", len(n.args), n.fn.Signature()),
			})
			return false
		}
		n.places[i] = at
	}
	if len(n.args) == 3 && n.fn.Name == "FormatDateTime" {
		n.places = []int{0, 2, 3} // the older form, without the styles
	}
	return true
}

// complete reports required arguments that were not given, and comparisons
// where none may stand.
func (r *resolver) complete(n *node) bool {
	ok := true
	for at, p := range n.fn.Parameters {
		if p.Required && !p.omissible && n.argument(at) == nil {
			ok = false
			r.fail(n, Error{
				Reason: BadArguments, Function: n.name, Argument: p.Name,
				Message: "it is required; the form is " + n.fn.Signature(),
			})
		}
	}
	for i, arg := range n.args {
		p := n.fn.Parameters[n.places[i]]
		if arg.isComparison() && !p.condition {
			ok = false
			r.fail(arg, Error{
				Reason: BadArguments, Function: n.name, Argument: p.Name,
				Message: "a comparison cannot stand here; write CBool(… " + arg.name + " …) or IIF(… " + arg.name + " …, …, …)",
			})
		}
	}
	return ok
}

// argument returns the first argument given for the parameter, or nil.
func (n *node) argument(parameter int) *node {
	for i, arg := range n.args {
		if n.places[i] == parameter && arg.kind != emptyNode {
			return arg
		}
	}
	return nil
}

// arguments returns every argument given for the parameter.
func (n *node) arguments(parameter int) []*node {
	var given []*node
	for i, arg := range n.args {
		if n.places[i] == parameter && arg.kind != emptyNode {
			given = append(given, arg)
		}
	}
	return given
}

func (n *node) isComparison() bool { return n.kind == operatorNode && n.name != "&" }
