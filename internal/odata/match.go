package odata

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/errs"
)

// Match reports whether an entity, as decoded from JSON, satisfies e. It serves
// short lists that are kept in memory; the store filters the others. Names and
// texts are compared ignoring case, as Graph's directory does. The error is
// errs.Invalid for a property that the entity does not have.
func Match(e Expr, entity map[string]any) (bool, error) {
	switch e := e.(type) {
	case And:
		left, err := Match(e.Left, entity)
		if err != nil || !left {
			return false, err
		}
		return Match(e.Right, entity)
	case Or:
		left, err := Match(e.Left, entity)
		if err != nil || left {
			return left, err
		}
		return Match(e.Right, entity)
	case Not:
		inner, err := Match(e.Expr, entity)
		return !inner, err
	case Any:
		return matchAny(e, entity)
	case Compare:
		value, err := resolve(e.Property, entity)
		return compare(value, e.Op, e.Value), err
	case In:
		value, err := resolve(e.Property, entity)
		return matchIn(value, e.Values), err
	case Call:
		value, err := resolve(e.Property, entity)
		return matchCall(e, value), err
	}
	return false, errs.New(errs.Invalid, "Request_UnsupportedQuery", "The filter is not supported on this resource.")
}

// resolve follows a path through nested objects; null on the way is null.
func resolve(p Property, entity map[string]any) (any, error) {
	var value any = entity
	for segment := range strings.SplitSeq(string(p), "/") {
		object, ok := value.(map[string]any)
		if value == nil {
			return nil, nil
		}
		if !ok || !has(object, segment) {
			return nil, errs.New(errs.Invalid, "Request_UnsupportedQuery",
				"Invalid filter clause: Could not find a property named '%s' on this resource.", p)
		}
		_, value = member(object, segment)
	}
	return value, nil
}

func has(object map[string]any, name string) bool {
	canonical, _ := member(object, name)
	_, ok := object[canonical]
	return ok
}

func matchIn(value any, literals []Literal) bool {
	for _, literal := range literals {
		if compare(value, Eq, literal) {
			return true
		}
	}
	return false
}

func matchCall(e Call, value any) bool {
	text, ok := value.(string)
	text, want := strings.ToLower(text), strings.ToLower(e.Value)
	switch {
	case !ok:
		return false
	case e.Function == Search:
		return searched(text, e.Value)
	case e.Function == "startswith":
		return strings.HasPrefix(text, want)
	case e.Function == "endswith":
		return strings.HasSuffix(text, want)
	default:
		return strings.Contains(text, want)
	}
}

// searched reports whether every word of the search begins a word of text.
func searched(text, words string) bool {
	text = " " + strings.ReplaceAll(text, "-", " ")
	for _, word := range SearchWords(words) {
		if !strings.Contains(text, " "+word) {
			return false
		}
	}
	return true
}

func matchAny(e Any, entity map[string]any) (bool, error) {
	value, err := resolve(e.Collection, entity)
	if err != nil {
		return false, err
	}
	list, _ := value.([]any)
	if e.Expr == nil {
		return len(list) > 0, nil
	}
	for _, element := range list {
		ok, err := Match(e.Expr, map[string]any{e.Variable: element})
		if err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

// compare is false for values that have no order with each other; ne is then true.
func compare(value any, op CompareOp, literal Literal) bool {
	order, ordered := orderOf(value, literal)
	switch op {
	case Eq:
		return ordered && order == 0
	case Ne:
		return !ordered || order != 0
	case Gt:
		return ordered && order > 0
	case Ge:
		return ordered && order >= 0
	case Lt:
		return ordered && order < 0
	case Le:
		return ordered && order <= 0
	}
	return false
}

func orderOf(value any, literal Literal) (int, bool) {
	switch want := literal.(type) {
	case nil:
		return 0, value == nil
	case bool:
		got, ok := value.(bool)
		return cmp.Compare(strconv.FormatBool(got), strconv.FormatBool(want)), ok
	case string:
		got, ok := value.(string)
		return strings.Compare(strings.ToLower(got), strings.ToLower(want)), ok
	case int64:
		got, ok := value.(float64)
		return cmp.Compare(got, float64(want)), ok
	case float64:
		got, ok := value.(float64)
		return cmp.Compare(got, want), ok
	case time.Time:
		text, _ := value.(string)
		got, err := time.Parse(time.RFC3339Nano, text)
		return got.Compare(want), err == nil
	}
	return 0, false
}
