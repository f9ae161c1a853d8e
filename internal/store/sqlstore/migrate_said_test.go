package sqlstore_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/provisor/provisor/internal/store/sqlstore"
)

// TestMigrationIsSaidBefore: who waits for a migration knows it; a new database and one
// that is up to date are nothing to tell about.
func TestMigrationIsSaidBefore(t *testing.T) {
	t.Parallel()

	folder, err := sqlstore.Migrations("sqlite")
	if err != nil {
		t.Fatal(err)
	}
	pool, dialect, old := oldDatabase(t, "sqlite")
	provider, err := goose.NewProvider(dialect, pool, folder, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, address string
		told          bool
	}{{"new", filepath.Join(t.TempDir(), "new.db"), false}, {"old", old, true}, {"migrated", old, false}} {
		var said bytes.Buffer
		db, err := sqlstore.Open(t.Context(), tc.address, sqlstore.Options{Logger: slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelWarn}))})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(said.String(), "bringing the database from version 2 to "); told != tc.told {
			t.Errorf("%s: %q", tc.name, said.String())
		}
	}
}
