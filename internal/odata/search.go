package odata

import (
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// Search is the function of a [Call] that $search makes: every word of the value is
// the beginning of a word of the property. Blanks and hyphens part words. A $filter
// cannot call it.
const Search = "search"

// Condition is what $filter and the clauses of $search ask for together; nil is
// nothing. The words of Options.Search are not part of it.
func (o Options) Condition() Expr {
	switch {
	case o.Sought == nil:
		return o.Filter
	case o.Filter == nil:
		return o.Sought
	default:
		return And{o.Filter, o.Sought}
	}
}

// The bounds of a $search.
const (
	maxSearch        = 1024 // bytes
	maxSearchClauses = 16
)

// parseSearch reads a $search as Graph's directory writes it: clauses such as
// "displayName:words" in double quotes, joined by AND and OR, of which AND binds
// closer; or words alone, which are those of displayName.
func parseSearch(text string) (string, Expr, error) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxSearch {
		return "", nil, badSearch(text)
	}
	if !strings.HasPrefix(text, `"`) {
		text = `"` + text + `"`
	}
	expr, err := parseClauses(text)
	if err != nil {
		return "", nil, err
	}
	if one, ok := expr.(Call); ok && strings.EqualFold(string(one.Property), "displayName") {
		return one.Value, nil, nil
	}
	return "", expr, nil
}

// parseClauses reads clauses and the words that join them.
func parseClauses(text string) (Expr, error) {
	var either, all Expr
	for n := 1; ; n++ {
		inner, rest, closed := strings.Cut(strings.TrimPrefix(text, `"`), `"`)
		if !strings.HasPrefix(text, `"`) || !closed || n > maxSearchClauses {
			return nil, badSearch(text)
		}
		clause, err := parseClause(inner)
		if err != nil {
			return nil, err
		}
		all = joined(all, clause, func(l, r Expr) Expr { return And{l, r} })
		joint, next, more := strings.Cut(strings.TrimSpace(rest), " ")
		text = strings.TrimSpace(next)
		switch {
		case !more && joint == "":
			return joined(either, all, func(l, r Expr) Expr { return Or{l, r} }), nil
		case more && strings.EqualFold(joint, "or"):
			either, all = joined(either, all, func(l, r Expr) Expr { return Or{l, r} }), nil
		case more && strings.EqualFold(joint, "and"):
		default:
			return nil, badSearch(joint)
		}
	}
}

func joined(left, right Expr, join func(l, r Expr) Expr) Expr {
	if left == nil {
		return right
	}
	return join(left, right)
}

// parseClause reads property:words, or words alone.
func parseClause(text string) (Expr, error) {
	property, words, named := strings.Cut(text, ":")
	if !named {
		property, words = "displayName", text
	}
	property, words = strings.TrimSpace(property), strings.TrimSpace(words)
	if !isIdentifier(property) || words == "" {
		return nil, badSearch(text)
	}
	return Call{Function: Search, Property: Property(property), Value: words}, nil
}

func badSearch(text string) error {
	return errs.New(errs.Invalid, "BadRequest",
		`Invalid search clause: '%.64s'. Write "displayName:words", in double quotes, and join clauses by AND or OR; at most %d clauses and %d bytes.`,
		text, maxSearchClauses, maxSearch)
}

// SearchWords are the words of a search in lower case.
func SearchWords(value string) []string {
	return strings.Fields(strings.ToLower(strings.ReplaceAll(value, "-", " ")))
}
