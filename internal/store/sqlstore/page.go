package sqlstore

import (
	"bytes"
	"encoding/base64"
	"encoding/json"

	"github.com/provisor/provisor/internal/errs"
)

// ordering sorts by an expression and then by key, both in one direction, so that
// an index can be walked either way. Missing values come first, or last when
// descending.
type ordering struct {
	expression string // empty: by key alone
	key        string
	descending bool
	// present says that the filter leaves no row without the value, so that an index
	// is used whichever way it orders missing ones.
	present bool
}

// position is the place of the last row of a page: where the next one begins.
// Pages by position neither repeat nor lose a row when rows are added or removed
// between them.
type position struct {
	Value any   `json:"v,omitempty"` // of the expression: text, number or nothing
	Key   int64 `json:"k"`
	// Count is how many rows there were in all, when the first page was asked for that.
	Count *int64 `json:"c,omitempty"`
}

func (p position) token() string {
	if text, ok := p.Value.([]byte); ok {
		p.Value = string(text)
	}
	text, err := json.Marshal(p)
	if err != nil {
		return "" // a text and two numbers always have a JSON form
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func parsePosition(token string) (position, error) {
	var p position
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return p, errBadPage(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&p); err != nil || decoder.More() {
		return p, errBadPage(err)
	}
	switch value := p.Value.(type) {
	case nil, string:
	case json.Number:
		if p.Value, err = value.Int64(); err != nil {
			return p, errBadPage(err)
		}
	default:
		return p, errBadPage(nil)
	}
	return p, nil
}

func errBadPage(cause error) error {
	return errs.Wrap(cause, errs.Invalid, codeBadPage,
		"The specified page token value has expired and cannot be included in your request. Start again at the first page.")
}

// column is the value that a row's position remembers.
func (o ordering) column() string {
	if o.expression == "" {
		return "NULL"
	}
	return o.expression
}

// text follows ORDER BY.
func (o ordering) text() string {
	switch {
	case o.expression == "" && o.descending:
		return o.key + " DESC"
	case o.expression == "":
		return o.key
	case o.present:
		return o.expression + ", " + o.key
	case o.descending:
		return o.expression + " DESC NULLS LAST, " + o.key + " DESC"
	default:
		return o.expression + " NULLS FIRST, " + o.key
	}
}

// after is the condition of the rows behind a token.
func (o ordering) after(token string) (clause, error) {
	p, err := parsePosition(token)
	if err != nil {
		return clause{}, err
	}
	compare := " > "
	if o.descending {
		compare = " < "
	}
	switch {
	case o.expression == "":
		return clause{o.key + compare + "?", []any{p.Key}}, nil
	case p.Value == nil && o.descending:
		return clause{"(" + o.expression + " IS NULL AND " + o.key + " < ?)", []any{p.Key}}, nil
	case p.Value == nil:
		return clause{"(" + o.expression + " IS NOT NULL OR " + o.key + " > ?)", []any{p.Key}}, nil
	case o.descending:
		return clause{"((" + o.expression + ", " + o.key + ") < (?, ?) OR " + o.expression + " IS NULL)", []any{p.Value, p.Key}}, nil
	default:
		return clause{"(" + o.expression + ", " + o.key + ") > (?, ?)", []any{p.Value, p.Key}}, nil
	}
}
