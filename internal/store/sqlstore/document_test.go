package sqlstore_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

// FuzzDocument writes attributes and reads them back as encoding/json does.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `{"a":1}`, `{"a":-1.5e300,"b":0,"c":1e-7,"d":123456789012345678}`, `{"a":"","b":"x\\\"y\n\u0000<é>\u2028"}`,
		`{"a":[],"b":[1,"x",null,true,false,{"c":[[]]}],"d":{}}`, `{"":{"":{"":""}}}`, `{"a":"\ud800","b":"😀"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var a directory.Attributes
		if json.Unmarshal([]byte(text), &a) != nil {
			return
		}
		document, err := sqlstore.EncodeAttributes(a)
		if err != nil {
			t.Fatal(err)
		}
		var want directory.Attributes
		if err := json.Unmarshal([]byte(document), &want); err != nil {
			t.Fatal(err)
		}
		got, err := sqlstore.DecodeAttributes(document)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s differs (-want +got):\n%s", document, diff)
		}
	})
}

// FuzzForeignDocument reads texts that were not written here: as encoding/json
// does, or not at all.
func FuzzForeignDocument(f *testing.F) {
	for _, seed := range []string{
		` {"a" : 1} `, `{"a":1}x`, `{"a":01}`, `{"a":+1}`, `{"a":1,}`, `{"a"}`, `{"a":tru}`, `{"a":"`, `{"a":"\`, `{"a":"\"`, `[1]`, `"x"`, ``, `{`,
		`{"a":.5}`, `{"a":Inf}`, `{"a":1e999}`, `{"a":0x1}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := sqlstore.DecodeAttributes(text)
		if err != nil {
			var other directory.Attributes
			if json.Unmarshal([]byte(text), &other) == nil {
				t.Errorf("%q is JSON and was refused: %v", text, err)
			}
			return
		}
		if _, err := sqlstore.EncodeAttributes(a); err != nil {
			t.Errorf("%q was read as %v", text, a)
		}
	})
}
