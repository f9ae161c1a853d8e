package storetest

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/subscription"
	"github.com/provisor/provisor/internal/synchronization"
)

// subscribe stores a subscription that lasts a day.
func (f *fixture) subscribe(id string, about subscription.Subject) subscription.Subscription {
	f.Helper()
	s := subscription.Subscription{
		ID: id, Tenant: f.tenant, Application: "app", Creator: "creator", Resource: "users", Subject: about, ChangeType: "updated",
		NotificationURL: "https://example.com/hook?code=x", LifecycleURL: "https://example.com/life", TLSVersion: "v1_2", Granted: true,
		Sealed: []byte("sealed"), Expires: f.now.Add(24 * time.Hour), Remind: f.now.Add(21 * time.Hour),
	}
	f.succeed(f.CreateSubscription(f.Context(), s))
	return s
}

func everyUser() subscription.Subject { return subscription.Subject{Kind: directory.User} }

// telling returns the ids of those that have something to tell at an instant.
func (f *fixture) telling(at time.Time) []string {
	f.Helper()
	due, err := f.DueSubscriptions(f.Context(), at, 10)
	f.succeed(err)
	var ids []string
	for _, d := range due {
		ids = append(ids, d.ID)
	}
	return ids
}

// turn claims the first that is due, for a minute.
func (f *fixture) turn() store.SubscriptionClaim {
	f.Helper()
	due, err := f.DueSubscriptions(f.Context(), f.now, 1)
	f.succeed(err)
	equal(f, len(due), 1, "due")
	c, ok, err := f.ClaimSubscription(f.Context(), due[0], "one", f.now, f.now.Add(time.Minute))
	f.succeed(err)
	f.holds(ok, "it is free")
	return c
}

func (f *fixture) release(c store.SubscriptionClaim, d subscription.Delivery) {
	f.Helper()
	f.succeed(f.ReleaseSubscription(f.Context(), c, store.Delivered{Delivery: d, Due: f.now}))
}

func subscriptionChecks() []check {
	return slices.Concat(subscriptionRowChecks(), subscriptionChangeChecks(), subscriptionFeedChecks(), subscriptionJobChecks(), subscriptionTurnChecks())
}

func subscriptionRowChecks() []check {
	return []check{
		{"what is stored is read", func(f *fixture) {
			one := f.group("one")
			s := f.subscribe("b", subscription.Subject{Kind: directory.Group, Object: one.ID, Members: true})
			f.subscribe("a", everyUser())
			got, err := f.Subscription(f.Context(), f.tenant, "b")
			f.succeed(err)
			s.Delivery.From = f.head()
			f.same(got, s, "subscription")
			all, err := f.Subscriptions(f.Context(), f.tenant)
			f.succeed(err)
			f.holds(len(all) == 2 && all[0].ID == "a", "all are listed by id")
			f.fail(f.CreateSubscription(f.Context(), s), errs.Conflict)
		}},
		{"what is not there is not found", func(f *fixture) {
			_, err := f.Subscription(f.Context(), f.tenant, "a")
			f.fail(err, errs.NotFound)
			f.fail(f.DeleteSubscription(f.Context(), f.tenant, "a"), errs.NotFound)
			for _, about := range []subscription.Subject{{Kind: directory.User, Object: f.id()}, {Job: "none"}} {
				f.fail(f.CreateSubscription(f.Context(), subscription.Subscription{ID: "a", Tenant: f.tenant, Subject: about}), errs.NotFound)
			}
		}},
		{"one is removed", func(f *fixture) {
			f.subscribe("a", everyUser())
			f.succeed(f.DeleteSubscription(f.Context(), f.tenant, "a"))
			_, err := f.Subscription(f.Context(), f.tenant, "a")
			f.fail(err, errs.NotFound)
		}},
		{"what expired is pruned", func(f *fixture) {
			f.subscribe("a", everyUser())
			n, err := f.PruneSubscriptions(f.Context(), f.now.Add(24*time.Hour))
			f.succeed(err)
			equal(f, n, 0, "pruned too early")
			n, err = f.PruneSubscriptions(f.Context(), f.now.Add(25*time.Hour))
			f.succeed(err)
			equal(f, n, 1, "pruned")
		}},
	}
}

func subscriptionChangeChecks() []check {
	return []check{
		{"a change keeps the delivery and makes it due", func(f *fixture) {
			f.subscribe("a", everyUser())
			f.user("ada")
			c := f.turn()
			f.succeed(f.ReleaseSubscription(f.Context(), c, store.Delivered{Delivery: c.Subscription.Delivery, Due: f.now.Add(time.Hour)}))
			f.same(f.telling(f.now), []string(nil), "due")
			changed, err := f.UpdateSubscription(f.Context(), f.tenant, "a", f.now, func(s subscription.Subscription) (subscription.Subscription, error) {
				s.Expires, s.NotificationURL, s.Sealed = f.now.Add(48*time.Hour), "https://example.com/other", nil
				s.ID, s.Subject, s.Delivery = "b", subscription.Subject{}, subscription.Delivery{From: 99}
				return s, nil
			})
			f.succeed(err)
			got, err := f.Subscription(f.Context(), f.tenant, "a")
			f.succeed(err)
			f.same(got, changed, "subscription")
			f.holds(got.NotificationURL == "https://example.com/other" && got.Sealed == nil && got.Subject == everyUser(), "what may change did")
			f.same(got.Delivery, c.Subscription.Delivery, "delivery")
			f.same(f.telling(f.now), []string{"a"}, "due")
		}},
		{"an error aborts a change", func(f *fixture) {
			s := f.subscribe("a", everyUser())
			refused := errs.New(errs.Forbidden, "No", "no")
			_, err := f.UpdateSubscription(f.Context(), f.tenant, "a", f.now, func(s subscription.Subscription) (subscription.Subscription, error) {
				s.Expires = f.now
				return s, refused
			})
			f.fail(err, errs.Forbidden)
			got, err := f.Subscription(f.Context(), f.tenant, "a")
			f.succeed(err)
			f.same(got.Expires, s.Expires, "expires")
		}},
	}
}

func subscriptionFeedChecks() []check {
	return []check{
		{"a change of the kind is to be told until it was", func(f *fixture) {
			f.user("before")
			f.subscribe("a", everyUser())
			f.group("team")
			f.same(f.telling(f.now), []string(nil), "another kind")
			f.user("ada")
			f.same(f.telling(f.now), []string{"a"}, "due")
			c := f.turn()
			f.release(c, c.Subscription.Delivery.Done(f.head()))
			f.same(f.telling(f.now), []string(nil), "told")
		}},
		{"a delta says whether the object itself changed", deltaAltered},
		{"one object is told of alone", func(f *fixture) {
			one, other := f.user("one"), f.user("other")
			f.subscribe("a", subscription.Subject{Kind: directory.User, Object: one.ID})
			f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: other.ID}, f.now))
			f.same(f.telling(f.now), []string(nil), "another object")
			f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: one.ID}, f.now))
			f.same(f.telling(f.now), []string{"a"}, "due")
		}},
		{"what waits is due without a change", func(f *fixture) {
			f.subscribe("a", everyUser())
			f.user("ada")
			c := f.turn()
			d := c.Subscription.Delivery.Done(f.head())
			d.Missed = true
			f.release(c, d)
			f.same(f.telling(f.now), []string{"a"}, "due")
		}},
		{"a reminder and the end are due once", func(f *fixture) {
			s := f.subscribe("a", everyUser())
			f.same(f.telling(s.Remind.Add(-time.Second)), []string(nil), "too early")
			f.now = s.Remind
			c := f.turn()
			f.succeed(f.ReleaseSubscription(f.Context(), c, store.Delivered{Delivery: c.Subscription.Delivery, Due: f.now, Reminded: true}))
			f.same(f.telling(f.now), []string(nil), "reminded")
			f.now = s.Expires
			f.succeed(f.EndSubscription(f.Context(), f.turn()))
			_, err := f.Subscription(f.Context(), f.tenant, "a")
			f.fail(err, errs.NotFound)
		}},
	}
}

func subscriptionJobChecks() []check {
	return []check{{"a job is looked at when its worker has let it go", func(f *fixture) {
		j := f.job("scim.x", f.id())
		f.subscribe("a", subscription.Subject{Job: j.ID, ServicePrincipal: j.ServicePrincipal})
		told := func() {
			c := f.turn()
			found, err := f.SubscribedJob(f.Context(), c)
			f.succeed(err)
			f.holds(found.Settled && found.Job.ID == j.ID, "nobody works on it")
			f.release(c, subscription.Delivery{From: found.Head})
			f.same(f.telling(f.now), []string(nil), "told")
		}
		told()
		claim := f.claim()
		f.same(f.telling(f.now), []string(nil), "somebody works on it")
		f.succeed(f.ReleaseClaim(f.Context(), claim, func(j synchronization.Job) synchronization.Job { return j }))
		told()
		_, err := f.UpdateJob(f.Context(), f.tenant, j.ID, store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
			j.Generation++
			return j, nil
		})
		f.succeed(err)
		told()
		f.succeed(f.DeleteJob(f.Context(), f.tenant, j.ID))
		_, err = f.SubscribedJob(f.Context(), f.turn())
		f.fail(err, errs.NotFound)
	}}}
}

func subscriptionTurnChecks() []check {
	// waiting is one that is due.
	waiting := func(f *fixture) {
		f.subscribe("a", everyUser())
		f.user("ada")
	}
	return []check{
		{"one has it at a time", func(f *fixture) {
			waiting(f)
			due, err := f.DueSubscriptions(f.Context(), f.now, 10)
			f.succeed(err)
			var won atomic.Int64
			var group sync.WaitGroup
			for range 8 {
				group.Go(func() {
					if _, ok, err := f.ClaimSubscription(f.Context(), due[0], "h", f.now, f.now.Add(time.Minute)); err == nil && ok {
						won.Add(1)
					}
				})
			}
			group.Wait()
			equal(f, won.Load(), int64(1), "claims that succeeded")
			f.same(f.telling(f.now), []string(nil), "due while it is held")
			f.same(f.telling(f.now.Add(time.Minute)), []string{"a"}, "due when the lease has ended")
		}},
		{"an overtaken turn records nothing", func(f *fixture) {
			waiting(f)
			first := f.turn()
			f.succeed(f.RecordDelivery(f.Context(), first, subscription.Delivery{After: 1, Place: `{"s":1}`}, f.now.Add(2*time.Minute)))
			f.now = f.now.Add(time.Minute)
			f.same(f.telling(f.now), []string(nil), "the record extends the lease")
			f.now = f.now.Add(time.Minute)
			second := f.turn()
			f.same(second.Subscription.Delivery, subscription.Delivery{After: 1, Place: `{"s":1}`}, "delivery")
			f.fail(f.RecordDelivery(f.Context(), first, subscription.Delivery{}, f.now), errs.Conflict)
			f.fail(f.ReleaseSubscription(f.Context(), first, store.Delivered{}), errs.Conflict)
			f.fail(f.EndSubscription(f.Context(), first), errs.Conflict)
			f.release(second, second.Subscription.Delivery)
			f.fail(f.ReleaseSubscription(f.Context(), second, store.Delivered{}), errs.Conflict)
		}},
		{"nor does one whose subscription was removed", func(f *fixture) {
			waiting(f)
			c := f.turn()
			f.succeed(f.DeleteSubscription(f.Context(), f.tenant, "a"))
			f.fail(f.ReleaseSubscription(f.Context(), c, store.Delivered{}), errs.Conflict)
		}},
		{"the longest due comes first", func(f *fixture) {
			waiting(f)
			f.subscribe("b", everyUser())
			f.user("bob")
			c := f.turn()
			f.succeed(f.ReleaseSubscription(f.Context(), c, store.Delivered{Delivery: c.Subscription.Delivery, Due: f.now}))
			f.same(f.telling(f.now), []string{"b", "a"}, "due")
		}},
	}
}

// deltaAltered reads what changed of a user, and how.
func deltaAltered(f *fixture) {
	ada, team := f.user("ada"), f.group("team")
	head := f.head()
	altered := func() bool {
		page, err := f.Delta(f.Context(), f.tenant, store.DeltaQuery{Kind: directory.User, From: head, Start: head})
		f.succeed(err)
		equal(f, len(page.Changes), 1, "changes")
		head = page.Head
		return page.Changes[0].Altered
	}
	f.relate(team, directory.Members, ada)
	f.holds(!altered(), "a membership is not its own")
	_, err := f.UpdateObject(f.Context(), f.tenant, store.Ref{ID: ada.ID}, f.now, func(a directory.Attributes) (directory.Attributes, error) {
		a["displayName"] = "Ada"
		return a, nil
	})
	f.succeed(err)
	f.holds(altered(), "an attribute is")
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: ada.ID}, f.now))
	f.holds(altered(), "its end is")
	_, err = f.RestoreObject(f.Context(), f.tenant, ada.ID, f.now)
	f.succeed(err)
	f.holds(altered(), "its return is")
	_, err = f.Import(f.Context(), f.tenant, []store.ImportRow{{Kind: directory.User, ID: ada.ID, Attributes: directory.Attributes{"displayName": "Ada L."}}}, f.now)
	f.succeed(err)
	f.holds(altered(), "an import is")
}
