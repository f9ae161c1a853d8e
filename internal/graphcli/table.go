package graphcli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

const (
	maxColumns = 8
	maxCell    = 48 // characters
)

// member is one member of a JSON object, in the order of the text.
type member struct {
	name  string
	value json.RawMessage
}

// printTable prints a collection as a table with a row an item, and anything else
// as a table with a row a member. Members of members get dotted names; lists are
// counted.
func printTable(o Options, got answer) error {
	if empty(got) {
		return printEmpty(o, got)
	}
	members, ok := membersOf(got.body)
	if !ok {
		return printText(o.Stdout, got)
	}
	w := tabwriter.NewWriter(o.Stdout, 0, 0, 2, ' ', 0)
	if items, ok := itemsOf(members); ok {
		writeRows(w, items)
	} else {
		for _, m := range flatten("", members) {
			fmt.Fprintf(w, "%s\t%s\n", printable(m.name), cell(m.name, m.value))
		}
	}
	return w.Flush()
}

// writeRows prints the columns that the items have, those first that a person looks
// for, up to a number that a screen bears.
func writeRows(w io.Writer, items []json.RawMessage) {
	var columns []string
	rows := make([]map[string]string, len(items))
	for i, item := range items {
		members, _ := membersOf(item)
		rows[i] = map[string]string{}
		for _, m := range flatten("", members) {
			if !slices.Contains(columns, m.name) {
				columns = append(columns, m.name)
			}
			rows[i][m.name] = cell(m.name, m.value)
		}
	}
	slices.SortStableFunc(columns, func(a, b string) int { return prominence(a) - prominence(b) })
	columns = columns[:min(len(columns), maxColumns)]
	titles := make([]string, len(columns))
	for i, name := range columns {
		titles[i] = printable(strings.ToUpper(name))
	}
	fmt.Fprintln(w, strings.Join(titles, "\t"))
	for _, row := range rows {
		cells := make([]string, len(columns))
		for i, name := range columns {
			cells[i] = firstOf(row[name], "-")
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
}

// prominence is the place of a column in a table, from the left: which object, when,
// what was done to whom, and how it ended; all others come after these, as they are
// answered.
func prominence(column string) int {
	foremost := []string{
		"id", "displayName", "activityDateTime", "provisioningAction", "provisioningStatusInfo.status",
		"sourceIdentity.displayName", "targetIdentity.displayName", "status.code",
	}
	if place := slices.Index(foremost, column); place >= 0 {
		return place
	}
	return len(foremost)
}

func itemsOf(members []member) ([]json.RawMessage, bool) {
	for _, m := range members {
		var items []json.RawMessage
		if m.name == "value" && json.Unmarshal(m.value, &items) == nil {
			return items, true
		}
	}
	return nil, false
}

// flatten leaves annotations out and opens objects one level deep.
func flatten(prefix string, members []member) []member {
	var flat []member
	for _, m := range members {
		inner, isObject := membersOf(m.value)
		switch {
		case strings.Contains(m.name, "@odata."):
		case isObject && prefix == "":
			flat = append(flat, flatten(m.name+".", inner)...)
		default:
			flat = append(flat, member{prefix + m.name, m.value})
		}
	}
	return flat
}

// cell shows one value in few characters; an id is shown whole, because it is there to
// be given to the next command.
func cell(name string, value json.RawMessage) string {
	var text string
	var list []json.RawMessage
	switch {
	case bytes.Equal(value, []byte("null")):
		return "-"
	case json.Unmarshal(value, &list) == nil:
		return fmt.Sprintf("(%d)", len(list))
	case json.Unmarshal(value, &text) == nil:
	default:
		text = string(value)
	}
	runes := []rune(printable(text))
	if len(runes) > maxCell && name != "id" {
		return string(runes[:maxCell-1]) + "…"
	}
	return string(runes)
}

// membersOf returns the members of a JSON object, and false for anything else.
func membersOf(text []byte) ([]member, bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	members := []member{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, false
		}
		key, _ := name.(string)
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return nil, false
		}
		members = append(members, member{key, value})
	}
	return members, true
}
