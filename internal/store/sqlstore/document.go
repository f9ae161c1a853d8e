package sqlstore

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/plainjson"
)

// tombstone is the document of a purged object.
const tombstone = "null"

// encodeAttributes returns the canonical JSON of attributes: no blanks, members
// in the order of their names, so that equal attributes have equal texts.
func encodeAttributes(a directory.Attributes) (string, error) {
	if a == nil {
		return "{}", nil
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(a); err != nil {
		return "", errs.Wrap(err, errs.Invalid, codeBadRequest, "The attributes cannot be written as JSON.")
	}
	return strings.TrimSuffix(text.String(), "\n"), nil
}

// decodeAttributes reads a document. A cycle reads one for every object that
// changed, and nothing of that costs more than the JSON.
func decodeAttributes(document string, of directory.ObjectID) (directory.Attributes, error) {
	a, err := plainjson.Text(document)
	if err != nil {
		return nil, errUnreadable(err, "object "+string(of))
	}
	return a, nil
}
