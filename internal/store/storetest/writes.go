package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"

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
