package graphcli

import (
	"slices"
	"strings"
	"unicode"

	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/expression/trial"
	"github.com/provisor/provisor/internal/synchronization"
)

type property = trial.Property

// completions returns what may stand at pos, in runes: attributes in brackets,
// commands after a colon, else functions. What comes before and after is returned
// around them.
func (e *experiment) completions(line string, pos int) (string, []string, string) {
	runes := []rune(line)
	before, after := string(runes[:pos]), string(runes[pos:])
	if open := strings.LastIndexByte(before, '['); open > strings.LastIndexByte(before, ']') {
		return before[:open+1], matching(e.attributeNames(), before[open+1:], "]"), strings.TrimPrefix(after, "]")
	}
	if strings.HasPrefix(before, ":") && !strings.Contains(before, " ") {
		return "", matching([]string{":attributes", ":functions", ":help", ":quit", ":set", ":unset", ":user"}, before, " "), after
	}
	start := len(before) - len(before[strings.LastIndexFunc(before, isNoName)+1:])
	if name, ok := strings.CutPrefix(before, ":set "); ok && !strings.Contains(name, "=") {
		return ":set ", matching(e.attributeNames(), name, "="), after
	}
	ending := "("
	if strings.HasPrefix(before, ":functions ") || strings.HasPrefix(after, "(") {
		ending = ""
	}
	return before[:start], matching(functionNames(), before[start:], ending), after
}

func isNoName(r rune) bool {
	return r != '_' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
}

// matching returns the names that begin with prefix, whatever the case.
func matching(names []string, prefix, ending string) []string {
	var found []string
	for _, name := range names {
		if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			found = append(found, name+ending)
		}
	}
	slices.Sort(found)
	return found
}

func functionNames() []string {
	functions := expression.Functions()
	names := make([]string, len(functions))
	for i, fn := range functions {
		names[i] = fn.Name
	}
	return names
}

// attributeNames returns the attributes of the default schema and those set.
func (e *experiment) attributeNames() []string {
	names := knownAttributes()
	for _, p := range e.set {
		if !slices.Contains(names, p.Key) {
			names = append(names, p.Key)
		}
	}
	return names
}

// knownAttributes returns the attributes of a user in the default schema.
func knownAttributes() []string {
	var names []string
	for _, d := range synchronization.DefaultSchema().Directories {
		for _, object := range d.Objects {
			if d.Name != synchronization.SourceDirectory || object.Name != "User" {
				continue
			}
			for _, attribute := range object.Attributes {
				names = append(names, attribute.Name)
			}
		}
	}
	return names
}
