package odata_test

import (
	"testing"

	"github.com/provisor/provisor/internal/odata"
)

// search reads a $search and writes what it asks for.
func search(text string) (string, error) {
	o, err := odata.ParseOptions(map[string][]string{"$search": {text}}, odata.SearchOption)
	if err != nil {
		return "", err
	}
	if o.Sought != nil {
		return odata.Format(o.Sought), nil
	}
	return o.Search, nil
}

func TestSearch(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		`ada`:                     "ada",
		`"displayName:ada b"`:     "ada b",
		`"mail:ada"`:              "search(mail,'ada')",
		`"a" OR "b"`:              "search(displayName,'a') or search(displayName,'b')",
		`"a" and "mail:b" OR "c"`: "search(displayName,'a') and search(mail,'b') or search(displayName,'c')",
		`"a" OR "b" AND "c:d"`:    "search(displayName,'a') or search(displayName,'b') and search(c,'d')",
		`"mail:x:y"`:              "search(mail,'x:y')",
	} {
		if got, err := search(text); err != nil || got != want {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	if _, err := odata.ParseFilter("search(mail,'x')"); err == nil {
		t.Error("a filter searches")
	}
}

// TestSearchMatches: a search in memory means what it means in the database.
func TestSearchMatches(t *testing.T) {
	t.Parallel()

	entity := map[string]any{"displayName": "Ada-Marie O'Neil", "mail": nil}
	for words, want := range map[string]bool{"ada": true, "marie ad": true, "o'n": true, "rie": false, "ada bob": false} {
		got, err := odata.Match(odata.Call{Function: odata.Search, Property: "displayName", Value: words}, entity)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", words, got, err)
		}
	}
	if got, err := odata.Match(odata.Call{Function: odata.Search, Property: "mail", Value: "x"}, entity); got || err != nil {
		t.Errorf("null: %v, %v", got, err)
	}
}

// FuzzSearch: no $search brings the reader to fail.
func FuzzSearch(f *testing.F) {
	f.Add(`"displayName:a" AND "mail:b" OR c`)
	f.Add(`"`)
	f.Add(`""`)
	f.Add(`"a" OR`)
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := search(text); err == nil && got == "" {
			t.Errorf("%q asks for nothing", text)
		}
	})
}
