package odata_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
)

func TestFormatTime(t *testing.T) {
	t.Parallel()

	tests := []struct {
		in   time.Time
		want string
	}{
		{time.Time{}, "0001-01-01T00:00:00Z"},
		{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "2026-01-02T03:04:05Z"},
		{time.Date(2026, 1, 2, 3, 4, 5, 648_180_400, time.UTC), "2026-01-02T03:04:05.6481804Z"},
		{time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)), "2026-01-02T02:04:05Z"},
	}
	for _, test := range tests {
		if got := odata.FormatTime(test.in); got != test.want {
			t.Errorf("%v: got %s, want %s", test.in, got, test.want)
		}
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()

	tests := []struct {
		in   time.Duration
		want string
	}{
		{0, "PT0S"},
		{40 * time.Minute, "PT40M"},
		{24 * time.Hour, "P1D"},
		{26*time.Hour + 3500*time.Millisecond, "P1DT2H3.5S"},
	}
	for _, test := range tests {
		if got := odata.FormatDuration(test.in); got != test.want {
			t.Errorf("%v: got %s, want %s", test.in, got, test.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		want := time.Duration(rapid.Int64Range(0, int64(1000*24*time.Hour)).Draw(t, "d")).Truncate(time.Millisecond)
		got, err := odata.ParseDuration(odata.FormatDuration(want))
		if diff := (got - want).Abs(); err != nil || diff > time.Microsecond {
			t.Fatalf("%s: got %v, %v", odata.FormatDuration(want), got, err)
		}
	})
	for _, bad := range []string{"", "P", "PT", "40M", "PT40", "P40M", "PT1S2M", "PT-1S", "P1DT", "PT1e3S", "PTxS"} {
		if got, err := odata.ParseDuration(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: got %v, %v", bad, got, err)
		}
	}
}

func TestProject(t *testing.T) {
	t.Parallel()

	entity := map[string]any{"@odata.context": "c", "id": "1", "displayName": "d", "mail": "m"}
	got := odata.Project(entity, []string{"ID", "displayName", "manager", "name/first"})
	want := map[string]any{"@odata.context": "c", "id": "1", "displayName": "d", "manager": nil, "name": nil}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := odata.Project(entity, nil); len(got) != len(entity) {
		t.Errorf("without a selection: got %v", got)
	}
}

func TestContexts(t *testing.T) {
	t.Parallel()

	c := odata.Context{Root: "https://host/v1.0"}
	jobs := odata.Contained("servicePrincipals", "o'x", "synchronization", "jobs")
	for got, want := range map[string]string{
		c.Collection("users"):                      "https://host/v1.0/$metadata#users",
		c.Collection("users", "id", "displayName"): "https://host/v1.0/$metadata#users(id,displayName)",
		c.Entity("users"):                          "https://host/v1.0/$metadata#users/$entity",
		c.Entity(jobs):                             "https://host/v1.0/$metadata#servicePrincipals('o''x')/synchronization/jobs/$entity",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestErrorBodyKeepsTheCause(t *testing.T) {
	t.Parallel()

	e := errs.Wrap(errors.New("pq: password=hunter2"), errs.Invalid, "InvalidCredentials", "The token endpoint refused.").
		WithTarget("credentials").
		WithDetails(errs.Detail{Code: "invalid_grant", Message: "expired"})
	inner := odata.NewInnerError(time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), "r", "c")
	got, err := json.Marshal(odata.NewErrorBody(e, inner))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"error":{"code":"InvalidCredentials","message":"The token endpoint refused.","target":"credentials",` +
		`"details":[{"code":"invalid_grant","message":"expired"}],` +
		`"innerError":{"date":"2026-01-02T03:04:05","request-id":"r","client-request-id":"c"}}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
