package graphapi

import (
	"reflect"
	"time"
)

// filled returns a copy of v in which no collection is nil, so that none is null on
// the wire. Pointers that are nil stay so: they are Graph's nullable members.
func filled[T any](v T) T {
	out := reflect.New(reflect.TypeOf(v)).Elem()
	fill(out, reflect.ValueOf(v))
	filledCopy, ok := reflect.TypeAssert[T](out)
	if !ok {
		return v
	}
	return filledCopy
}

func fill(to, from reflect.Value) {
	switch from.Kind() { //nolint:exhaustive // every other kind is copied as it is
	case reflect.Struct:
		to.Set(from)
		if from.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range from.NumField() {
			if !from.Type().Field(i).IsExported() {
				continue
			}
			fill(to.Field(i), from.Field(i))
		}
	case reflect.Slice:
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			fill(to.Index(i), from.Index(i))
		}
	case reflect.Pointer:
		if from.IsNil() {
			return
		}
		to.Set(reflect.New(from.Type().Elem()))
		fill(to.Elem(), from.Elem())
	default:
		to.Set(from)
	}
}
