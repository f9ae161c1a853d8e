package mapping

import (
	"github.com/provisor/provisor/internal/directory"
)

// Explanation is a [Verdict] with everything that was compared to reach it. Every
// group and clause is evaluated, those that could change nothing any more included.
type Explanation struct {
	Mapping string `json:"mapping"` // name of the object mapping
	// Path is where the object mapping stands in the schema; the paths of groups and
	// clauses go on from there.
	Path     string `json:"path"`
	InScope  bool   `json:"inScope"`
	Assigned bool   `json:"assigned"` // assigned, or the job takes all
	SyncAll  bool   `json:"syncAll"`  // the job takes all users and groups
	Ignored  bool   `json:"ignored"`  // dropped while reading; nothing is deprovisioned
	Reason   string `json:"reason"`   // for people
	// DecidedBy is the path of the clause that failed, or that of the scoping filter
	// group that passed; with neither filter nor failure "assignment", or "syncAll" when
	// nobody needs one.
	DecidedBy            string         `json:"decidedBy"`
	InputFilterGroups    []GroupVerdict `json:"inputFilterGroups"`
	CategoryFilterGroups []GroupVerdict `json:"categoryFilterGroups"`
	Groups               []GroupVerdict `json:"groups"`
}

// GroupVerdict is what one filter group said of an object: it passes when all its
// clauses do. Of several groups one suffices.
type GroupVerdict struct {
	Name    string          `json:"name"`
	Path    string          `json:"path"` // such as scope.groups[0]
	Passed  bool            `json:"passed"`
	Decided bool            `json:"decided"` // the verdict hangs on it
	Clauses []ClauseVerdict `json:"clauses"`
}

// ClauseVerdict is what one clause said of an object.
type ClauseVerdict struct {
	Path      string   `json:"path"` // such as scope.groups[0].clauses[1]
	Attribute string   `json:"attribute"`
	Operator  string   `json:"operator"`
	Operands  []string `json:"operands"`
	Values    []string `json:"values"` // of the object; empty when the attribute has none
	Passed    bool     `json:"passed"`
	Decided   bool     `json:"decided"` // the verdict hangs on it
}

// ExplainScope decides as [Mapping.Scope] does and shows how.
func (m *Mapping) ExplainScope(c directory.Change, e Entitlement) Explanation {
	v := m.Scope(c, e)
	x := Explanation{
		Mapping: m.Name, Path: m.Path, InScope: v.InScope, Assigned: v.Assigned, Ignored: v.Ignored, Reason: v.Reason, DecidedBy: e.decides(), SyncAll: e == Everyone,
		InputFilterGroups: verdicts(m.scope.input, c), CategoryFilterGroups: verdicts(m.scope.category, c), Groups: verdicts(m.scope.groups, c),
	}
	switch {
	case v.Ignored && !passes(x.InputFilterGroups):
		x.DecidedBy = decide(x.InputFilterGroups)
	case v.Ignored:
		x.DecidedBy = decide(x.CategoryFilterGroups)
	case v.Assigned && len(x.Groups) > 0:
		x.DecidedBy = decide(x.Groups)
	}
	return x
}

// decides names the entitlement as what decided.
func (e Entitlement) decides() string {
	if e == Everyone {
		return "syncAll"
	}
	return "assignment"
}

func verdicts(groups []group, c directory.Change) []GroupVerdict {
	out := make([]GroupVerdict, 0, len(groups))
	for _, g := range groups {
		v := GroupVerdict{Name: g.name, Path: g.path, Passed: true}
		for _, cl := range g.clauses {
			held := value(c, cl.attribute, Inputs{})
			cv := ClauseVerdict{
				Path: cl.path, Attribute: cl.attribute, Operator: cl.operator, Passed: cl.test(held),
				Operands: append([]string{}, cl.operands...), Values: spelled(held),
			}
			v.Passed = v.Passed && cv.Passed
			v.Clauses = append(v.Clauses, cv)
		}
		out = append(out, v)
	}
	return out
}

// spelled writes a value as filters compare it.
func spelled(v any) []string {
	if list, ok := v.([]any); ok {
		all := make([]string, 0, len(list))
		for _, item := range list {
			all = append(all, spell(item))
		}
		return all
	}
	if s := spell(v); s != "" {
		return []string{s}
	}
	return []string{}
}

func passes(groups []GroupVerdict) bool {
	for _, g := range groups {
		if g.Passed {
			return true
		}
	}
	return len(groups) == 0
}

// decide marks what the verdict hangs on and returns its path: the first group that
// passed; where none did, in every group the first clause that failed, of which the
// last is returned, as [Mapping.Scope] names it.
func decide(groups []GroupVerdict) string {
	for i := range groups {
		if groups[i].Passed {
			groups[i].Decided = true
			return groups[i].Path
		}
	}
	var path string
	for i := range groups {
		path = groups[i].markFailing()
	}
	return path
}

func (g *GroupVerdict) markFailing() string {
	for k := range g.Clauses {
		if !g.Clauses[k].Passed {
			g.Decided, g.Clauses[k].Decided = true, true
			return g.Clauses[k].Path
		}
	}
	return g.Path
}
