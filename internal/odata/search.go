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
func (o *Options) Condition() Expr {
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
	either := func(l, r Expr) Expr { return Or{l, r} }
	both := func(l, r Expr) Expr { return And{l, r} }
	var some, all Expr
	for range maxSearchClauses {
		clause, joint, rest, err := nextClause(text)
		if err != nil {
			return nil, err
		}
		all = joined(all, clause, both)
		switch {
		case joint == "" && rest == "":
			return joined(some, all, either), nil
		case rest != "" && strings.EqualFold(joint, "or"):
			some, all = joined(some, all, either), nil
		case rest == "" || !strings.EqualFold(joint, "and"):
			return nil, badSearch(joint)
		}
		text = rest
	}
	return nil, badSearch(text)
}

// nextClause reads a clause in quotes, and the word between it and the rest.
func nextClause(text string) (Expr, string, string, error) {
	inner, opened := strings.CutPrefix(text, `"`)
	inner, rest, closed := strings.Cut(inner, `"`)
	if !opened || !closed {
		return nil, "", "", badSearch(text)
	}
	joint, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
	clause, err := parseClause(inner)
	return clause, joint, strings.TrimSpace(rest), err
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
