package odata_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
)

func TestParsePath(t *testing.T) {
	t.Parallel()

	tests := []struct {
		segment string
		want    odata.Segment
	}{
		{"users", odata.Segment{Name: "users"}},
		{"jobs('scim.a.b')", odata.Segment{Name: "jobs", Key: &odata.Key{Value: "scim.a.b"}}},
		{"users('o''neill@a')", odata.Segment{Name: "users", Key: &odata.Key{Value: "o'neill@a"}}},
		{"users('a=b')", odata.Segment{Name: "users", Key: &odata.Key{Value: "a=b"}}},
		{"users('a/b(c)')", odata.Segment{Name: "users", Key: &odata.Key{Value: "a/b(c)"}}},
		{"applications(appId='x')", odata.Segment{Name: "applications", Key: &odata.Key{Property: "appId", Value: "x"}}},
		{"applications( appId = 'x' )", odata.Segment{Name: "applications", Key: &odata.Key{Property: "appId", Value: "x"}}},
		{"users(7ab1d382-f21e-4acd-a863-ba3e13f7da61)", odata.Segment{Name: "users", Key: &odata.Key{Value: "7ab1d382-f21e-4acd-a863-ba3e13f7da61"}}},
		{"functions()", odata.Segment{Name: "functions"}},
		{"microsoft.graph.start", odata.Segment{Name: "start"}},
		{"microsoft.graph.delta()", odata.Segment{Name: "delta"}},
		{"$count", odata.Segment{Name: "$count"}},
		{"(x)", odata.Segment{Name: "(x)"}},
	}
	for _, test := range tests {
		t.Run(test.segment, func(t *testing.T) {
			t.Parallel()

			got, err := odata.ParsePath([]string{"", test.segment, ""})
			if err != nil {
				t.Fatal(err)
			}
			test.want.Raw = test.segment
			if !reflect.DeepEqual(got, []odata.Segment{test.want}) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestParsePathFaults(t *testing.T) {
	t.Parallel()

	for _, segment := range []string{"jobs('x'", "jobs('x)", "jobs('')", "jobs(a'b)", "jobs('a''')x", "a(1b='x')", "a('x','y')", "a(b=)", "a(x,y)"} {
		t.Run(segment, func(t *testing.T) {
			t.Parallel()

			if got, err := odata.ParsePath([]string{segment}); !errs.Is(err, errs.Invalid) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	if _, err := odata.ParsePath(strings.Split(strings.Repeat("a/", 30), "/")); !errs.Is(err, errs.Invalid) {
		t.Errorf("thirty segments: %v", err)
	}
}

func FuzzParsePath(f *testing.F) {
	f.Add("users('a''b')/manager/$ref")
	f.Add("applications(appId='x')/microsoft.graph.delta()")
	f.Fuzz(func(t *testing.T, path string) {
		segments, err := odata.ParsePath(strings.Split(path, "/"))
		if err != nil && !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
		for _, s := range segments {
			if s.Name == "" || s.Key != nil && s.Key.Value == "" {
				t.Fatalf("%q gave the empty segment %+v", path, s)
			}
		}
	})
}
