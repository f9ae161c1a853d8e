package mapping

import (
	"fmt"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/synchronization"
)

// Verdict is the answer to "is this object in scope?" with its reason.
type Verdict struct {
	InScope bool
	// Assigned reports that the object is entitled: assigned, or the job takes all.
	Assigned bool
	// Ignored reports that an input or category filter dropped the object: for the
	// mapping it does not exist, and nothing is deprovisioned.
	Ignored bool
	// Reason says for people what decided.
	Reason string
}

// scope is a compiled scoping filter.
type scope struct {
	// groups decide who is provisioned; leaving them deprovisions.
	groups []group
	// input decides what is read at all.
	input []group
	// category decides which objects this mapping is for, where several mappings
	// share the objects of one type.
	category []group
}

type group struct {
	name    string
	path    string // in the object mapping
	clauses []clause
}

// clause is one compiled comparison.
type clause struct {
	text      string // for people: attribute, operator, operand
	path      string // in the object mapping
	attribute string
	operator  string
	operands  []string
	test      func(v any) bool
}

// Entitlement says which objects a job is meant for.
type Entitlement uint8

// The entitlements. The zero Entitlement is Assigned.
const (
	Assigned Entitlement = iota // those that are assigned to the application
	Everyone                    // all users and groups (SyncAll)
)

func (e Entitlement) includes(c directory.Change) bool { return e == Everyone || c.Assigned }

// met says why an object is in scope.
func (e Entitlement) met() string {
	if e == Everyone {
		return "all users and groups are provisioned (SyncAll), and every filter passed"
	}
	return "assigned and every filter passed"
}

// Scope decides whether the object is in scope.
func (m *Mapping) Scope(c directory.Change, e Entitlement) Verdict {
	if g, failed := firstFailing(m.scope.input, c); failed != nil {
		return Verdict{Ignored: true, Reason: fmt.Sprintf("input filter %q drops it: %s", g, failed.text)}
	}
	if g, failed := firstFailing(m.scope.category, c); failed != nil {
		return Verdict{Ignored: true, Reason: fmt.Sprintf("category filter %q leaves it to another mapping: %s", g, failed.text)}
	}
	if !e.includes(c) {
		return Verdict{Reason: "not assigned to the application"}
	}
	if g, failed := firstFailing(m.scope.groups, c); failed != nil {
		return Verdict{Assigned: true, Reason: fmt.Sprintf("scoping filter %q is not met: %s", g, failed.text)}
	}
	return Verdict{Assigned: true, InScope: true, Reason: e.met()}
}

// firstFailing returns nil when a group passes, or there are none; else the
// clause that failed the last group.
func firstFailing(groups []group, c directory.Change) (string, *clause) {
	var name string
	var failed *clause
	for _, g := range groups {
		name, failed = g.name, g.failing(c)
		if failed == nil {
			return "", nil
		}
	}
	return name, failed
}

// failing returns the first clause that the object does not pass, or nil.
func (g *group) failing(c directory.Change) *clause {
	for i := range g.clauses {
		if !g.clauses[i].test(value(c, g.clauses[i].attribute, Inputs{})) {
			return &g.clauses[i]
		}
	}
	return nil
}

// scope compiles a filter; nil and empty filters pass everything.
func (c *compiler) scope(f *synchronization.Filter, source definitions) scope {
	if f == nil {
		return scope{}
	}
	return scope{
		groups:   c.groups(f.Groups, "scope.groups", source),
		input:    c.groups(f.InputFilterGroups, "scope.inputFilterGroups", source),
		category: c.groups(f.CategoryFilterGroups, "scope.categoryFilterGroups", source),
	}
}

func (c *compiler) groups(groups []synchronization.FilterGroup, path string, source definitions) []group {
	var compiled []group
	for i, g := range groups {
		out := group{name: g.Name, path: fmt.Sprintf("%s[%d]", path, i)}
		for k, fc := range g.Clauses {
			out.clauses = append(out.clauses, c.clause(fc, fmt.Sprintf("%s.clauses[%d]", out.path, k), source))
		}
		if len(out.clauses) > 0 {
			compiled = append(compiled, out)
		}
	}
	return compiled
}

func (c *compiler) clause(fc synchronization.FilterClause, at string, source definitions) clause {
	out := clause{attribute: source.spelled(fc.SourceOperandName), operator: fc.OperatorName, path: at}
	if fc.TargetOperand != nil {
		out.operands = fc.TargetOperand.Values
	}
	out.text = fmt.Sprintf("%s %s %q", out.attribute, out.operator, out.operands)
	op, known := OperatorNamed(fc.OperatorName)
	if !known {
		c.fault(at+".operatorName", "%q is not a filter operator; filterOperators lists those there are", fc.OperatorName)
		return out
	}
	c.operand(op, out.attribute, at+".sourceOperandName", source)
	test, err := op.compile(out.operands)
	if err != nil {
		c.fault(at+".targetOperand"+err.at(), "%s: %s", fc.OperatorName, err.message)
	}
	out.test = test
	return out
}
