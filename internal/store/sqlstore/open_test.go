package sqlstore_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

func TestOpenSetsTheFileUp(t *testing.T) {
	t.Parallel()
	db := filled(t)
	for name, want := range map[string]string{
		"page_size": "8192", "journal_mode": "wal", "wal_autocheckpoint": "16000", "busy_timeout": "10000", "foreign_key_check": "",
	} {
		if got, err := db.Pragma(t.Context(), name); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	text := filepath.Join(folder, "text.db")
	if err := os.WriteFile(text, []byte("this is a letter to a friend, and no database at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(folder, "newer.db")
	prepare(t, newer)
	alter(t, newer, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (900, TRUE)")
	for name, c := range map[string]struct {
		path string
		kind errs.Kind
	}{
		"a text":                {text, errs.Unavailable},
		"a folder":              {folder, errs.Unavailable},
		"a path without folder": {filepath.Join(folder, "none", "x.db"), errs.Unavailable},
		"a newer database":      {newer, errs.Invalid},
	} {
		db, err := sqlstore.Open(t.Context(), c.path, sqlstore.Options{})
		if !errs.Is(err, c.kind) {
			t.Errorf("%s: error is %v, want kind %d", name, err, c.kind)
		}
		if db != nil {
			t.Errorf("%s was opened", name)
		}
	}
}

// TestOpenAgain opens one file twice.
func TestOpenAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "provisor.db")
	prepare(t, path)
	first, second := open(t, path), open(t, path)
	if err := first.PutSetting(t.Context(), "a", []byte("1")); err != nil {
		t.Fatal(err)
	}
	if value, err := second.Setting(t.Context(), "a"); err != nil || string(value) != "1" {
		t.Errorf("the second handle reads %q, %v", value, err)
	}
}

func TestOpenCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sqlstore.Open(ctx, filepath.Join(t.TempDir(), "x.db"), sqlstore.Options{}); err == nil {
		t.Error("a database was opened for nobody")
	}
}

// alter changes a database behind the program's back.
func alter(t *testing.T, path, statement string) {
	t.Helper()
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
}
