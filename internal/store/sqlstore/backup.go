package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/provisor/provisor/internal/errs"
)

// Backup writes a copy of the SQLite file at path to another file, readable by its
// owner only, while others read and write it: the copy is the database of one
// instant, checked and synced to disk before Backup returns. The file must not exist.
func Backup(ctx context.Context, path, file string) error {
	if isPostgres(path) {
		return errs.New(errs.Invalid, "NotAFile", "A PostgreSQL database is backed up with its own programs, such as pg_dump or pg_basebackup.")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return unopened(err, path)
	}
	if _, err := os.Stat(path); err != nil {
		return unopened(err, path)
	}
	if _, err := os.Lstat(file); err == nil {
		return errs.New(errs.Conflict, "BackupExists", "The file %s exists already. Name another one.", file)
	}
	folder, err := os.MkdirTemp(filepath.Dir(file), ".backup-*") // only its owner can look into it
	if err != nil {
		return unwritten(err, file)
	}
	partial := filepath.Join(folder, "partial")
	err = vacuumInto(ctx, path, partial)
	if err == nil {
		err = settle(partial, file)
	}
	return errors.Join(err, os.RemoveAll(folder))
}

// vacuumInto copies a database as it is at one instant and checks the copy.
func vacuumInto(ctx context.Context, path, file string) error {
	pool, err := sql.Open(sqliteDriver, fileAddress(path, ""))
	if err != nil {
		return unopened(err, path)
	}
	defer func() { _ = pool.Close() }() // nothing was written to it
	if _, err := pool.ExecContext(ctx, "VACUUM INTO ?", file); err != nil {
		return unwritten(err, file)
	}
	made, err := sql.Open(sqliteDriver, fileAddress(file, ""))
	if err != nil {
		return unwritten(err, file)
	}
	defer func() { _ = made.Close() }() // nothing was written to it
	var verdict string
	if err := made.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&verdict); err != nil {
		return unwritten(err, file)
	}
	if verdict != "ok" {
		return unwritten(fmt.Errorf("integrity check: %s", verdict), file)
	}
	return nil
}

// settle gives a finished file its mode and its name, and makes both last.
func settle(partial, file string) error {
	if err := os.Chmod(partial, 0o600); err != nil {
		return unwritten(err, file)
	}
	f, err := os.OpenFile(partial, os.O_RDWR, 0) //nolint:gosec // the file that was just made
	if err != nil {
		return unwritten(err, file)
	}
	if err := errors.Join(f.Sync(), f.Close(), os.Rename(partial, file)); err != nil {
		return unwritten(err, file)
	}
	return nil
}

func unwritten(err error, file string) error {
	return errs.Wrap(err, errs.Unavailable, "BackupFailed",
		"The backup %s could not be written: %s. Check that its folder can be written and has room for the whole database.", file, bare(err))
}

// bare is what went wrong, without the name of a file that nobody asked for.
func bare(err error) string {
	if of, ok := errors.AsType[*fs.PathError](err); ok {
		return of.Err.Error()
	}
	return err.Error()
}
