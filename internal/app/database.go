package app

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/provisor/provisor/internal/store"
)

// storageSettings say where things are kept, and what seals the secrets among them.
func storageSettings() []Setting {
	return []Setting{
		{ //nolint:gosec // the address is an example
			Name: "database", Placeholder: "URL",
			Usage:  "postgres://user:password@host/name of a PostgreSQL database, or an SQLite file; provisor.db in the data directory when not given",
			read:   func(c *Config, t string) error { return readDatabase(&c.Database, t) },
			redact: redactDatabase,
		},
		{
			Name: "sealing-key-file", Placeholder: "FILE",
			Usage: "file with the keys that seal the stored secrets, in the form of keys.json and instead of it; processes that share a database share the keys",
			read:  func(c *Config, t string) error { c.SealingKeyFile = t; return nil },
		},
		{
			Variable: "PROVISOR_SEALING_KEY", Placeholder: "KEYS",
			Usage:  "the same keys as a text; there is no flag, because flags can be seen by others",
			read:   func(c *Config, t string) error { c.SealingKey = t; return nil },
			redact: func(string) string { return hidden },
		},
	}
}

func readDatabase(to *string, text string) error {
	scheme, _, isURL := strings.Cut(text, "://")
	if isURL && scheme != "postgres" && scheme != "postgresql" {
		return fmt.Errorf("postgres://user:password@host/name or the path of a file is expected")
	}
	*to = text
	return nil
}

// isServer reports whether an address is that of a database server, which several
// processes on several machines may use.
func isServer(address string) bool { return strings.Contains(address, "://") }

// redactDatabase hides the password of an address.
func redactDatabase(text string) string {
	if !isServer(text) {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		return hidden
	}
	parameters := u.Query()
	for _, name := range []string{"password", "sslpassword"} {
		if parameters.Has(name) {
			parameters.Set(name, "hidden")
		}
	}
	u.RawQuery = parameters.Encode()
	if _, given := u.User.Password(); given {
		u.User = url.UserPassword(u.User.Username(), "hidden")
	}
	return u.String()
}

// databaseAddress is where the database is: what --database says, or a file in the
// data directory.
func (d dataDir) databaseAddress(c Config) string {
	if c.Database != "" {
		return c.Database
	}
	return d.file(databaseFile)
}

// The lease under which a process makes what the first start makes, and how long
// another one waits for it.
const (
	startLease = "start"
	startTime  = 30 * time.Second
	startPause = 100 * time.Millisecond
)

// alone runs fn while no other process that shares the database is starting, so
// that the first start happens once. On a file of its own a process is alone anyway.
func (b *base) alone(ctx context.Context, now func() time.Time, fn func() error) error {
	if !b.shared {
		return fn()
	}
	holder := uuid.NewString()
	fence, err := acquire(ctx, b.store, holder, now)
	if err != nil {
		return err
	}
	if err := fn(); err != nil {
		_ = b.store.ReleaseLease(context.WithoutCancel(ctx), startLease, holder, fence) // it ends by itself
		return err
	}
	return b.store.ReleaseLease(ctx, startLease, holder, fence)
}

func acquire(ctx context.Context, leases store.Leases, holder string, now func() time.Time) (int64, error) {
	tick := time.NewTicker(startPause)
	defer tick.Stop()
	for {
		fence, ok, err := leases.AcquireLease(ctx, startLease, holder, now(), startTime)
		if err != nil || ok {
			return fence, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}
