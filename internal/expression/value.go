package expression

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Value is one value of the language. The zero Value is null. Values are
// immutable and may be shared between goroutines; what List and Complex return
// must not be changed.
type Value struct { // four words and four fields: a larger struct is not passed in registers
	kind     Kind
	redacted bool
	str      string // the text of a String, Reference, Integer, Float or Boolean
	more     *more  // the rest
}

// more holds what is no text.
type more struct {
	list    []string
	complex *complexes
	ticks   int64 // DateTime
}

// complexes are the objects of a complex value.
type complexes struct {
	objects []map[string]any
	single  bool     // a lone complex value rather than a list of one
	patch   []string // see Value.PatchTexts
}

// StringValue returns s as a value.
func StringValue(s string) Value { return Value{kind: KindString, str: s} }

// IntegerValue returns n as a value.
func IntegerValue(n int64) Value { return Value{kind: KindInteger, str: strconv.FormatInt(n, 10)} }

// BooleanValue returns b as a value.
func BooleanValue(b bool) Value { //nolint:revive // the flag is the value
	if b {
		return Value{kind: KindBoolean, str: textTrue}
	}
	return Value{kind: KindBoolean, str: textFalse}
}

// ReferenceValue returns a reference to the object with that id.
func ReferenceValue(id string) Value { return Value{kind: KindReference, str: id} }

// ListValue returns a multi-valued attribute. The slice is kept, not copied.
func ListValue(items []string) Value { return Value{kind: KindList, more: &more{list: items}} }

// TimeValue returns the instant t as a value; what is finer than 100 ns is cut off.
func TimeValue(t time.Time) Value { return dateValue(ticks(t)) }

func dateValue(ticks int64) Value { return Value{kind: KindDateTime, more: &more{ticks: ticks}} }

func floatValue(f float64) Value {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return IntegerValue(int64(f))
	}
	return Value{kind: KindFloat, str: strconv.FormatFloat(f, 'f', -1, 64)}
}

func complexValue(items complexes) Value {
	return Value{kind: KindComplex, more: &more{complex: &items}}
}

// ValueOf turns decoded JSON and plain Go values into a Value: nil, string,
// bool, numbers, json.Number, time.Time, []string, []any, map[string]any and
// []map[string]any. A list that holds an object is complex; any other list is a
// list of texts, without its nulls. What is none of these becomes its fmt text.
func ValueOf(v any) Value {
	switch v := v.(type) {
	case nil:
		return Value{}
	case Value:
		return v
	case string:
		return StringValue(v)
	case bool:
		return BooleanValue(v)
	case time.Time:
		return TimeValue(v)
	case []string:
		return ListValue(v)
	case []any:
		return listOf(v)
	case map[string]any:
		return complexValue(complexes{objects: []map[string]any{v}, single: true})
	case []map[string]any:
		return complexValue(complexes{objects: v})
	default:
		return numberOf(v)
	}
}

func numberOf(v any) Value {
	switch v := v.(type) {
	case int:
		return IntegerValue(int64(v))
	case int32:
		return IntegerValue(int64(v))
	case int64:
		return IntegerValue(v)
	case float64:
		return floatValue(v)
	case json.Number:
		return numberValue(v.String())
	default:
		return StringValue(fmt.Sprint(v))
	}
}

// numberValue reads a number and keeps it as it was written.
func numberValue(text string) Value {
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return Value{kind: KindInteger, str: text}
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return Value{kind: KindFloat, str: text}
	}
	return StringValue(text)
}

func listOf(items []any) Value {
	var objects []map[string]any
	texts := make([]string, 0, len(items))
	for _, item := range items {
		if object, ok := item.(map[string]any); ok {
			objects = append(objects, object)
			continue
		}
		if item != nil {
			texts = append(texts, ValueOf(item).Text())
		}
	}
	if len(objects) > 0 {
		return complexValue(complexes{objects: objects})
	}
	return ListValue(texts)
}

// Kind returns what the value holds.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether the value is absent.
func (v Value) IsNull() bool { return v.kind == KindNull }

// Redacted reports whether the value must not be shown, as Redact asks.
func (v Value) Redacted() bool { return v.redacted }

// List returns the items of a list, one item for a single text, nil for null
// and for complex values.
func (v Value) List() []string {
	switch v.kind {
	case KindList:
		return v.more.list
	case KindString, KindInteger, KindFloat, KindBoolean, KindDateTime, KindReference:
		return []string{v.Text()}
	case KindNull, KindComplex, KindIgnoreAttributeFlow, KindIgnoreObjectFlow:
	}
	return nil
}

// Complex returns the complex values, nil for every other kind.
func (v Value) Complex() []map[string]any {
	if v.kind != KindComplex {
		return nil
	}
	return v.more.complex.objects
}

// PatchTexts returns, for the result of AppRoleAssignmentsComplex, each
// assignment as the JSON text that the service adds to roles by PATCH when the
// target has not opted in to the newer dialect; nil for every other value.
func (v Value) PatchTexts() []string {
	if v.kind != KindComplex {
		return nil
	}
	return v.more.complex.patch
}

// Text returns the value as the language writes it: True and False for
// booleans, M/d/yyyy h:mm:ss tt for instants, the keyword for a flow marker,
// JSON for lists and complex values, and nothing for null.
func (v Value) Text() string {
	switch v.kind {
	case KindString, KindReference, KindInteger, KindFloat, KindBoolean:
		return v.str
	case KindDateTime:
		return generalDateTime(v.time())
	case KindList, KindComplex:
		return jsonText(v.Any())
	case KindIgnoreAttributeFlow:
		return keywordIgnoreAttribute
	case KindIgnoreObjectFlow:
		return keywordIgnoreObject
	case KindNull:
	}
	return ""
}

// The texts of a boolean.
const (
	textTrue  = "True"
	textFalse = "False"
)

func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

// String returns the text for a log or a message: [Redact] where the value must
// not be shown.
func (v Value) String() string {
	if v.redacted {
		return "[Redact]"
	}
	return v.Text()
}

// GoString is String, so that %#v does not show what must not be shown.
func (v Value) GoString() string { return v.String() }

// Any returns the value as a plain Go value: nil, string, int64, float64, bool,
// []string, map[string]any or []map[string]any. An instant is its text. A flow
// marker is nil: ask Kind first.
func (v Value) Any() any {
	switch v.kind {
	case KindString, KindReference:
		return v.str
	case KindDateTime:
		return v.Text()
	case KindInteger:
		return v.integer()
	case KindFloat:
		return v.float()
	case KindBoolean:
		return v.str == textTrue
	case KindList:
		return v.more.list
	case KindComplex:
		return v.more.complex.any()
	case KindNull, KindIgnoreAttributeFlow, KindIgnoreObjectFlow:
	}
	return nil
}

func (c *complexes) any() any {
	if c.single {
		return c.objects[0]
	}
	return c.objects
}

// integer returns the number that the text of an Integer was made of.
func (v Value) integer() int64 {
	n, _ := strconv.ParseInt(v.str, 10, 64)
	return n
}

// float returns the number that the text of a number was made of.
func (v Value) float() float64 {
	f, _ := strconv.ParseFloat(v.str, 64)
	return f
}

func (v Value) time() time.Time { return fromTicks(v.more.ticks) }

// isFlow reports whether the value is a marker rather than a value.
func (v Value) isFlow() bool {
	return v.kind == KindIgnoreAttributeFlow || v.kind == KindIgnoreObjectFlow
}

// isEmpty reports whether the value is null, an empty text or an empty list.
func (v Value) isEmpty() bool {
	switch v.kind {
	case KindNull:
		return true
	case KindString, KindReference:
		return v.str == ""
	case KindList:
		return len(v.more.list) == 0
	case KindComplex:
		return len(v.more.complex.objects) == 0
	case KindInteger, KindFloat, KindBoolean, KindDateTime, KindIgnoreAttributeFlow, KindIgnoreObjectFlow:
	}
	return false
}
