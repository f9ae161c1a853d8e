package odata_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
)

func everyOption() []odata.Option {
	return []odata.Option{
		odata.FilterOption, odata.OrderByOption, odata.SelectOption, odata.ExpandOption, odata.TopOption,
		odata.SkipOption, odata.CountOption, odata.SearchOption, odata.SkipTokenOption,
	}
}

func TestParseOptions(t *testing.T) {
	t.Parallel()

	query := url.Values{
		"$orderby":    {"displayName desc, id"},
		"$select":     {"id, displayName"},
		"expand":      {"manager($select=id,mail),owners"},
		"$TOP":        {"5"},
		"$skip":       {"10"},
		"$count":      {"true"},
		"$search":     {`"displayName:al ice"`},
		"$skiptoken":  {"abc"},
		"api-version": {"2022-09-01"},
	}
	got, err := odata.ParseOptions(query, everyOption()...)
	if err != nil {
		t.Fatal(err)
	}
	want := odata.Options{
		OrderBy: []odata.Order{{Property: "displayName", Descending: true}, {Property: "id"}},
		Select:  []string{"id", "displayName"},
		Expand:  []odata.Expand{{Name: "manager", Select: []string{"id", "mail"}}, {Name: "owners"}},
		Top:     5, Skip: 10, Count: true, Search: "al ice", SkipToken: "abc",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

func TestParseOptionsFaults(t *testing.T) {
	t.Parallel()

	tests := []struct{ query, says string }{
		{"$apply=x", "'$apply' is not supported"},
		{"$top=0", "Invalid page size specified: '0'. Must be between 1 and 999 inclusive."},
		{"$top=1000", "Invalid page size"},
		{"$top=x", "Invalid page size"},
		{"$top=1&$top=2", "'$top' is given more than once"},
		{"$top=1&top=2", "'$top' is given more than once"},
		{"$skip=-1", "'$skip' is '-1'"},
		{"$count=yes", "'$count' is 'yes'"},
		{"$select=a b", "'a b' is not the name of a property"},
		{"$select=", "'' is not the name of a property"},
		{"$orderby=a up", "'a up' is not a property"},
		{"$orderby=,", "Invalid orderby"},
		{"$expand=manager($levels=many)", "'$levels' is 'many'"},
		{"$expand=manager($filter=a eq 1)", "'$filter' is not supported inside $expand"},
		{"$expand=manager(", "is not a navigation property"},
		{"$search=", "Invalid search clause"},
		{`$search="a" "b"`, "Invalid search clause"},
		{`$search="a" OR`, "Invalid search clause"},
		{`$search="a" NOT "b"`, "Invalid search clause"},
		{`$search="mail:"`, "Invalid search clause"},
		{`$search="a b:c"`, "Invalid search clause"},
		{"$filter=a", "Invalid filter clause"},
		{"filter=a", "Invalid filter clause"}, // never silently ignored for want of a dollar sign
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			t.Parallel()

			query, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			_, err = odata.ParseOptions(query, everyOption()...)
			if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want an Invalid error that says %q", err, test.says)
			}
		})
	}
}

func TestOptionThatTheResourceLacks(t *testing.T) {
	t.Parallel()

	_, err := odata.ParseOptions(url.Values{"$filter": {"a eq 1"}}, odata.SelectOption)
	if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "'$filter' is not supported on this resource") {
		t.Errorf("got %v", err)
	}
}

func TestSkipToken(t *testing.T) {
	t.Parallel()

	token := odata.NewSkipToken("42", "/users", "a eq 1")
	if position, err := odata.ResumeSkipToken(token, "/users", "a eq 1"); err != nil || position != "42" {
		t.Errorf("got %q, %v", position, err)
	}
	for name, forged := range map[string]string{"empty": "", "text": "42", "not base64": "*"} {
		if _, err := odata.ResumeSkipToken(forged, "/users", "a eq 1"); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := odata.ResumeSkipToken(token, "/users", "a eq 2"); !errs.Is(err, errs.Invalid) {
		t.Errorf("a token of another filter: got %v", err)
	}
}
