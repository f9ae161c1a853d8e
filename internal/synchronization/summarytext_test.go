package synchronization_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/synchronization"
)

// TestDocument: a record is written as encoding/json writes it.
func TestDocument(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.Make[synchronization.ObjectSummary]().Draw(t, "record")
		want, err := json.Marshal(s)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(s.Document()))
	})
	at := time.Date(2026, 5, 4, 3, 2, 1, 120_000_000, time.UTC)
	text := "a\"<\u00e9>"
	s := synchronization.ObjectSummary{
		ID: text, ActivityDateTime: at, ModifiedProperties: []synchronization.ModifiedProperty{{DisplayName: "x", NewValue: &text}},
		ProvisioningSteps: []synchronization.SummaryStep{{Name: "n", Details: map[string]string{"b": "1", "a": "2"}}},
	}
	want, err := json.Marshal(s)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(s.Document()))
}
