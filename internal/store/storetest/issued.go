package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// issued is a grant that lasts an hour.
func (f *fixture) issued(digest, family string) store.IssuedGrant {
	return store.IssuedGrant{Digest: []byte(digest), Family: family, Document: []byte("for " + digest), Expires: f.now.Add(time.Hour)}
}

func issuedChecks() []check {
	return []check{
		{"a grant comes back as it was added", func(f *fixture) {
			g := f.issued("code", "one")
			f.succeed(f.AddIssued(f.Context(), f.tenant, g))
			got, err := f.Issued(f.Context(), f.tenant, g.Digest)
			f.succeed(err)
			f.same(got, g, "grant")
			f.fail(f.issuedGone("never given"), errs.NotFound)
		}},
		{"all are added or none", func(f *fixture) {
			f.succeed(f.AddIssued(f.Context(), f.tenant, f.issued("code", "one")))
			f.fail(f.AddIssued(f.Context(), f.tenant, f.issued("other", "two"), f.issued("code", "two")), errs.Conflict)
			f.fail(f.issuedGone("other"), errs.NotFound)
		}},
		{"a document is changed, or not when the change is refused", func(f *fixture) {
			f.succeed(f.AddIssued(f.Context(), f.tenant, f.issued("device", "one")))
			change := func(document string, refusal error) error {
				return f.ChangeIssued(f.Context(), f.tenant, []byte("device"), func(store.IssuedGrant) ([]byte, error) { return []byte(document), refusal })
			}
			f.succeed(change("approved", nil))
			f.fail(change("declined", errs.New(errs.Conflict, "Conflict", "decided already")), errs.Conflict)
			got, err := f.Issued(f.Context(), f.tenant, []byte("device"))
			f.succeed(err)
			f.same(string(got.Document), "approved", "document")
			err = f.ChangeIssued(f.Context(), f.tenant, []byte("never given"), func(g store.IssuedGrant) ([]byte, error) { return g.Document, nil })
			f.fail(err, errs.NotFound)
		}},
		{"of many who redeem one grant a single one does", redeemOnce},
		{"redeeming adds what follows", redeemFollows},
		{"redeeming again is accepted for a while", redeemAgain},
		{"of a revoked family nothing follows", redeemOrRevoke},
		{"a family is revoked together", func(f *fixture) {
			f.succeed(f.AddIssued(f.Context(), f.tenant, f.issued("code", "one"), f.issued("refresh", "one"), f.issued("other", "two")))
			f.succeed(f.RevokeIssued(f.Context(), f.tenant, "one"))
			f.fail(f.issuedGone("code"), errs.NotFound)
			f.fail(f.issuedGone("refresh"), errs.NotFound)
			f.succeed(f.issuedGone("other"))
			f.succeed(f.RevokeIssued(f.Context(), f.tenant, "none"))
		}},
		{"the expired are pruned", func(f *fixture) {
			late := f.issued("new", "two")
			late.Expires = f.now.Add(2 * time.Hour)
			f.succeed(f.AddIssued(f.Context(), f.tenant, f.issued("old", "one"), late))
			pruned, err := f.PruneIssued(f.Context(), f.now.Add(time.Hour))
			f.succeed(err)
			equal(f, pruned, 1, "pruned")
			f.fail(f.issuedGone("old"), errs.NotFound)
			f.succeed(f.issuedGone("new"))
		}},
	}
}

// issuedGone is the error of looking a grant up.
func (f *fixture) issuedGone(digest string) error {
	_, err := f.Issued(f.Context(), f.tenant, []byte(digest))
	return err
}

func redeemOnce(f *fixture) {
	f.succeed(f.AddIssued(f.Context(), f.tenant, f.issued("code", "one")))
	var (
		together sync.WaitGroup
		firsts   atomic.Int64
	)
	for range 16 {
		together.Go(func() {
			first, err := f.redeem("code", 0, 0)
			if err != nil {
				f.Error(err)
			}
			if first {
				firsts.Add(1)
			}
		})
	}
	together.Wait()
	equal(f, firsts.Load(), 1, "who redeemed it")
}

func redeemFollows(f *fixture) {
	f.succeed(f.AddIssued(f.Context(), f.tenant, f.issued("code", "one")))
	first, err := f.redeem("code", 0, 0, "refresh")
	f.succeed(err)
	f.holds(first, "it was not redeemed before")
	again, err := f.redeem("code", 0, 0, "another")
	f.succeed(err)
	f.holds(!again, "it is redeemed")
	got, err := f.Issued(f.Context(), f.tenant, []byte("code"))
	f.succeed(err)
	f.same(got.Redeemed, f.now, "redeemed")
	f.succeed(f.issuedGone("refresh"))
	f.fail(f.issuedGone("another"), errs.NotFound)
	_, err = f.redeem("never given", 0, 0)
	f.fail(err, errs.NotFound)
}

// redeem redeems a grant some time from now, with a grace, and adds others of family
// one.
func (f *fixture) redeem(digest string, after, grace time.Duration, next ...string) (bool, error) {
	r := store.Redemption{Digest: []byte(digest), At: f.now.Add(after), Grace: grace}
	for _, name := range next {
		r.Next = append(r.Next, f.issued(name, "one"))
	}
	return f.RedeemIssued(f.Context(), f.tenant, r)
}

func redeemAgain(f *fixture) {
	const grace = time.Minute
	f.succeed(f.AddIssued(f.Context(), f.tenant, f.issued("token", "one")))
	for _, step := range []struct {
		after time.Duration
		next  string
		want  bool
	}{{0, "first", true}, {grace, "lost", true}, {grace + time.Microsecond, "late", false}} {
		accepted, err := f.redeem("token", step.after, grace, step.next)
		f.succeed(err)
		equal(f, accepted, step.want, step.next)
		f.holds((f.issuedGone(step.next) == nil) == step.want, "what follows is there when it was redeemed")
	}
	f.succeed(f.RevokeIssued(f.Context(), f.tenant, "one"))
	_, err := f.redeem("token", 0, grace, "after")
	f.fail(err, errs.NotFound)
	f.fail(f.issuedGone("after"), errs.NotFound)
}

// redeemOrRevoke redeems again what is revoked at the same time: whoever comes first,
// nothing of the family stays.
func redeemOrRevoke(f *fixture) {
	for n := range 30 {
		f.succeed(f.AddIssued(f.Context(), f.tenant, f.issued("token", "one")))
		_, err := f.redeem("token", 0, time.Minute)
		f.succeed(err)
		next := fmt.Sprintf("next %d", n)
		var together sync.WaitGroup
		together.Go(func() {
			if _, err := f.redeem("token", 0, time.Minute, next); err != nil && !errs.Is(err, errs.NotFound) {
				f.Error(err)
			}
		})
		together.Go(func() {
			if err := f.RevokeIssued(f.Context(), f.tenant, "one"); err != nil {
				f.Error(err)
			}
		})
		together.Wait()
		f.fail(f.issuedGone("token"), errs.NotFound)
		f.fail(f.issuedGone(next), errs.NotFound)
	}
}

func replyChecks() []check {
	const life = 10 * time.Minute
	digest := []byte("request")
	return []check{
		{"the first begins, the next finds its answer", func(f *fixture) {
			begin := func() ([]byte, bool) {
				document, first, err := f.BeginReply(f.Context(), f.tenant, digest, f.now, f.now.Add(life))
				f.succeed(err)
				return document, first
			}
			_, first := begin()
			f.holds(first, "nobody was before")
			document, first := begin()
			f.holds(!first && document == nil, "the answer is still to come")
			f.succeed(f.EndReply(f.Context(), f.tenant, digest, []byte("answer")))
			document, first = begin()
			f.holds(!first && string(document) == "answer", "the answer is there")
			f.succeed(f.EndReply(f.Context(), f.tenant, digest, nil))
			_, first = begin()
			f.holds(first, "it was forgotten")
		}},
		{"an expired one counts as none", func(f *fixture) {
			_, _, err := f.BeginReply(f.Context(), f.tenant, digest, f.now, f.now.Add(life))
			f.succeed(err)
			f.succeed(f.EndReply(f.Context(), f.tenant, digest, []byte("answer")))
			document, first, err := f.BeginReply(f.Context(), f.tenant, digest, f.now.Add(life), f.now.Add(2*life))
			f.succeed(err)
			f.holds(first && document == nil, "it begins anew")
			pruned, err := f.PruneReplies(f.Context(), f.now.Add(2*life))
			f.succeed(err)
			equal(f, pruned, 1, "pruned")
		}},
	}
}
