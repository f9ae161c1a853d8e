package plainjson

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// Append writes v as JSON without blanks, the members of an object in the order of
// their names, and without the escapes that only HTML needs, so that equal values have
// equal texts. Other types than those of decoded JSON are written as encoding/json does.
// The error is its own.
func Append(to []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(to, "null"...), nil
	case string:
		return AppendText(to, v), nil
	case bool:
		if v {
			return append(to, "true"...), nil
		}
		return append(to, "false"...), nil
	case map[string]any:
		return appendObject(to, v)
	case []any:
		return appendArray(to, v)
	case []string:
		return appendArray(to, v)
	default:
		return appendOther(to, v)
	}
}

// Member is a name in an object and its value.
type Member struct {
	Name  string
	Value any
}

func appendObject(to []byte, o map[string]any) ([]byte, error) {
	if o == nil {
		return append(to, "null"...), nil
	}
	var few [16]Member
	members := few[:0]
	for name, value := range o {
		members = append(members, Member{name, value})
	}
	return AppendMembers(to, members)
}

// AppendMembers writes an object of members that are in any order, and puts them in the
// order of their names. It does what [Append] does for a map.
func AppendMembers(to []byte, members []Member) ([]byte, error) {
	slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
	var err error
	to = append(to, '{')
	for i, m := range members {
		if i > 0 {
			to = append(to, ',')
		}
		if to, err = Append(append(AppendText(to, m.Name), ':'), m.Value); err != nil {
			return nil, err
		}
	}
	return append(to, '}'), nil
}

func appendArray[T any](to []byte, items []T) ([]byte, error) {
	if items == nil {
		return append(to, "null"...), nil
	}
	var err error
	to = append(to, '[')
	for i, item := range items {
		if i > 0 {
			to = append(to, ',')
		}
		if to, err = Append(to, item); err != nil {
			return nil, err
		}
	}
	return append(to, ']'), nil
}

// AppendText writes a text as a JSON string.
func AppendText(to []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == 0x7f {
			escaped, err := appendOther(to, s)
			if err != nil {
				return append(to, `""`...) // a text can always be written
			}
			return escaped
		}
	}
	return append(append(append(to, '"'), s...), '"')
}

func appendOther(to []byte, v any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return append(to, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...), nil
}
