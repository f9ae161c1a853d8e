package sqlstore

import (
	"database/sql"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
)

// errNUL refuses a text that PostgreSQL cannot keep. SQLite could, but what one
// database takes the other one takes as well.
func errNUL() error {
	return errs.New(errs.Invalid, codeBadRequest, "A text of the request holds the character NUL (U+0000), which cannot be kept or searched for. Remove it.")
}

// checkTexts refuses arguments of a statement with the character NUL.
func checkTexts(args []any) error {
	for _, arg := range args {
		var err error
		if column, many := arg.(array); many {
			err = column.check()
		} else {
			err = checkText(arg)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func checkText(value any) error {
	text, ok := value.(string)
	if null, nullable := value.(sql.NullString); nullable {
		text, ok = null.String, true
	}
	if ok && strings.IndexByte(text, 0) >= 0 {
		return errNUL()
	}
	return nil
}

// plain replaces the character NUL in what a target said: one odd answer must not
// keep the outcomes of others from being recorded.
func plain(text string) string { return strings.ReplaceAll(text, "\x00", "\uFFFD") }

// writeAttributes is encodeAttributes for attributes that are to be stored.
func writeAttributes(a directory.Attributes) (string, error) {
	if err := checkIndexed(a); err != nil {
		return "", err
	}
	document, err := encodeAttributes(a)
	if err == nil && escapesNUL(document) {
		err = errNUL()
	}
	return document, err
}

// indexedBytes is what PostgreSQL keeps at least of an indexed text.
const indexedBytes = 2600

// checkIndexed refuses attributes that PostgreSQL cannot keep in an index. SQLite could,
// but what one database takes the other one takes as well.
func checkIndexed(a directory.Attributes) error {
	for name, value := range a {
		// Folding makes a letter longer by half at most.
		text, ok := value.(string)
		if ok && len(text) > indexedBytes*2/3 && len(fold(text)) > indexedBytes && isIndexed(name) {
			return errLong(name)
		}
	}
	for _, e := range appendElements(nil, 0, a) {
		if len(e.value) > indexedBytes {
			return errLong(e.property)
		}
	}
	return nil
}

func isIndexed(property string) bool {
	return slices.ContainsFunc(attributeColumns(), func(c column) bool { return c.property == property })
}

// checkID is checkIndexed for the id of an object.
func checkID(id directory.ObjectID) error {
	if len(id) > indexedBytes {
		return errLong("id")
	}
	return nil
}

func errLong(property string) error {
	return errs.New(errs.Invalid, codeBadRequest, "The value of %s is too long: what objects are found by holds at most %d bytes. Shorten it.", property, indexedBytes)
}

// escapesNUL reports whether a text of a document holds the character NUL.
func escapesNUL(document string) bool { return plainDocument(document) != document }

// plainDocument replaces the character NUL in the texts of a document.
func plainDocument(document string) string {
	const escaped, replacement = `\u0000`, `\ufffd`
	var plain strings.Builder
	for {
		before, after, found := strings.Cut(document, escaped)
		plain.WriteString(before)
		if !found {
			return plain.String()
		}
		backslashes := len(before) - len(strings.TrimRight(before, `\`))
		if backslashes%2 == 0 {
			plain.WriteString(replacement)
		} else { // a backslash, escaped, before other letters
			plain.WriteString(escaped)
		}
		document = after
	}
}
