package odata_test

import (
	"encoding/json"
	"testing"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
)

func TestMatch(t *testing.T) {
	t.Parallel()

	var entity map[string]any
	const document = `{"id":"A1","n":5,"on":true,"gone":null,"tags":["x","y"],"roles":[{"id":"r1"}],
		"status":{"code":"Active"},"at":"2026-01-02T03:04:05Z"}`
	if err := json.Unmarshal([]byte(document), &entity); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		filter string
		want   bool
	}{
		{"id eq 'a1'", true},
		{"ID ne 'a1'", false},
		{"n ge 5 and n lt 5.5", true},
		{"n gt 5 or on eq true", true},
		{"on eq false", false},
		{"not (on eq true)", false},
		{"gone eq null", true},
		{"id eq null", false},
		{"gone gt 1", false},
		{"status/code in ('Paused','Active')", true},
		{"gone/deeper eq null", true},
		{"startswith(id,'a') and endswith(id,'1') and contains(id,'')", true},
		{"contains(n,'5')", false},
		{"tags/any(t: t eq 'Y')", true},
		{"roles/any(r: r/id eq 'r2')", false},
		{"tags/any()", true},
		{"at le 2026-01-02T03:04:05Z", true},
		{"at gt 2026-01-02T03:04:05Z", false},
		{"id eq 5", false},
	}
	for _, test := range tests {
		t.Run(test.filter, func(t *testing.T) {
			t.Parallel()

			expr, err := odata.ParseFilter(test.filter)
			if err != nil {
				t.Fatal(err)
			}
			got, err := odata.Match(expr, entity)
			if err != nil || got != test.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	for _, filter := range []string{"nothing eq 1", "id/x eq 1", "nothing/any()", "tags/any(t: u eq 1)"} {
		expr, err := odata.ParseFilter(filter)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := odata.Match(expr, entity); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: got %v", filter, err)
		}
	}
}
