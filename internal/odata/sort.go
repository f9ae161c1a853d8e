package odata

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// SortKey is a value of an entity that a short list is ordered by. The zero SortKey
// is null, which comes first.
type SortKey struct {
	text   string
	number float64
	rank   int // null, booleans, numbers, texts
}

// Sortable returns the value of a property of an entity that was decoded from JSON.
// It is errs.Invalid for a property that the entity does not have, and for one whose
// value has no order, such as a collection.
func Sortable(p Property, entity map[string]any) (SortKey, error) {
	value, err := resolve(p, entity)
	if err != nil {
		return SortKey{}, err
	}
	switch value := value.(type) {
	case nil:
		return SortKey{}, nil
	case bool:
		key := SortKey{rank: 1}
		if value {
			key.number = 1
		}
		return key, nil
	case float64:
		return SortKey{rank: 2, number: value}, nil
	case json.Number:
		number, err := value.Float64()
		return SortKey{rank: 2, number: number}, err
	case string:
		return SortKey{rank: 3, text: strings.ToLower(value)}, nil
	default:
		return SortKey{}, errs.New(errs.Invalid, "Request_UnsupportedQuery", "Sorting by '%s' is not supported: it is not a single value.", p)
	}
}

// Compare orders keys: null, then booleans, numbers, and texts ignoring case.
func (k SortKey) Compare(other SortKey) int {
	return cmp.Or(cmp.Compare(k.rank, other.rank), cmp.Compare(k.number, other.number), strings.Compare(k.text, other.text))
}
