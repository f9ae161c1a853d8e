package synchronization

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// Unread are the members of a resource that this program does not interpret, by
// name and byte for byte as they were given, so that a schema exported from another
// service comes back as it was. A member that is interpreted is among them when it
// was given as null and has no null of its own.
type Unread map[string]json.RawMessage

// reader reads JSON into the types of a schema and collects what does not fit.
type reader struct {
	faults []errs.Detail
}

// read reads one resource. The error is errs.Invalid and lists every member whose
// value is of the wrong type, with its JSON path.
func read(data []byte, into any) error {
	r := &reader{}
	r.value(data, reflect.ValueOf(into).Elem(), "")
	if len(r.faults) == 0 {
		return nil
	}
	return errs.New(errs.Invalid, "RequestParameterInvalid", "%s", summary(r.faults)).WithTarget(r.faults[0].Target).WithDetails(r.faults...)
}

func summary(faults []errs.Detail) string {
	text := faults[0].Target + ": " + faults[0].Message
	if more := len(faults) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text + "."
}

func (r *reader) fault(path, format string, args ...any) {
	if path == "" {
		path = "schema"
	}
	r.faults = append(r.faults, errs.Detail{Code: "RequestParameterInvalid", Target: path, Message: fmt.Sprintf(format, args...)})
}

// value reads one value: resources and lists of them member by member, everything
// else as encoding/json does.
func (r *reader) value(data []byte, into reflect.Value, path string) {
	kind := into.Type()
	switch {
	case isNull(data), kind.Kind() == reflect.Slice && string(data) == "[]": // nil is written as [] as well
		into.SetZero()
	case plainText(data) && kind == reflect.TypeFor[string]():
		into.SetString(string(data[1 : len(data)-1]))
	case kind == reflect.TypeFor[bool]() && (string(data) == "true" || string(data) == "false"):
		into.SetBool(data[0] == 't')
	case kind.Kind() == reflect.Pointer && isResource(kind.Elem()):
		into.Set(reflect.New(kind.Elem()))
		r.object(data, into.Elem(), path)
	case isResource(kind):
		r.object(data, into, path)
	case kind.Kind() == reflect.Slice && isResource(kind.Elem()):
		r.list(data, into, path)
	default:
		r.scalar(data, into, path)
	}
}

func (r *reader) scalar(data []byte, into reflect.Value, path string) {
	err := json.Unmarshal(data, into.Addr().Interface())
	if err == nil {
		return
	}
	message := fmt.Sprintf("%.60s is not %s", data, typeInWords(into.Type()))
	if known, ok := err.(*errs.Error); ok { //nolint:errorlint // of the type's own reader, which does not wrap
		message = strings.TrimSuffix(known.Message, ".")
	}
	r.fault(path, "%s", message)
}

func typeInWords(t reflect.Type) string {
	switch t.Kind() { //nolint:exhaustive // the types that the members of a schema have
	case reflect.Pointer:
		return typeInWords(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int32:
		return "a whole number"
	case reflect.Slice:
		return "an array of the right type"
	default:
		return "what stands here"
	}
}

func (r *reader) list(data []byte, into reflect.Value, path string) {
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil {
		r.fault(path, "%.60s is not an array", data)
		return
	}
	if len(items) == 0 {
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(items), len(items)))
	for i, item := range items {
		r.value(item, into.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
}

// object reads the members of one resource and keeps those that it does not know.
// Names are compared without regard to case, as PowerShell writes them in capitals.
func (r *reader) object(data []byte, into reflect.Value, path string) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		r.fault(path, "%.60s is not an object", data)
		return
	}
	unread := Unread{}
	into.SetZero()
	preset(into.Addr().Interface())
	for i := range into.NumField() {
		name, _ := memberName(into.Type().Field(i))
		given, ok := take(members, name)
		switch {
		case !ok:
		case isNull(given) && into.Field(i).Kind() != reflect.Pointer:
			unread[name] = given
		default:
			r.value(given, into.Field(i), join(path, name))
			if lossy(given, into.Field(i)) {
				unread[name] = given
			}
		}
	}
	maps.Copy(unread, members)
	if path == "" {
		maps.DeleteFunc(unread, func(name string, _ json.RawMessage) bool { return strings.HasPrefix(name, "@odata.") }) // of the answer in which it was exported
	}
	if len(unread) > 0 {
		into.FieldByName("Unread").Set(reflect.ValueOf(unread))
	}
	canonicalize(into.Addr().Interface())
}

// lossy reports whether a member that another package reads, such as the source of a
// mapping, would be written with less than was given.
func lossy(given []byte, v reflect.Value) bool {
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct || isResource(v.Type().Elem()) {
		return false
	}
	text, err := json.Marshal(v.Interface())
	var before, after any
	if err != nil || json.Unmarshal(given, &before) != nil || json.Unmarshal(text, &after) != nil {
		return false
	}
	return !reflect.DeepEqual(before, after)
}

// stands reports whether a member is still what was read from the text.
func stands(given []byte, v reflect.Value) bool {
	read := reflect.New(v.Type())
	if json.Unmarshal(given, read.Interface()) != nil {
		return false
	}
	before, errBefore := json.Marshal(read.Interface())
	now, errNow := json.Marshal(v.Interface())
	return errBefore == nil && errNow == nil && string(before) == string(now)
}

// take removes a member from those that are left and returns it.
func take(members map[string]json.RawMessage, name string) (json.RawMessage, bool) {
	if name == "" {
		return nil, false
	}
	given, ok := members[name]
	if !ok {
		for _, key := range slices.Sorted(maps.Keys(members)) {
			if strings.EqualFold(key, name) {
				name, given, ok = key, members[key], true
				break
			}
		}
	}
	delete(members, name)
	return given, ok
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func isNull(data []byte) bool { return string(data) == "null" }

// isResource reports whether a type is one of a schema's resources: those have a
// field Unread.
func isResource(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	_, ok := t.FieldByName("Unread")
	return ok
}

// memberName is the JSON name of a field, "" when it has none.
func memberName(f reflect.StructField) (string, bool) {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "-" {
		return "", false
	}
	return name, options == "omitempty"
}

// write writes one resource: the members that are interpreted in the order of the
// type, lists as [] where they are empty, then the others.
func write(from any) ([]byte, error) { return appendResource(nil, reflect.ValueOf(from)) }

func appendResource(to []byte, v reflect.Value) ([]byte, error) {
	unread, _ := reflect.TypeAssert[Unread](v.FieldByName("Unread"))
	left := maps.Clone(unread)
	to = append(to, '{')
	for i := range v.NumField() {
		name, omit := memberName(v.Type().Field(i))
		field := v.Field(i)
		if name == "" || omit && field.IsZero() {
			continue
		}
		text, err := member(left[name], field)
		if err != nil {
			return nil, err
		}
		delete(left, name)
		to = appendMember(to, name, text)
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		to = appendMember(to, name, left[name])
	}
	return append(to, '}'), nil
}

// member writes one member, as it was given where that says more than the value.
func member(given json.RawMessage, v reflect.Value) ([]byte, error) {
	switch {
	case given == nil:
		return value(v)
	case isNull(given) && (v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0):
		return given, nil
	case !isNull(given) && stands(given, v):
		return given, nil
	default:
		return value(v)
	}
}

func appendMember(to []byte, name string, text []byte) []byte {
	if to[len(to)-1] != '{' {
		to = append(to, ',')
	}
	quoted, err := value(reflect.ValueOf(name))
	if err != nil {
		return to // a string can always be written
	}
	to = append(append(to, quoted...), ':')
	return append(to, text...)
}

// plainText reports whether a text is a JSON string that stands for itself: no escape
// is in it, and none would be written. Most strings of a schema are such.
func plainText(text []byte) bool {
	if len(text) < 2 || text[0] != '"' {
		return false
	}
	for _, c := range text[1 : len(text)-1] {
		if c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// value writes the value of one member.
func value(v reflect.Value) ([]byte, error) {
	switch {
	case v.Type() == reflect.TypeFor[bool]():
		return strconv.AppendBool(nil, v.Bool()), nil
	case v.Type() == reflect.TypeFor[string]():
		if text := []byte(`"` + v.String() + `"`); plainText(text) {
			return text, nil
		}
		return json.Marshal(v.String())
	case isResource(v.Type()):
		return appendResource(nil, v)
	case v.Kind() == reflect.Pointer && isResource(v.Type().Elem()) && !v.IsNil():
		return appendResource(nil, v.Elem())
	case v.Kind() != reflect.Slice:
		return json.Marshal(v.Interface())
	}
	text := []byte{'['}
	for i := range v.Len() {
		if i > 0 {
			text = append(text, ',')
		}
		item, err := value(v.Index(i))
		if err != nil {
			return nil, err
		}
		text = append(text, item...)
	}
	return append(text, ']'), nil
}
