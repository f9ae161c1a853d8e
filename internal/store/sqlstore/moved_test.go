package sqlstore_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

// TestMoved: nobody works by accident on a database whose deployment went elsewhere, and
// is told where it went, without a secret. Who means it goes back.
func TestMoved(t *testing.T) {
	t.Parallel()
	kept := lived(t)
	for name, target := range targets(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, address := filepath.Join(t.TempDir(), "source.db"), target(t)
			if err := sqlstore.Backup(t.Context(), kept, source); err != nil {
				t.Fatal(err)
			}
			if _, err := sqlstore.Reopen(t.Context(), source); !errs.Is(err, errs.Conflict) {
				t.Errorf("a database that was not copied was reopened: %v", err)
			}
			if err := sqlstore.Copy(t.Context(), source, address, sqlstore.Options{}, nil); err != nil {
				t.Fatal(err)
			}
			place := address
			if scheme, rest, server := strings.Cut(address, "://"); server {
				place = scheme + "://" + rest[strings.Index(rest, "@")+1:]
				place, _, _ = strings.Cut(place, "?")
			}
			_, opened := sqlstore.Open(t.Context(), source, sqlstore.Options{})
			_, _, looked := sqlstore.Version(t.Context(), source)
			other := filepath.Join(t.TempDir(), "other.db")
			for what, err := range map[string]error{
				"Open": opened, "Version": looked, "Copy": sqlstore.Copy(t.Context(), source, other, sqlstore.Options{}, nil),
			} {
				if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), place) || strings.Contains(err.Error(), "@") ||
					!strings.Contains(err.Error(), "provisor database reopen") {
					t.Errorf("%s: %v", what, err)
				}
			}
			open(t, address)
			to, err := sqlstore.Reopen(t.Context(), source)
			if err != nil || to != place {
				t.Errorf("reopened from %q: %v", to, err)
			}
			open(t, source)
		})
	}
}
