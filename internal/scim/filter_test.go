package scim_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/scim"
)

const filtered = `{
	"id": "u1", "userName": "Ann@x.org", "externalId": "E1", "active": true, "age": 30, "nickName": "",
	"name": {"familyName": "O'Malley"}, "title": null,
	"emails": [{"type": "work", "value": "ann@x.org", "primary": true}, {"type": "home", "value": "ann@home.example"}],
	"meta": {"lastModified": "2024-05-13T04:42:34Z"},
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "D1", "manager": {"value": "m1"}},
	"members": [{"value": "a"}, {"value": "b"}], "tags": ["red", "blue"]
}`

func TestFilterMatch(t *testing.T) {
	t.Parallel()

	tests := []struct {
		filter string
		want   bool
	}{
		{`userName eq "ann@X.ORG"`, true},
		{`USERNAME Eq "ann@x.org"`, true},
		{`externalId eq "e1"`, false}, // caseExact
		{`externalId eq "E1"`, true},
		{`userName ne "bob"`, true},
		{`title ne "x"`, true},
		{`title eq null`, true},
		{`userName eq null`, false},
		{`userName ne null`, true},
		{`title pr`, false},
		{`nickName pr`, false},
		{`name pr`, true},
		{`name.familyName co "o'm"`, true},
		{`name.familyName sw "O'M"`, true},
		{`name.familyName ew "LEY"`, true},
		{`name.familyName ew "lex"`, false},
		{`active eq true`, true},
		{`active eq "True"`, true},
		{`active ne true`, false},
		{`active eq "yes"`, false},
		{`age gt 29.5`, true},
		{`age le 29`, false},
		{`age eq 30`, true},
		{`meta.lastModified ge "2024-05-13T06:42:34+02:00"`, true},
		{`meta.lastModified gt "2024-05-13T04:42:34Z"`, false},
		{`meta.lastModified lt "2024-05-14T00:00:00Z"`, true},
		{`userName gt "aaa"`, true},
		{`emails eq "ANN@home.example"`, true},
		{`emails.value co "@home"`, true},
		{`emails[type eq "work"].value eq "ann@x.org"`, true},
		{`emails[type eq "home"].value eq "ann@x.org"`, false},
		{`emails[type eq "home" and value co "home"]`, true},
		{`emails[type eq "home" and primary eq true]`, false},
		{`not (emails[type eq "pager"])`, true},
		{enterprise + `:department eq "d1"`, true},
		{enterprise + `:manager eq "m1"`, true},
		{enterprise + `:manager.value eq "m2"`, false},
		{`members eq "b"`, true},
		{`id eq "u1" and members eq "c"`, false},
		{`tags eq "blue"`, true},
		{`userName eq "x" or externalId eq "E1" and active eq true`, true},
		{`(userName eq "x" or externalId eq "E1") and active eq false`, false},
		{`unknown eq "x"`, false},
	}
	r, user := mustResource(t, filtered), scim.NewUserType()
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			t.Parallel()

			f, err := scim.ParseFilter(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Match(r, user.CaseExact); got != tt.want {
				t.Errorf("Match = %t", got)
			}
		})
	}
}

func TestParseFilterRefuses(t *testing.T) {
	t.Parallel()

	for _, in := range []string{
		"", "userName", "userName eq", `userName eq bob`, `userName eq "a" and`, `userName like "a"`, `(userName pr`, `userName pr)`,
		`not userName pr`, `userName eq "a" xor title pr`, `active gt true`, `title co null`, `userName eq {}`, `emails[type eq "x"`,
		`emails[type[x pr] eq "y"]`, `eq "a"`, `userName eq "a" title pr`, strings.Repeat("(", 100) + "a pr" + strings.Repeat(")", 100),
		`a eq "` + strings.Repeat("x", 1<<15) + `"`,
	} {
		t.Run(in[:min(len(in), 40)], func(t *testing.T) {
			t.Parallel()

			f, err := scim.ParseFilter(in)
			if err == nil {
				t.Fatalf("parsed as %s, want an error", f)
			}
			wantScimType(t, err, scim.InvalidFilter)
		})
	}
}

func TestFilterPrints(t *testing.T) {
	t.Parallel()

	for _, tt := range [][2]string{
		{`a eq 1 and b eq 2 and c eq 3`, ""},
		{`a pr and (b pr and c pr)`, ""},
		{`a pr and (b pr or c pr)`, ""},
		{`a pr or b pr and c pr`, ""},
		{`((a pr)) OR (b PR)`, `a pr or b pr`},
		{`NOT(a pr or b pr)`, `not (a pr or b pr)`},
		{`a eq "\u0041\n"`, `a eq "A\u000a"`},
		{`  a   eq   1.50  `, `a eq 1.50`},
	} {
		f, err := scim.ParseFilter(tt[0])
		if err != nil {
			t.Errorf("%s: %v", tt[0], err)
			continue
		}
		want := tt[1]
		if want == "" {
			want = tt[0]
		}
		if f.String() != want {
			t.Errorf("%s prints as %s, want %s", tt[0], f, want)
		}
	}
}

func TestFilterEquality(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct {
		filter, path, value string
		lone                bool
	}{
		{`userName eq "a"`, "userName", "a", true},
		{`active eq true and externalId eq "b"`, "externalId", "b", false},
		{`userName eq "a" or title pr`, "", "", false},
		{`not (userName eq "a")`, "", "", false},
		{`userName ne "a"`, "", "", false},
	} {
		f, err := scim.ParseFilter(tt.filter)
		if err != nil {
			t.Fatal(err)
		}
		p, v, ok := f.Equality()
		if p.String() != tt.path || v != tt.value || ok != (tt.path != "") || f.IsEquality() != tt.lone {
			t.Errorf("%s: Equality() = %s, %q, %t", tt.filter, p, v, ok)
		}
	}
}

func TestFilterAnd(t *testing.T) {
	t.Parallel()

	a, err := scim.ParseFilter(`a pr or b pr`)
	if err != nil {
		t.Fatal(err)
	}
	b := scim.Equal(mustPath(t, "c"), "d")
	for _, tt := range []struct {
		f    scim.Filter
		want string
	}{
		{a.And(b), `(a pr or b pr) and c eq "d"`},
		{b.And(a), `c eq "d" and (a pr or b pr)`},
		{a.And(scim.Filter{}), `a pr or b pr`},
		{scim.Filter{}.And(b), `c eq "d"`},
		{scim.Filter{}.And(scim.Filter{}), ""},
	} {
		if tt.f.String() != tt.want {
			t.Errorf("got %s, want %s", tt.f, tt.want)
		}
	}
	if !(scim.Filter{}).Match(scim.Resource{}, nil) {
		t.Error("the zero Filter does not match")
	}
}

func TestEqualMatchesEveryStringLiterally(t *testing.T) {
	t.Parallel()

	userName := mustPath(t, "userName")
	exact := func(string) bool { return true }
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(rapid.String(), rapid.StringMatching(`["\\\[\]() a-c\x00-\x20]*`)).Draw(t, "value")
		f, err := scim.ParseFilter(scim.Equal(userName, v).String())
		if err != nil {
			t.Fatalf("%s: %v", scim.Equal(userName, v), err)
		}
		if !f.Match(scim.Resource{"userName": v}, exact) {
			t.Fatalf("%s does not match %q", f, v)
		}
		if f.Match(scim.Resource{"userName": v + "x"}, exact) {
			t.Fatalf("%s matches more than %q", f, v)
		}
	})
}

func TestFilterPrintsAndParses(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		text := drawFilter(t, 4)
		f, err := scim.ParseFilter(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		g, err := scim.ParseFilter(f.String())
		if err != nil || g.String() != f.String() {
			t.Fatalf("%s came back as %s, %v", f, g, err)
		}
		r := scim.Resource{"a": "x", "b": true, "c": []any{map[string]any{"type": "x", "value": "y"}}}
		if f.Match(r, nil) != g.Match(r, nil) {
			t.Fatalf("%s and %s differ", f, g)
		}
	})
}

func drawFilter(t *rapid.T, depth int) string {
	leaf := func() string {
		return rapid.SampledFrom([]string{
			`a eq "x"`, `a ne "y"`, `b eq true`, `c pr`, `c[type eq "x" or value pr]`, `c[type eq "x"].value sw "y"`, `d gt 1e3`, `a eq null`,
		}).Draw(t, "leaf")
	}
	if depth == 0 {
		return leaf()
	}
	switch rapid.IntRange(0, 4).Draw(t, "form") {
	case 0:
		return "(" + drawFilter(t, depth-1) + " or " + drawFilter(t, depth-1) + ")"
	case 1:
		return drawFilter(t, depth-1) + " or " + drawFilter(t, depth-1)
	case 2:
		return drawFilter(t, depth-1) + " and " + drawFilter(t, depth-1)
	case 3:
		return "not (" + drawFilter(t, depth-1) + ")"
	default:
		return leaf()
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{
		`userName eq "a"`, `emails[type eq "work" and value co "@x"]`, `not (a pr) or (b le 2.5 and c ne null)`,
		`userName eq "\"\\"`, enterprise + `:manager eq "m"`, `a[b eq "]"].c eq "d"`,
	} {
		f.Add(seed)
	}
	r := scim.Resource{"userName": "a", "emails": []any{map[string]any{"type": "work"}, "x", nil}, "a": map[string]any{"b": 1.5}}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := scim.ParseFilter(s)
		if err != nil {
			return
		}
		again, err := scim.ParseFilter(parsed.String())
		if err != nil || again.String() != parsed.String() {
			t.Fatalf("%q prints as %q, which parses as %q, %v", s, parsed, again, err)
		}
		if parsed.Match(r, nil) != again.Match(r, nil) {
			t.Fatalf("%q matches differently once printed", s)
		}
	})
}
