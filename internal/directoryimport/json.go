package directoryimport

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/provisor/provisor/internal/directory"
)

// openJSON tells a document from lines by the beginning of the text.
func openJSON(in *bufio.Reader, beginning []byte) *Reader {
	r := &Reader{format: DocumentJSON}
	read := readDocument
	if isLines(beginning) {
		r.format, read = LinesJSON, readLines
	}
	r.rows = func(yield func(Row, *RowError) bool) {
		read(&values{in: in, line: 1}, &entities{warnings: &r.warnings, yield: yield})
	}
	return r
}

// isLines reports whether the text is one object a line rather than a document. A
// document is an array, or an object that holds users, groups or value as an array.
func isLines(beginning []byte) bool {
	if beginning[0] == '[' || isDocument(beginning) {
		return false
	}
	first, _, several := bytes.Cut(beginning, []byte("\n"))
	return !several || json.Valid(first)
}

func isDocument(beginning []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(beginning))
	if _, err := decoder.Token(); err != nil {
		return false
	}
	for decoder.More() {
		token, err := decoder.Token()
		name, isName := token.(string)
		if err != nil || !isName {
			return false
		}
		following := bytes.TrimLeft(beginning[decoder.InputOffset():], ": \t\r\n")
		if isCollection(name) && bytes.HasPrefix(following, []byte("[")) {
			return true
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return false
		}
	}
	return false
}

func isCollection(name string) bool {
	return name == "users" || name == "groups" || name == "value"
}

// readLines reads one object a line; a bad line costs that line.
func readLines(in *values, e *entities) {
	for {
		text, err := in.wholeLine()
		e.line = in.line - 1
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			e.fail("the file cannot be read on: " + err.Error())
			return
		case len(text) > 0 && !e.text(text, ""):
			return
		case err != nil:
			return
		}
	}
}

// document reads an array of objects, an object of arrays, or one object after
// the other. An element that is not JSON costs itself.
type document struct {
	in   *values
	out  *entities
	kind directory.Kind // that @odata.context names for value
}

func readDocument(in *values, e *entities) {
	d := &document{in: in, out: e}
	for d.value() {
	}
}

// value reads one value of the top level, and reports whether to go on.
func (d *document) value() bool {
	switch c, err := d.in.peek(); {
	case errors.Is(err, io.EOF):
		return false
	case err != nil:
		return d.broken(err)
	case c == '[':
		d.in.take()
		return d.elements("")
	case c == '{':
		return d.object()
	}
	return d.broken(nil)
}

// object reads the members of the document: collections, or those of one user or
// group, which are put together again.
func (d *document) object() bool {
	d.in.take()
	whole := map[string]json.RawMessage{}
	begins, collections := d.in.line, 0
	for {
		c, err := d.in.peek()
		switch {
		case err != nil:
			return d.broken(err)
		case c == ',':
			d.in.take()
			continue
		case c == '}' && collections > 0:
			d.in.take()
			d.warnOfRest(whole)
			return true
		case c == '}':
			d.in.take()
			d.out.line = begins
			return d.entity(whole)
		}
		key, err := d.key()
		if err != nil {
			return d.broken(err)
		}
		if c, err = d.in.peek(); err == nil && c == '[' && isCollection(key) {
			collections++
			d.in.take()
			if !d.elements(d.kindIn(key)) {
				return false
			}
		} else if err := d.member(key, whole); err != nil {
			return d.broken(err)
		}
	}
}

// member keeps the value of a member that is no collection.
func (d *document) member(key string, whole map[string]json.RawMessage) error {
	value, err := d.in.value()
	if err != nil {
		return err
	}
	whole[key] = bytes.Clone(value)
	d.remember(key, value)
	return nil
}

// entity yields the user or group that the members of the top level make.
func (d *document) entity(whole map[string]json.RawMessage) bool {
	text, err := json.Marshal(whole)
	if err != nil {
		return d.out.fault("", "", notJSON)
	}
	return d.out.text(text, "")
}

// key reads the name of a member and the colon after it.
func (d *document) key() (string, error) {
	text, err := d.in.value()
	if err != nil {
		return "", err
	}
	var key string
	if err := json.Unmarshal(text, &key); err != nil {
		return "", err
	}
	c, err := d.in.peek()
	if err == nil && c != ':' {
		err = errBroken
	}
	if err != nil {
		return "", err
	}
	d.in.take()
	return key, nil
}

func (d *document) kindIn(key string) directory.Kind {
	switch key {
	case "users":
		return directory.User
	case "groups":
		return directory.Group
	}
	return d.kind
}

// elements reads an array whose opening bracket was read.
func (d *document) elements(kind directory.Kind) bool {
	for {
		c, err := d.in.peek()
		switch {
		case err != nil:
			return d.broken(err)
		case c == ',':
			d.in.take()
			continue
		case c == ']':
			d.in.take()
			return true
		}
		d.out.line = d.in.line
		element, err := d.in.value()
		if err != nil {
			return d.broken(err)
		}
		if !d.out.text(element, kind) {
			return false
		}
	}
}

// broken ends the rows: what follows cannot be told apart.
func (d *document) broken(err error) bool {
	d.out.line = d.in.line
	_, isSyntax := errors.AsType[*json.SyntaxError](err)
	switch {
	case errors.Is(err, io.EOF):
		return d.out.fail("the JSON ends too early; the file may be cut off")
	case err == nil, errors.Is(err, errBroken), isSyntax:
		return d.out.fail("the JSON is broken here, and the rest cannot be read")
	}
	return d.out.fail("the file cannot be read on: " + err.Error())
}

// remember keeps what the annotations of a collection say of its elements.
func (d *document) remember(key string, value json.RawMessage) {
	var text string
	if key != "@odata.context" || json.Unmarshal(value, &text) != nil {
		return
	}
	switch _, set, _ := bytes.Cut([]byte(text), []byte("$metadata#")); {
	case bytes.HasPrefix(set, []byte("users")):
		d.kind = directory.User
	case bytes.HasPrefix(set, []byte("groups")):
		d.kind = directory.Group
	}
}

func (d *document) warnOfRest(whole map[string]json.RawMessage) {
	d.out.line = d.in.line
	for _, key := range slices.Sorted(maps.Keys(whole)) {
		switch key {
		case "@odata.context", "@odata.count", "@odata.deltaLink":
		case "@odata.nextLink":
			d.out.warn(key, "the collection goes on at @odata.nextLink; the further pages are not in the file")
		default:
			d.out.warn(key, "the member \""+shortened(key)+"\" is not read; known are users, groups and value")
		}
	}
}
