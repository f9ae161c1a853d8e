package directoryimport

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
)

// column is one column of a CSV file.
type column struct {
	property
	number   int    // from 1
	title    string // as it stands in the file
	side     side
	ignoring bool // not read; a warning says why
}

// side tells which object of a row a column describes.
type side uint8

const (
	plainSide side = iota // the only one; of groups with members, the member
	groupSide             // of groups with members, the group
)

// layout is what the header of a CSV file tells.
type layout struct {
	format  Format
	columns []column
}

// title is a column's name taken apart.
type title struct {
	whole   string
	key     string // lower case, letters and digits only
	label   string // the same of what stands before the brackets of a template
	bracket bool
}

// takeApart reads a name such as "User name [userPrincipalName] Required", in which
// the brackets tell the property.
func takeApart(cell []byte) title {
	whole := strings.TrimSpace(string(cell))
	label, rest, hasBracket := strings.Cut(whole, "[")
	inner, _, isClosed := strings.Cut(rest, "]")
	if hasBracket && isClosed && keyOf(inner) != "" {
		return title{whole: whole, key: keyOf(inner), label: keyOf(label), bracket: true}
	}
	key := keyOf(whole)
	if short := strings.TrimSuffix(key, "required"); short != "" {
		key = short
	}
	return title{whole: whole, key: key, label: key}
}

func keyOf(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// recognize tells from the names of the columns what the rows are.
func recognize(cells [][]byte, o Options) (layout, error) {
	titles := make([]title, len(cells))
	for i, cell := range cells {
		titles[i] = takeApart(cell)
	}
	format, err := formatOf(titles, o)
	if err != nil {
		return layout{}, err
	}
	l := layout{format: format, columns: make([]column, len(titles))}
	taken := map[string]bool{}
	for i, t := range titles {
		c := columnOf(t, format, titles)
		c.number, c.title = i+1, t.whole
		if name := c.name; name != "" && c.kind != withheld && c.kind != notOfTheGraph {
			if c.side == groupSide {
				name = "group " + name
			}
			c.ignoring = taken[name]
			taken[name] = true
		}
		l.columns[i] = c
	}
	return l, nil
}

func formatOf(titles []title, o Options) (Format, error) {
	isUser := has(titles, "userprincipalname", "upn", "username")
	isMember := has(titles, "memberobjectidorupn")
	switch {
	case namesBoth(titles):
		return GroupsAndMembersCSV, nil
	case o.Group != "" && (isUser || isMember || has(titles, "id", "objectid")):
		return MembersCSV, nil
	case isMember, isUser && has(titles, "objecttype", "membertype"):
		return "", invalid("the file lists members and does not say of which group; name the group")
	case isUser:
		return UsersCSV, nil
	case has(titles, "displayname", "name"):
		return GroupsCSV, nil
	}
	return "", invalid("the header has neither a column userPrincipalName, as users have, nor displayName, as groups have; it begins " + shownHeader(titles))
}

func has(titles []title, keys ...string) bool {
	return slices.ContainsFunc(titles, func(t title) bool { return slices.Contains(keys, t.key) })
}

// namesBoth reports whether a row names a group and a member. At least one side
// then has columns with a prefix, such as groupId or memberId.
func namesBoth(titles []title) bool {
	group, member := hasPrefixed(titles, "group"), hasPrefixed(titles, "member")
	return group && member ||
		group && has(titles, "userprincipalname", "upn", "id", "objectid") ||
		member && has(titles, "displayname", "id", "objectid")
}

func hasPrefixed(titles []title, prefix string) bool {
	return slices.ContainsFunc(titles, func(t title) bool {
		rest, ok := strings.CutPrefix(t.key, prefix)
		return ok && isKey(rest)
	})
}

// isKey reports whether a name, its prefix cut off, names one object.
func isKey(rest string) bool {
	switch rest {
	case "id", "objectid", "name", "displayname", "userprincipalname", "upn":
		return true
	}
	return false
}

func shownHeader(titles []title) string {
	var names []string
	for _, t := range titles[:min(len(titles), 4)] {
		names = append(names, shortened(t.whole))
	}
	return "\"" + strings.Join(names, "\", \"") + "\""
}

// columnOf returns what a column means in a file of that format.
func columnOf(t title, format Format, titles []title) column {
	switch format {
	case GroupsCSV:
		return columnFrom(groupProperty(t.key))
	case GroupsAndMembersCSV:
		return columnOfEither(t, titles)
	case UsersCSV, MembersCSV, DocumentJSON, LinesJSON:
	}
	c := columnFrom(userProperty(t.key))
	if t.bracket && c.kind == truth && c.name == "accountEnabled" && !strings.Contains(t.label, "enabled") {
		c.kind = blocked // the bulk template asks "Block sign in (Yes/No)" in every language
	}
	return c
}

func columnFrom(p property, known bool) column {
	return column{property: p, ignoring: !known}
}

// columnOfEither sorts a column to the group or to the member. One without prefix
// belongs to the side that has none.
func columnOfEither(t title, titles []title) column {
	ofMember, isMember := strings.CutPrefix(t.key, "member")
	ofGroup, isGroup := strings.CutPrefix(t.key, "group")
	switch {
	case t.key == "grouptype", t.key == "grouptypes", strings.HasPrefix(t.key, "membership"):
		ofGroup, isGroup = t.key, true
	case t.key == "membertype", t.key == "objecttype":
		return columnFrom(userProperty(t.key))
	case isMember:
		return columnFrom(userProperty(ofMember))
	case !isGroup:
		ofGroup, isGroup = t.key, !hasPrefixed(titles, "group")
	}
	if !isGroup {
		return columnFrom(userProperty(t.key))
	}
	c := columnFrom(groupProperty(ofGroup))
	c.side = groupSide
	return c
}

// separatorOf returns the sign that occurs most often outside quotes, and a comma
// when none does.
func separatorOf(header []byte) byte {
	best, most := byte(','), 0
	for _, sign := range []byte{',', ';', '\t', '|'} {
		if n := countOutsideQuotes(header, sign); n > most {
			best, most = sign, n
		}
	}
	return best
}

func countOutsideQuotes(text []byte, sign byte) int {
	n, quoted := 0, false
	for _, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case c == sign && !quoted:
			n++
		}
	}
	return n
}

// isVersionLine reports whether a line is the first of a bulk template,
// "version:v1.0", which a spreadsheet may have filled up with separators.
func isVersionLine(line []byte) bool {
	line = bytes.Trim(bytes.TrimSpace(line), ",;\t\" ")
	return len(line) < 20 && bytes.HasPrefix(bytes.ToLower(line), []byte("version:"))
}
