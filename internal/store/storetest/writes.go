package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

func writeChecks() []check {
	return []check{
		{"a context that has ended does nothing", endedContext},
		{"a context that ends in the middle takes the write back", cancelledWrite},
		{"writes at once succeed or fail each for itself", writesApart},
		{"updates at once lose nothing of each other", updatesTogether},
		{"a job that is due goes to one of those who ask at once", claimedOnce},
		{"a closed store answers that it is unavailable", closed},
		{"a store answers while it is open", answers},
	}
}

func endedContext(f *fixture) {
	head := f.head()
	ctx, cancel := context.WithCancel(f.Context())
	cancel()
	_, err := f.CreateObject(ctx, f.tenant, directory.Object{ID: f.id(), Kind: directory.User, Created: f.now})
	f.holds(errors.Is(err, context.Canceled) && errs.Is(err, errs.Unavailable), fmt.Sprint("the write is cancelled: ", err))
	_, err = f.Objects(ctx, f.tenant, store.Query{})
	f.holds(errors.Is(err, context.Canceled), fmt.Sprint("the read is cancelled: ", err))
	equal(f, f.head(), head, "head")
}

func cancelledWrite(f *fixture) {
	u := f.user("ada")
	ctx, cancel := context.WithCancel(f.Context())
	defer cancel()
	_, err := f.UpdateObject(ctx, f.tenant, store.Ref{ID: u.ID}, f.now, func(a directory.Attributes) (directory.Attributes, error) {
		cancel()
		a["department"] = "x"
		return a, nil
	})
	f.holds(errors.Is(err, context.Canceled), fmt.Sprint("the write is cancelled: ", err))
	f.same(f.again(u), u, "the object")
}

// writesApart makes many writes at once, half of which must fail.
func writesApart(f *fixture) {
	f.user("taken")
	const n = 60
	var work sync.WaitGroup
	failures := make([]error, n)
	ids := make([]directory.ObjectID, n)
	for i := range n {
		ids[i] = f.id()
		work.Go(func() {
			name := fmt.Sprintf("u%d@contoso.example", i)
			if i%2 == 0 {
				name = "taken@contoso.example"
			}
			_, failures[i] = f.CreateObject(f.Context(), f.tenant, directory.Object{
				ID: ids[i], Kind: directory.User, Created: f.now, Attributes: directory.Attributes{"userPrincipalName": name},
			})
		})
	}
	work.Wait()
	for i, err := range failures {
		_, found := f.Object(f.Context(), f.tenant, store.Ref{ID: ids[i]})
		if i%2 == 0 {
			f.fail(err, errs.Conflict)
			f.fail(found, errs.NotFound)
			continue
		}
		f.succeed(err)
		f.succeed(found)
	}
	equal(f, f.head(), 1+n/2, "head: refused writes take no number")
}

func closed(f *fixture) {
	f.succeed(f.Close())
	f.fail(f.Ping(f.Context()), errs.Unavailable)
	f.fail(f.PutSetting(f.Context(), "a", nil), errs.Unavailable)
	f.succeed(f.Close())
}

func answers(f *fixture) {
	f.succeed(f.Ping(f.Context()))
}

// updatesTogether raises numbers by reading and writing them, many at once.
func updatesTogether(f *fixture) {
	u := f.user("ada")
	f.job("a", f.id())
	const callers, each = 6, 8
	var work sync.WaitGroup
	for range callers {
		work.Go(func() {
			for range each {
				if err := f.raise(u.ID); err != nil {
					f.Error(err)
				}
			}
		})
	}
	work.Wait()
	equal(f, f.again(u).Attributes["n"], any(float64(callers*each)), "the number in an object")
	j, err := f.Job(f.Context(), f.tenant, "a")
	f.succeed(err)
	equal(f, j.Generation, int64(callers*each), "the number in a job")
	secrets, err := f.Secrets(f.Context(), f.tenant, u.ID)
	f.succeed(err)
	equal(f, len(secrets), callers*each, "secrets")
}

// raise adds one to a number of an object and of a job, and a secret to a set.
func (f *fixture) raise(id directory.ObjectID) error {
	_, err := f.UpdateObject(f.Context(), f.tenant, store.Ref{ID: id}, f.now, func(a directory.Attributes) (directory.Attributes, error) {
		n, _ := a["n"].(float64)
		a["n"] = n + 1
		return a, nil
	})
	_, other := f.UpdateJob(f.Context(), f.tenant, "a", store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		j.Generation++
		return j, nil
	})
	return errors.Join(err, other, f.UpdateSecrets(f.Context(), f.tenant, id, func(set []store.SealedSecret) ([]store.SealedSecret, error) {
		return append(set, store.SealedSecret{Key: fmt.Sprintf("%03d", len(set))}), nil
	}))
}

// claimedOnce has many workers ask for few jobs.
func claimedOnce(f *fixture) {
	const jobs, workers = 5, 12
	for i := range jobs {
		f.job(fmt.Sprint("job-", i), f.id())
	}
	var (
		work sync.WaitGroup
		mu   sync.Mutex
	)
	claimed := map[synchronization.JobID]int{}
	for w := range workers {
		work.Go(func() {
			for range jobs {
				c, ok, err := ClaimNext(f.Context(), f, fmt.Sprint("worker-", w), f.now, time.Minute)
				if err != nil {
					f.Error(err)
				}
				if ok {
					mu.Lock()
					claimed[c.Job.ID]++
					mu.Unlock()
				}
			}
		})
	}
	work.Wait()
	equal(f, len(claimed), jobs, "jobs that were claimed")
	for id, n := range claimed {
		equal(f, n, 1, "claims of "+string(id))
	}
}
