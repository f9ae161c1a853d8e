package credential

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/keyring"
	"github.com/provisor/provisor/internal/store"
)

// Owner is a service principal: whose secrets they are.
type Owner struct {
	Tenant           directory.TenantID
	ServicePrincipal directory.ObjectID
}

// entry is one secret, opened.
type entry struct {
	value   string
	listed  bool
	place   int // among the listed
	updated time.Time
	sealed  keyring.Sealed // as it is stored; nil when value is new
	broken  error          // it could not be opened
}

// vault is the opened set of one owner.
type vault map[Key]entry

// place is the associated data of one secret: a sealed value opens nowhere else.
func (o Owner) place(k Key) []byte {
	return []byte(strings.Join([]string{"provisor secret", string(o.Tenant), string(o.ServicePrincipal), string(k)}, "\x00"))
}

func (s *Service) open(o Owner, sealed []store.SealedSecret) vault {
	v := vault{}
	for _, secret := range sealed {
		e := entry{listed: secret.Listed, place: secret.Position, updated: secret.UpdatedAt, sealed: secret.Sealed}
		plain, err := s.Keyring.Open(secret.Sealed, o.place(Key(secret.Key)))
		e.value, e.broken = string(plain), err
		v[Key(secret.Key)] = e
	}
	return v
}

// seal returns v for the store, ordered by key. What did not change stays as it is.
func (s *Service) seal(o Owner, v vault) ([]store.SealedSecret, error) {
	var all []store.SealedSecret
	for _, key := range slices.Sorted(maps.Keys(v)) {
		e := v[key]
		if e.sealed == nil {
			sealed, err := s.Keyring.Seal([]byte(e.value), o.place(key))
			if err != nil {
				return nil, errs.Wrap(err, errs.Internal, internalFailure, "The secret %s of service principal %s cannot be sealed.", key, o.ServicePrincipal)
			}
			e.sealed, e.updated = sealed, s.Now()
		}
		all = append(all, store.SealedSecret{Key: string(key), Sealed: e.sealed, Listed: e.listed, Position: e.place, UpdatedAt: e.updated})
	}
	return all, nil
}

// load returns the owner's set, every secret of which opens.
func (s *Service) load(ctx context.Context, o Owner) (vault, error) {
	sealed, err := s.Secrets.Secrets(ctx, o.Tenant, o.ServicePrincipal)
	if err != nil {
		return nil, err
	}
	v := s.open(o, sealed)
	return v, v.whole(o)
}

// update changes the owner's set in one durable transaction. change may run more
// than once.
func (s *Service) update(ctx context.Context, o Owner, change func(vault) error) error {
	err := s.Secrets.UpdateSecrets(ctx, o.Tenant, o.ServicePrincipal, func(sealed []store.SealedSecret) ([]store.SealedSecret, error) {
		v := s.open(o, sealed)
		if err := change(v); err != nil {
			return nil, err
		}
		return s.seal(o, v)
	})
	s.cache.forget(o)
	return err
}

// whole reports the first secret that does not open.
func (v vault) whole(o Owner) error {
	for _, key := range slices.Sorted(maps.Keys(v)) {
		if err := v[key].broken; err != nil {
			return errs.Wrap(err, errs.Internal, internalFailure, "The secret %s of service principal %s cannot be opened.", key, o.ServicePrincipal)
		}
	}
	return nil
}

// set gives key a value and keeps whether it is listed. An empty value drops it.
func (v vault) set(key Key, value string) {
	if value == "" {
		delete(v, key)
		return
	}
	e, there := v[key]
	if there && e.broken == nil && e.value == value {
		return
	}
	v[key] = entry{value: value, listed: e.listed, place: e.place}
}

// list marks key as sent by a caller. One that was not listed comes last.
func (v vault) list(key Key) {
	e, there := v[key]
	if !there || e.listed {
		return
	}
	for _, other := range v {
		if other.listed {
			e.place = max(e.place, other.place+1)
		}
	}
	e.listed = true
	v[key] = e
}

// unlist takes every key out of the list, before it is made anew.
func (v vault) unlist() {
	for key, e := range v {
		e.listed, e.place = false, 0
		v[key] = e
	}
}

// settings returns the values of v.
func (v vault) settings() Settings {
	s := make(Settings, len(v))
	for key, e := range v {
		s[key] = e.value
	}
	return s
}
