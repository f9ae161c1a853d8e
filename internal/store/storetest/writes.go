package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

func writeChecks() []check {
	return []check{
		{"a context that has ended does nothing", endedContext},
		{"a context that ends in the middle takes the write back", cancelledWrite},
		{"writes at once succeed or fail each for itself", writesApart},
		{"a closed store answers that it is unavailable", closed},
		{"a store answers while it is open", answers},
	}
}

func endedContext(t *testing.T, f *fixture) {
	head := f.head(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.CreateObject(ctx, f.tenant, directory.Object{ID: f.id(), Kind: directory.User, Created: f.now})
	holds(t, errors.Is(err, context.Canceled) && errs.Is(err, errs.Unavailable), fmt.Sprint("the write is cancelled: ", err))
	_, err = f.Objects(ctx, f.tenant, store.Query{})
	holds(t, errors.Is(err, context.Canceled), fmt.Sprint("the read is cancelled: ", err))
	equal(t, f.head(t), head, "head")
}

func cancelledWrite(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := f.UpdateObject(ctx, f.tenant, store.Ref{ID: u.ID}, f.now, func(a directory.Attributes) (directory.Attributes, error) {
		cancel()
		a["department"] = "x"
		return a, nil
	})
	holds(t, errors.Is(err, context.Canceled), fmt.Sprint("the write is cancelled: ", err))
	same(t, f.again(t, u), u, "the object")
}

// writesApart makes many writes at once, half of which must fail.
func writesApart(t *testing.T, f *fixture) {
	f.user(t, "taken")
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
			_, failures[i] = f.CreateObject(t.Context(), f.tenant, directory.Object{
				ID: ids[i], Kind: directory.User, Created: f.now, Attributes: directory.Attributes{"userPrincipalName": name},
			})
		})
	}
	work.Wait()
	for i, err := range failures {
		_, found := f.Object(t.Context(), f.tenant, store.Ref{ID: ids[i]})
		if i%2 == 0 {
			fail(t, err, errs.Conflict)
			fail(t, found, errs.NotFound)
			continue
		}
		succeed(t, err)
		succeed(t, found)
	}
	equal(t, f.head(t), 1+n/2, "head: refused writes take no number")
}

func closed(t *testing.T, f *fixture) {
	succeed(t, f.Close())
	fail(t, f.Ping(t.Context()), errs.Unavailable)
	fail(t, f.PutSetting(t.Context(), "a", nil), errs.Unavailable)
	succeed(t, f.Close())
}

func answers(t *testing.T, f *fixture) {
	succeed(t, f.Ping(t.Context()))
}
