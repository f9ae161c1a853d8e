package trial_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/expression/trial"
	"github.com/provisor/provisor/internal/synchronization"
)

// exchange is one file of testdata: what is sent to parseExpression, and what
// comes back.
type exchange struct {
	Request  json.RawMessage `json:"request"`
	Response json.RawMessage `json:"response"`
}

func TestExchanges(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("testdata has no exchanges", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var e exchange
			decode(t, text, &e)
			var request trial.Request
			decode(t, e.Request, &request)
			got, err := json.Marshal(trial.Run(request, setting()))
			if err != nil {
				t.Fatal(err)
			}
			var have, want any
			decode(t, got, &have)
			decode(t, e.Response, &want)
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("(-stated +got)\n%s", diff)
			}
		})
	}
}

func setting() trial.Setting {
	return trial.Setting{
		Schema: synchronization.DefaultSchema(), Now: time.Date(2025, 7, 30, 8, 15, 0, 0, time.UTC), DefaultDomain: "contoso.com",
	}
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func TestPropertiesSurviveARoundTrip(t *testing.T) {
	t.Parallel()
	for _, value := range []any{nil, "x", true, 12.5, []any{"a", "b"}, map[string]any{"x": "y"}} {
		text, err := json.Marshal(trial.Property{Key: "k", Value: value})
		if err != nil {
			t.Fatal(err)
		}
		var again trial.Property
		decode(t, text, &again)
		if diff := cmp.Diff(trial.Property{Key: "k", Value: value}, again); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
	}
	if err := json.Unmarshal([]byte(`"x"`), &trial.Property{}); err == nil {
		t.Error("a text is taken for a property")
	}
}

// FuzzRun: whatever the request, the response says either what came out or what
// is wrong.
func FuzzRun(f *testing.F) {
	f.Add(`{"expression":"Append([a],\"b\")","testInputObject":{"properties":[{"key":"a","value":"x"}]}}`)
	f.Add(`{"expression":"Join(","testInputObject":null}`)
	f.Add(`{"expression":"Item([a], 3)","testInputObject":{"properties":[{"key":"a","value@odata.type":"#Collection(String)","value":["x"]}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var request trial.Request
		if json.Unmarshal([]byte(text), &request) != nil {
			return
		}
		r := trial.Run(request, setting())
		switch {
		case r.EvaluationResult == nil:
			t.Fatal("the result is no list")
		case !r.ParsingSucceeded && (r.Error == nil || r.EvaluationSucceeded || r.ParsedExpression != nil):
			t.Fatalf("parsing failed: %+v", r)
		case r.EvaluationSucceeded && r.Error != nil:
			t.Fatalf("evaluation succeeded with %+v", r.Error)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
	})
}
