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
	// Ignored reports that an input filter dropped the object: for the job it does
	// not exist, and nothing is deprovisioned.
	Ignored bool
	// Reason says for people what decided.
	Reason string
}

// scope is a compiled scoping filter.
type scope struct {
	groups, input []group
}

type group struct {
	name    string
	clauses []clause
}

// clause is one compiled comparison.
type clause struct {
	text      string // for people: attribute, operator, operand
	attribute string
	test      func(v any) bool
}

// compileScope compiles a filter; nil and empty filters pass everything. Faults
// go to report with their JSON path.
func compileScope(f *synchronization.Filter, report func(path, format string, args ...any)) scope {
	if f == nil {
		return scope{}
	}
	return scope{
		groups: compileGroups(f.Groups, "scope.groups", report),
		input:  compileGroups(f.InputFilterGroups, "scope.inputFilterGroups", report),
	}
}

func compileGroups(groups []synchronization.FilterGroup, path string, report func(path, format string, args ...any)) []group {
	var compiled []group
	for i, g := range groups {
		out := group{name: g.Name}
		for k, c := range g.Clauses {
			at := fmt.Sprintf("%s[%d].clauses[%d]", path, i, k)
			out.clauses = append(out.clauses, compileClause(c, func(format string, args ...any) { report(at, format, args...) }))
		}
		if len(out.clauses) > 0 {
			compiled = append(compiled, out)
		}
	}
	return compiled
}

func compileClause(c synchronization.FilterClause, report func(format string, args ...any)) clause {
	var operands []string
	if c.TargetOperand != nil {
		operands = c.TargetOperand.Values
	}
	out := clause{attribute: c.SourceOperandName, text: fmt.Sprintf("%s %s %q", c.SourceOperandName, c.OperatorName, operands)}
	op, ok := OperatorNamed(c.OperatorName)
	if !ok {
		report("operatorName %q is not a filter operator", c.OperatorName)
		return out
	}
	if c.SourceOperandName == "" {
		report("sourceOperandName is missing")
		return out
	}
	test, err := op.compile(operands)
	if err != nil {
		report("%s: %v", c.OperatorName, err)
		return out
	}
	out.test = test
	return out
}

// Scope decides whether the object is in scope. With takeAll every object is
// entitled, else only an assigned one.
func (m *Mapping) Scope(c directory.Change, takeAll bool) Verdict {
	if g, failed := firstFailing(m.scope.input, c); failed != nil {
		return Verdict{Ignored: true, Reason: fmt.Sprintf("input filter %q drops it: %s", g, failed.text)}
	}
	v := Verdict{Assigned: takeAll || c.Assigned}
	if !v.Assigned {
		v.Reason = "not assigned to the application"
		return v
	}
	if g, failed := firstFailing(m.scope.groups, c); failed != nil {
		v.Reason = fmt.Sprintf("scoping filter %q is not met: %s", g, failed.text)
		return v
	}
	v.InScope, v.Reason = true, "assigned and every filter passed"
	if takeAll {
		v.Reason = "all users and groups are synchronized and every filter passed"
	}
	return v
}

// firstFailing returns nil when a group passes, or there are none; else the
// clause that failed the last group.
func firstFailing(groups []group, c directory.Change) (string, *clause) {
	var name string
	var failed *clause
	for _, g := range groups {
		name, failed = g.name, nil
		for i := range g.clauses {
			if !g.clauses[i].test(value(c, g.clauses[i].attribute, false)) {
				failed = &g.clauses[i]
				break
			}
		}
		if failed == nil {
			return "", nil
		}
	}
	return name, failed
}
