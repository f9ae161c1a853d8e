package jobs_test

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/jobs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// TestStartTriesWhatWaits: whoever mends an application and starts the job, or restarts
// it without saying what to forget, does not wait for hours.
func TestStartTriesWhatWaits(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]func(s *jobs.Service, w *world, id synchronization.JobID) error{
		"start": func(s *jobs.Service, w *world, id synchronization.JobID) error {
			return s.Start(w.t.Context(), tenant, w.sp.ID, id)
		},
		"pause and start": func(s *jobs.Service, w *world, id synchronization.JobID) error {
			if err := s.Pause(w.t.Context(), tenant, w.sp.ID, id); err != nil {
				return err
			}
			return s.Start(w.t.Context(), tenant, w.sp.ID, id)
		},
		"restart": func(s *jobs.Service, w *world, id synchronization.JobID) error {
			return s.Restart(w.t.Context(), tenant, w.sp.ID, id, synchronization.ResetDefault)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 5, 0)
			w.refuses.Store(true)
			s, stop := running(t, jobs.Options{
				Store: w.db, Credentials: secrets{w.base}, Outbound: http.DefaultTransport, Log: slog.New(slog.DiscardHandler), Now: wall, NewID: uuid.NewString,
				Holder: "one", Interval: time.Hour,
			})
			defer stop()
			id := w.job(s)
			require.Eventually(t, func() bool { return w.stored(id).Watermark > 0 }, 20*time.Second, time.Millisecond)
			require.EqualValues(t, 5, w.stored(id).Status.LastExecution.Escrowed)
			page, err := w.db.Logs(t.Context(), tenant, store.LogQuery{})
			require.NoError(t, err)
			require.Equal(t, synchronization.SummaryInitiator{DisplayName: "Azure AD Provisioning Service", InitiatorType: "system"}, page.Entries[0].InitiatedBy, "nobody asked for it")
			w.refuses.Store(false)
			require.NoError(t, order(s, w, id))
			require.Eventually(t, func() bool { return w.accounts() == 5 }, 20*time.Second, time.Millisecond)
		})
	}
}
