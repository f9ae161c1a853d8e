package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/store"
)

// sit takes a seat at the target for the length of a slice, and leaves the others who
// work on it, in whichever process, their part. It returns the function that gives
// the seat back. A database that does not answer changes nothing: the part stays what
// it was.
func (s *Service) sit(ctx context.Context, claim store.Claim, client *scimclient.Client) func() {
	target := client.Origin()
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	share := func() {
		taken, err := s.Store.TakeSeat(ctx, target, claim.Holder+"/"+string(claim.Job.ID), s.Now(), s.Lease)
		switch {
		case err == nil:
			client.Share(taken)
		case ctx.Err() == nil:
			s.Log.LogAttrs(ctx, slog.LevelWarn, "cannot see who else works on a target", slog.String("target", target), slog.String("error", err.Error()))
		}
	}
	share()
	go func() {
		defer close(done)
		ticker := time.NewTicker(s.Lease / 3)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				share()
			}
		}
	}()
	return func() {
		stop()
		<-done
		_ = s.Store.LeaveSeat(context.WithoutCancel(ctx), target, claim.Holder+"/"+string(claim.Job.ID)) // it ends by itself
	}
}
