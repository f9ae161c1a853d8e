package jobs_test

import (
	"log/slog"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/jobs"
	"github.com/provisor/provisor/internal/synchronization"
)

// TestMistypedSettingsAreRefused: a setting that begins as ours do and is none would be
// kept and change nothing. What Graph's clients send is kept, known or not.
func TestMistypedSettingsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, 0)
	s := jobs.New(jobs.Options{Store: w.db, Credentials: secrets{w.base}, Log: slog.New(slog.DiscardHandler), Now: wall, NewID: uuid.NewString, Holder: "one"})
	id := w.unstarted(s)
	set := func(name, value string) error {
		_, err := s.SetSettings(t.Context(), tenant, w.sp.ID, id, []synchronization.KeyValue{{Name: name, Value: value}})
		return err
	}
	err := set("ProvisorDialekt", "rfc7644")
	require.True(t, errs.Is(err, errs.Invalid), "%v", err)
	require.ErrorContains(t, err, "did you mean ProvisorDialect?")
	require.Empty(t, w.stored(id).Settings)
	require.NoError(t, set("AzureIngestionAttributeOptimization", "False"))
	require.NoError(t, set("provisordialect", "rfc7644"))
	require.Len(t, w.stored(id).Settings, 2)
}
