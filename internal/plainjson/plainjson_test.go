package plainjson_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/plainjson"
)

// seeds are texts that are JSON, nearly JSON, and none.
func seeds() []string {
	return []string{
		`{}`, `null`, ` {"a" : 1 , "b":[ ] } `, `{"a":-1.5e300,"b":0,"c":1e-7,"d":123456789012345678,"e":1.50}`, `{"a":"","b":"x\\\"y\n\u0000<é>\u2028"}`,
		`{"a":[],"b":[1,"x",null,true,false,{"c":[[]]}],"d":{}}`, `{"":{"":{"":""}}}`, `{"a":"\ud800","b":"😀","a":2}`, "{\"a\":\"\xff\"}", "{\"a\":\"\x01\"}",
		`{"a":1}x`, `{"a":01}`, `{"a":+1}`, `{"a":1,}`, `{"a"}`, `{"a":tru}`, `{"a":"`, `{"a":"\`, `{"a":"\"`, `{,}`, `[1]`, `"x"`, ``, `{`, `{"a":[1,]}`,
		`{"a":.5}`, `{"a":Inf}`, `{"a":1e999}`, `{"a":0x1}`, `{"a":-}`, `{"a":-0}`, `{"a":1 2}`, `{"a":}`, `{"a" "b"}`, "\ufeff{}", `{"A":1,"a":2}`,
		strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70), strings.Repeat(`{"a":[`, 20000),
	}
}

// FuzzObject reads a text as encoding/json does, or refuses it as that does, and
// writes what it read as that does.
func FuzzObject(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var want map[string]any
		wrong := json.Unmarshal(text, &want)
		got, err := plainjson.Object(text)
		if (err == nil) != (wrong == nil) {
			t.Fatalf("%q: %v, and encoding/json says %v", text, err, wrong)
		}
		if err != nil {
			return
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q differs (-want +got):\n%s", text, diff)
		}
		if written := write(t, got); written != expected(t, want) {
			t.Errorf("%q is written as %s", text, written)
		}
	})
}

// FuzzSome reads what is wanted of a text as if the whole had been read.
func FuzzSome(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed))
	}
	f.Add([]byte(`{"b":{"c":["x",{"d":"é","e":[{}]},1,null,true]},"a":"x","bb":"\u0041"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		wanted := func(name string) bool { return name == "a" || name == "d" }
		want, wrong := plainjson.Object(text)
		maps.DeleteFunc(want, func(name string, _ any) bool { return !wanted(name) })
		got, err := plainjson.Some(text, wanted)
		if (err == nil) != (wrong == nil) {
			t.Fatalf("%q: %v, and the whole says %v", text, err, wrong)
		}
		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			t.Fatalf("%q differs (-want +got):\n%s", text, diff)
		}
	})
}

func write(t *testing.T, v any) string {
	t.Helper()
	text, err := plainjson.Append(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func expected(t *testing.T, v any) string {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// TestAppend writes values that no text was read to.
func TestAppend(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		map[string]any(nil),
		[]any(nil),
		[]string(nil),
		[]string{"a", `"`, "\x7f"},
		int64(5),
		json.Number("7"),
		struct{ A string }{"<x>"},
		map[string]any{"list": []string{"b"}, "z": map[string]string{"k": "v"}},
	} {
		if got, want := write(t, v), expected(t, v); got != want {
			t.Errorf("%#v is written as %s, not %s", v, got, want)
		}
	}
	if text, err := plainjson.Append(nil, map[string]any{"a": []any{func() {}}}); err == nil {
		t.Errorf("a function was written as %s", text)
	}
}

// BenchmarkObject compares reading an answer with encoding/json.
func BenchmarkObject(b *testing.B) {
	text := []byte(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"4711","userName":"a@example.com","name":{"givenName":"A","familyName":"B"},"emails":[{"type":"work","value":"a@example.com","primary":true}],"active":true}`)
	for name, read := range map[string]func() error{
		"plainjson":     func() error { _, err := plainjson.Object(text); return err },
		"some":          func() error { _, err := plainjson.Some(text, func(n string) bool { return n == "id" }); return err },
		"encoding-json": func() error { var o map[string]any; return json.Unmarshal(text, &o) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
