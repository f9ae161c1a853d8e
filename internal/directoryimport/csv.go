package directoryimport

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"slices"

	"github.com/provisor/provisor/internal/directory"
)

// csvFile reads the rows of one CSV file.
type csvFile struct {
	records  *records
	layout   layout
	group    string // of MembersCSV
	warnings *warnings
	seen     []seen // by column
	last     lastGroup
}

// seen is the content of a column in the row before. Neighbours often share a city
// or a department; sharing the text saves most of the memory of a row.
type seen struct {
	text  string
	boxed any
}

// of returns the text of a cell, and the same as an attribute.
func (s *seen) of(cell []byte) (string, any) {
	if s.boxed == nil || s.text != string(cell) {
		s.text = string(cell)
		s.boxed = s.text
	}
	return s.text, s.boxed
}

// lastGroup is the group of the row before, in GroupsAndMembersCSV.
type lastGroup struct {
	cells []byte // as they stand in the file
	ref   string
}

// openCSV reads up to the header and recognizes the file by it.
func openCSV(in *bufio.Reader, o Options) (*Reader, error) {
	f := &csvFile{records: &records{in: in, separator: ','}, group: o.Group}
	if err := f.header(o); err != nil {
		return nil, err
	}
	r := &Reader{format: f.layout.format, properties: f.layout.properties()}
	f.warnings = &r.warnings
	f.seen = make([]seen, len(f.layout.columns))
	f.warnOfColumns()
	r.rows = f.rows()
	return r, nil
}

func (f *csvFile) header(o Options) error {
	for {
		line, err := f.records.takeLine()
		if errors.Is(err, io.EOF) {
			return invalid("the file has no header")
		}
		if err != nil {
			return err
		}
		switch {
		case len(bytes.TrimSpace(line)) == 0, isVersionLine(line):
			continue
		case bytes.HasPrefix(bytes.ToLower(line), []byte("sep=")): // Excel names the separator; it shows in the header too
			continue
		}
		f.records.separator = separatorOf(line)
		f.records.line = f.records.read
		if err := f.records.parse(line); err != nil {
			return invalid("the header cannot be read: " + err.Error())
		}
		f.layout, err = recognize(f.records.cells, o)
		return err
	}
}

// properties returns the names of what is read, without repetition.
func (l layout) properties() []string {
	var names []string
	for _, c := range l.columns {
		isMember := l.format == MembersCSV || l.format == GroupsAndMembersCSV && c.side != groupSide
		if !isMember {
			names = append(names, c.attributes()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// attributes returns the Graph properties that a column fills.
func (c column) attributes() []string {
	switch {
	case c.ignoring:
		return nil
	case c.kind == groupType:
		return []string{"groupTypes", "mailEnabled", "securityEnabled"}
	case c.kind == membership:
		return []string{"groupTypes"}
	case c.kind == extension:
		return []string{"onPremisesExtensionAttributes"}
	case c.kind == identifier, c.kind == manager, c.kind == memberKind, c.kind == memberRef, c.kind == withheld, c.kind == notOfTheGraph:
		return nil
	}
	return []string{c.name}
}

func (f *csvFile) warnOfColumns() {
	for i, c := range f.layout.columns {
		why := c.whyNotRead()
		if why == "" {
			continue
		}
		f.layout.columns[i].ignoring = true
		f.warnings.add("column "+c.title, Warning{Line: f.records.line, Column: c.number, Message: "the column \"" + shortened(c.title) + "\" is not read: " + why})
	}
}

// whyNotRead returns nothing for a column that is read.
func (c column) whyNotRead() string {
	switch {
	case c.kind == withheld:
		return "passwords are not imported"
	case c.kind == notOfTheGraph:
		return "users have no such property in Graph"
	case c.ignoring && c.name != "":
		return "an earlier column tells the same"
	case c.ignoring && c.title != "":
		return "it is not known"
	case c.ignoring:
		return "it has no name"
	}
	return ""
}

// rows yields until the end, or until the reader fails.
func (f *csvFile) rows() iter.Seq2[Row, *RowError] {
	return func(yield func(Row, *RowError) bool) {
		for {
			err := f.records.next()
			bad, isRow := errors.AsType[*RowError](err)
			switch {
			case err == nil:
				if !f.row(yield) {
					return
				}
			case isRow:
				if !yield(nil, bad) {
					return
				}
			case errors.Is(err, io.EOF):
				return
			default:
				yield(nil, &RowError{Line: f.records.read + 1, Reason: "the file cannot be read on: " + err.Error(), Fatal: true})
				return
			}
		}
	}
}

// row yields what one record holds, and reports whether to go on.
func (f *csvFile) row(yield func(Row, *RowError) bool) bool {
	if f.isExample() {
		return true
	}
	if bad := f.tooManyCells(); bad != nil {
		return yield(nil, bad)
	}
	switch f.layout.format {
	case UsersCSV:
		return one(yield)(f.user())
	case GroupsCSV:
		return one(yield)(f.groupOf(plainSide))
	case MembersCSV:
		return one(yield)(f.member(f.group))
	case GroupsAndMembersCSV:
		return f.groupAndMember(yield)
	case DocumentJSON, LinesJSON:
	}
	return false
}

// one yields a row, or its error.
func one(yield func(Row, *RowError) bool) func(Row, *RowError) bool {
	return func(row Row, bad *RowError) bool {
		if bad != nil {
			return yield(nil, bad)
		}
		return yield(row, nil)
	}
}

// isExample passes over the row that bulk templates carry to show what is wanted.
func (f *csvFile) isExample() bool {
	if len(f.records.cells) == 0 || !bytes.HasPrefix(f.records.cells[0], []byte("Example:")) {
		return false
	}
	f.warnings.add("example", Warning{Line: f.records.line, Message: "the template's example row is left out"})
	return true
}

// tooManyCells refuses a row with more cells than the header, which has shifted.
// A row may have fewer: spreadsheets leave out blank cells at the end.
func (f *csvFile) tooManyCells() *RowError {
	cells, columns := f.records.cells, len(f.layout.columns)
	for i := columns; i < len(cells); i++ {
		if len(bytes.TrimSpace(cells[i])) > 0 {
			return &RowError{Line: f.records.line, Column: i + 1, Reason: "the row has more cells than the header; a value that holds the separator must be quoted"}
		}
	}
	return nil
}

// cell returns the trimmed content of a column in the row at hand.
func (f *csvFile) cell(c column) []byte {
	if c.number > len(f.records.cells) {
		return nil
	}
	return bytes.TrimSpace(f.records.cells[c.number-1])
}

func (f *csvFile) fault(c column, value, reason string) *RowError {
	return &RowError{Line: f.records.line, Column: c.number, Name: c.title, Value: shortened(value), Reason: reason}
}

// object collects the attributes of the columns of one side of the row.
func (f *csvFile) object(of side) (*object, *RowError) {
	o := &object{}
	for i, c := range f.layout.columns {
		if c.ignoring || c.side != of {
			continue
		}
		cell := f.cell(c)
		if len(cell) == 0 {
			continue
		}
		if o.attributes == nil {
			o.attributes = make(directory.Attributes, f.filled())
		}
		value, boxed := f.seen[i].of(cell)
		reason, spoils := o.set(c.property, value, boxed)
		switch {
		case reason != "" && spoils:
			return nil, f.fault(c, value, reason)
		case reason != "":
			f.warnings.add("value of "+c.title, Warning{Line: f.records.line, Column: c.number, Message: "in the column \"" + shortened(c.title) + "\" a value " + reason + "; such values are left out"})
		}
	}
	return o, nil
}

// filled counts the cells that hold something.
func (f *csvFile) filled() int {
	n := 0
	for _, cell := range f.records.cells {
		if len(cell) > 0 {
			n++
		}
	}
	return n
}

// plain finds the column that names an object for people, to blame when it is
// missing.
func (f *csvFile) plain(name string, of side) column {
	for _, c := range f.layout.columns {
		if c.name == name && c.side == of && !c.ignoring {
			return c
		}
	}
	return column{title: name}
}

func (f *csvFile) user() (Row, *RowError) {
	o, bad := f.object(plainSide)
	if bad != nil {
		return nil, bad
	}
	name := o.attributes.String("userPrincipalName")
	if reason := checkPrincipalName(name); reason != "" {
		return nil, f.fault(f.plain("userPrincipalName", plainSide), name, reason)
	}
	o.finish()
	return &User{line: line(f.records.line), ID: o.id, Attributes: o.attributes, Manager: o.manager}, nil
}

func (f *csvFile) groupOf(of side) (Row, *RowError) {
	o, bad := f.object(of)
	if bad != nil {
		return nil, bad
	}
	if o.attributes.String("displayName") == "" {
		return nil, f.fault(f.plain("displayName", of), "", "a group must have a displayName")
	}
	o.finish()
	return &Group{line: line(f.records.line), ID: o.id, Attributes: o.attributes}, nil
}

// member reads the member side of a row.
func (f *csvFile) member(group string) (Row, *RowError) {
	o, bad := f.object(plainSide)
	if bad != nil {
		return nil, bad
	}
	ref := o.reference()
	if ref == "" {
		return nil, &RowError{Line: f.records.line, Reason: "the member has neither an id nor a userPrincipalName"}
	}
	return &Member{line: line(f.records.line), Group: group, Member: ref, Kind: o.kind}, nil
}

// groupAndMember yields the group when it differs from that of the row before, and
// the member when there is one.
func (f *csvFile) groupAndMember(yield func(Row, *RowError) bool) bool {
	if !f.sameGroup() {
		row, bad := f.groupOf(groupSide)
		group, ok := row.(*Group)
		if bad != nil || !ok {
			f.last.cells = f.last.cells[:0]
			return yield(nil, bad)
		}
		f.last.ref = string(group.ID)
		if f.last.ref == "" {
			f.last.ref = group.Attributes.String("displayName")
		}
		if !yield(group, nil) {
			return false
		}
	}
	if !f.hasMember() {
		return true
	}
	return one(yield)(f.member(f.last.ref))
}

// sameGroup reports whether the cells of the group side are those of the row
// before, and keeps them.
func (f *csvFile) sameGroup() bool {
	var cells []byte
	for _, c := range f.layout.columns {
		if c.side == groupSide {
			cells = append(append(cells, f.cell(c)...), 0)
		}
	}
	same := bytes.Equal(cells, f.last.cells)
	f.last.cells = cells
	return same && len(cells) > 0
}

// hasMember reports whether any cell of the member side is filled; a group
// without members has none.
func (f *csvFile) hasMember() bool {
	return slices.ContainsFunc(f.layout.columns, func(c column) bool {
		return !c.ignoring && c.side != groupSide && len(f.cell(c)) > 0
	})
}
