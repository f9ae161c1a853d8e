package scim_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/scim"
)

// TestLayoutPutsAsSetDoes, whatever paths come together, in whatever spelling and order.
func TestLayoutPutsAsSetDoes(t *testing.T) {
	t.Parallel()
	all := []string{
		"userName", "UserName", "name.givenName", "Name.familyname", "name", "emails", "active",
		`emails[type eq "work"].value`, `Emails[type eq "work"].Display`, `emails[type eq "home"].value`, `emails[type eq "work"].type`, `emails[type eq "work"]`,
		`emails[type eq "work" and primary eq true].value`, `emails[type ne "work"].value`, "emails.value",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "URN:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:User:userName",
	}
	rapid.Check(t, func(t *rapid.T) {
		var paths []scim.Path
		for _, text := range rapid.SliceOfN(rapid.SampledFrom(all), 1, 8).Draw(t, "paths") {
			p, err := scim.ParsePath(text)
			if err != nil {
				t.Fatal(err)
			}
			paths = append(paths, p)
		}
		values := rapid.SampledFrom([]any{"a", "work", true, nil, []string{"x", "y"}, map[string]any{"value": "v"}, []any{map[string]any{"type": "work", "value": "w"}}})
		layout := scim.NewLayout(paths...)
		want, got := scim.Resource{}, scim.Resource{}
		for i, p := range paths {
			v := values.Draw(t, "value")
			wrong, err := p.Set(want, clone(v)), layout.Put(got, i, clone(v))
			if (wrong == nil) != (err == nil) {
				t.Fatalf("%s of %v: %v, and Set says %v", p, v, err, wrong)
			}
			if diff := cmp.Diff(folded(map[string]any(want)), folded(map[string]any(got))); diff != "" {
				t.Fatalf("%s of %v differs (-Set +Put):\n%s", p, v, diff)
			}
		}
	})
}

// TestLayoutSpellsEachPlaceAsItsPath: a name elsewhere is another name.
func TestLayoutSpellsEachPlaceAsItsPath(t *testing.T) {
	t.Parallel()
	var paths []scim.Path
	for _, text := range []string{"title", "urn:example:params:scim:schemas:x:2.0:User:Title", "name.Title", "x.TITLE", "Name.title"} {
		p, err := scim.ParsePath(text)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	layout := scim.NewLayout(paths...)
	want, got := scim.Resource{}, scim.Resource{}
	for i, p := range paths {
		if err := errors.Join(p.Set(want, i), layout.Put(got, i, i)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("differs (-Set +Put):\n%s", diff)
	}
}

// clone keeps one resource from sharing a value with the other.
func clone(v any) any { return scim.Resource{"v": v}.Clone()["v"] }

// folded writes names in lower case: which of several spellings is followed, when the
// first has no value, is not agreed.
func folded(v any) any {
	switch v := v.(type) {
	case map[string]any:
		lower := map[string]any{}
		for name, member := range v {
			lower[strings.ToLower(name)] = folded(member)
		}
		return lower
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = folded(item)
		}
		return list
	default:
		return v
	}
}
