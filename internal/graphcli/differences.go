package graphcli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/expression"
)

// difference is one place at which two JSON documents differ.
type difference struct {
	Path   string `json:"path"`
	Change string `json:"change"` // added, removed, changed
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
}

// String returns a line for people.
func (d difference) String() string {
	switch d.Change {
	case added:
		return "+ " + d.Path + ": " + abbreviated(d.After)
	case removed:
		return "- " + d.Path + ": " + abbreviated(d.Before)
	default:
		return "~ " + d.Path + ": " + abbreviated(d.Before) + " → " + abbreviated(d.After)
	}
}

const (
	added   = "added"
	removed = "removed"
	changed = "changed"
)

// abbreviated shows a value on part of a line: a text or number as it is, an object
// or list by what it is about.
func abbreviated(v any) string {
	if object, ok := v.(map[string]any); ok {
		if source, ok := object["source"].(map[string]any); ok {
			return textOf(source)
		}
	}
	const most = 120
	text := []rune(compactJSON(v))
	if len(text) > most {
		return string(text[:most-1]) + "…"
	}
	return string(text)
}

// differences compares two schemas, in the order of their parts.
func differences(before, after any) []difference {
	c := comparison{found: []difference{}}
	c.values("", before, after)
	return c.found
}

type comparison struct{ found []difference }

func (c *comparison) add(path, change string, before, after any) {
	c.found = append(c.found, difference{Path: strings.TrimPrefix(path, "."), Change: change, Before: before, After: after})
}

func (c *comparison) values(path string, before, after any) {
	objectBefore, isObject := before.(map[string]any)
	objectAfter, stays := after.(map[string]any)
	if isObject && stays {
		c.objects(path, objectBefore, objectAfter)
		return
	}
	listBefore, isList := before.([]any)
	listAfter, stays := after.([]any)
	switch {
	case isList && stays:
		c.lists(path, listBefore, listAfter)
	case isNothing(before) && isNothing(after), fmt.Sprint(before) == fmt.Sprint(after) && !isObject && !isList:
	default:
		c.add(path, changed, before, after)
	}
}

// isNothing reports a value that means the same as a missing member.
func isNothing(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case string:
		return v == ""
	default:
		return false
	}
}

func (c *comparison) objects(path string, before, after map[string]any) {
	if isSource(before) && isSource(after) {
		if x, y := textOf(before), textOf(after); x != y {
			c.add(path+".expression", changed, x, y)
		}
		return
	}
	names := slices.Sorted(maps.Keys(before))
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if _, ok := before[name]; !ok {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if !written(name) {
			c.values(path+"."+name, before[name], after[name])
		}
	}
}

// written reports a member that the service writes by itself.
func written(name string) bool {
	return name == "id" || name == "version" || name == "discoveryDateTime" || strings.Contains(name, "@odata.")
}

// isSource reports an attributeMappingSource.
func isSource(object map[string]any) bool {
	_, hasType := object["type"]
	_, hasParameters := object["parameters"]
	_, hasText := object["expression"]
	return hasType && (hasParameters || hasText)
}

// textOf returns the expression of a source in one form.
func textOf(object map[string]any) string {
	text, _ := object["expression"].(string)
	if text == "" {
		return compactJSON(object)
	}
	if parsed, err := expression.Parse(text); err == nil {
		return parsed.Text()
	}
	return text
}

// lists compares items that have a name by it, whatever their order, and all others
// by their place.
func (c *comparison) lists(path string, before, after []any) {
	namesBefore, ok := namesOf(before)
	namesAfter, alsoOK := namesOf(after)
	if !ok || !alsoOK {
		c.places(path, before, after)
		return
	}
	for i, name := range namesBefore {
		at := fmt.Sprintf("%s[%q]", path, name)
		if k := slices.Index(namesAfter, name); k >= 0 {
			c.values(at, before[i], after[k])
		} else {
			c.add(at, removed, before[i], nil)
		}
	}
	for k, name := range namesAfter {
		if !slices.Contains(namesBefore, name) {
			c.add(fmt.Sprintf("%s[%q]", path, name), added, nil, after[k])
		}
	}
}

func (c *comparison) places(path string, before, after []any) {
	for i := range max(len(before), len(after)) {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= len(before):
			c.add(at, added, nil, after[i])
		case i >= len(after):
			c.add(at, removed, before[i], nil)
		default:
			c.values(at, before[i], after[i])
		}
	}
}

// namesOf returns what names each item; not ok when one has no name, or two have the
// same.
func namesOf(items []any) ([]string, bool) {
	names := make([]string, 0, len(items))
	for _, item := range items {
		name := nameOf(item)
		if name == "" || slices.Contains(names, name) {
			return nil, false
		}
		names = append(names, name)
	}
	return names, true
}

func nameOf(item any) string {
	object, ok := item.(map[string]any)
	if !ok {
		return ""
	}
	for _, member := range []string{"targetAttributeName", "name", "key", "referencedObjectName"} {
		if name, ok := object[member].(string); ok && name != "" {
			return name
		}
	}
	return ""
}
