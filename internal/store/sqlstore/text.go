package sqlstore

import (
	"database/sql"
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
	document, err := encodeAttributes(a)
	if err == nil && escapesNUL(document) {
		err = errNUL()
	}
	return document, err
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
