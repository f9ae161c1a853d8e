package credential

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/egress"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/keyring"
	"github.com/provisor/provisor/internal/oauth"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// Options configure a [Service]. All but Audit are required.
type Options struct {
	Secrets store.Secrets
	Leases  store.Leases
	Keyring *keyring.Keyring
	OAuth   *oauth.Client
	// Egress judges token endpoints before anything is sent. It should be the policy
	// of OAuth's clients.
	Egress egress.Policy
	// Holder names this process among those that share the store.
	Holder string
	Now    func() time.Time
	// Audit is told of every change, with the names of keys only; nil is silence.
	Audit func(context.Context, Event)
}

// Service keeps secrets and tokens. Its methods may be called from any goroutine.
// Close it when the process stops.
type Service struct {
	Options
	flights singleflight.Group
	running sync.WaitGroup
	locks   locks
	cache   cache
	notes   notes
}

// New returns a service.
func New(o Options) *Service {
	return &Service{
		Options: o,
		locks:   locks{held: map[Owner]*lock{}},
		cache:   cache{bearers: map[Owner]cached{}},
		notes:   notes{owners: map[Owner]note{}},
	}
}

// Close waits until exchanges under way have ended and their tokens are stored, or
// until ctx ends. A token that was refreshed and not stored would be lost.
func (s *Service) Close(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return errs.Wrap(context.Cause(ctx), errs.Unavailable, unavailable, "An exchange with a token endpoint was still under way.")
	}
}

// List returns what callers stored, in the order in which they did; sensitive
// values read "*". What the service made itself is not listed.
func (s *Service) List(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID) ([]synchronization.SecretPair, error) {
	o := Owner{tenant, sp}
	sealed, err := s.Secrets.Secrets(ctx, tenant, sp)
	if err != nil {
		return nil, err
	}
	return s.open(o, sealed).pairs(), nil
}

// Put replaces what callers stored by what is given. A key with "" or null is
// dropped; "*" keeps the stored value. Tokens that the service made stay, and so do
// the settings of [Service.Configure]. It returns an errs.Invalid error, and stores
// nothing, when a key is given twice or a value is too long.
func (s *Service) Put(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, given []Given) error {
	o := Owner{tenant, sp}
	err := check(given)
	if err == nil {
		err = s.update(ctx, o, func(v vault) error { return v.replace(given) })
	}
	s.audit(ctx, o, Event{Action: ActionPut, Keys: keys(given)}, err)
	return err
}

// Configure changes settings that Graph has no key for; an empty value drops one,
// and keys that are not named stay. It returns an errs.Invalid error, and stores
// nothing, for an unknown key and a value that cannot be used.
func (s *Service) Configure(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, settings Settings) error {
	o := Owner{tenant, sp}
	var names []string
	for key := range settings {
		names = append(names, string(key))
	}
	slices.Sort(names)
	err := checkSettings(settings)
	if err == nil {
		err = s.update(ctx, o, func(v vault) error {
			for key, value := range settings {
				v.set(key, value)
			}
			delete(v, methodUsed)
			return nil
		})
	}
	s.audit(ctx, o, Event{Action: ActionConfigure, Keys: names}, err)
	return err
}

// checkSettings refuses settings that no request could be made of.
func checkSettings(settings Settings) error {
	for key, value := range settings {
		if !slices.Contains(configurable(), key) {
			return errs.New(errs.Invalid, invalid, "The setting %.64q does not exist. Settings are %v.", string(key), configurable())
		}
		if len(value) > maxValue {
			return errs.New(errs.Invalid, invalid, "The value of %s is longer than %d bytes.", key, maxValue).WithTarget(string(key))
		}
	}
	_, err := clientOf(settings)
	return err
}

// Configured returns the settings of [Service.Configure] that have a value; those
// with a private key read "*".
func (s *Service) Configured(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID) (Settings, error) {
	v, err := s.load(ctx, Owner{tenant, sp})
	if err != nil {
		return nil, err
	}
	shown := Settings{}
	for _, key := range configurable() {
		if e, there := v[key]; there {
			shown[key] = e.value
		}
	}
	for _, key := range []Key{PrivateKey, ClientCertificate} {
		if shown[key] != "" {
			shown[key] = keep
		}
	}
	return shown, nil
}

// Reseal seals anew what an older key of the keyring sealed, and returns how many
// values that were. Afterwards the older key is not needed for this owner.
func (s *Service) Reseal(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID) (int, error) {
	o := Owner{tenant, sp}
	count := 0
	err := s.update(ctx, o, func(v vault) error {
		count = 0
		if err := v.whole(o); err != nil {
			return err
		}
		for key, e := range v {
			if s.Keyring.Stale(e.sealed) {
				e.sealed = nil
				v[key] = e
				count++
			}
		}
		return nil
	})
	return count, err
}
