package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/provisor/provisor/internal/errs"
)

//go:embed migrations
var migrations embed.FS

// versionTable is where goose notes the migrations it has applied.
const versionTable = "goose_db_version"

// migrate brings the file to the newest version. When it is there already, no
// lock is taken.
func migrate(ctx context.Context, d dialect, file string, o Options) error {
	folder, err := fs.Sub(migrations, d.migrations)
	if err != nil {
		return errs.Wrap(err, errs.Internal, "InternalServerError", "The program lacks its migrations.")
	}
	pool, err := sql.Open(d.driver, migratorSource(file))
	if err != nil {
		return unopened(err, file)
	}
	pool.SetMaxOpenConns(1)
	defer func() { _ = pool.Close() }()
	provider, err := goose.NewProvider(d.goose, pool, folder,
		goose.WithDisableGlobalRegistry(true), goose.WithSlog(o.Logger), goose.WithTableName(versionTable))
	if err != nil {
		return errs.Wrap(err, errs.Internal, "InternalServerError", "The program's migrations cannot be read.")
	}
	sources := provider.ListSources()
	newest := sources[len(sources)-1].Version
	version, err := currentVersion(ctx, d, file)
	if err != nil {
		return unopened(err, file)
	}
	switch {
	case version == newest:
		return nil
	case version > newest:
		return errs.New(errs.Invalid, "DatabaseTooNew",
			"The database file %s has schema version %d and this program knows %d. Start the newer program that wrote it.", file, version, newest)
	}
	return up(ctx, d, provider, file)
}

// migrationPatience is how often a migration waits for another process that is
// making the same file; together about ten seconds.
const (
	migrationPatience = 100
	migrationPause    = 100 * time.Millisecond
)

// up applies what is missing. Processes that make one file together lock each
// other out now and then, which SQLite reports at once when both had begun to read;
// the one that was locked out begins anew and finds the work done.
func up(ctx context.Context, d dialect, provider *goose.Provider, file string) error {
	for attempt := 1; ; attempt++ {
		_, err := provider.Up(ctx)
		if err == nil {
			return nil
		}
		if d.classify(err) != faultBusy || attempt == migrationPatience {
			return unopened(err, file)
		}
		timer := time.NewTimer(migrationPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return unopened(context.Cause(ctx), file)
		}
	}
}

// currentVersion returns the version of the file; zero when it is empty.
func currentVersion(ctx context.Context, d dialect, file string) (int64, error) {
	pool, err := sql.Open(d.driver, inspectorSource(file))
	if err != nil {
		return 0, err
	}
	defer func() { _ = pool.Close() }()
	var version sql.NullInt64
	err = pool.QueryRowContext(ctx, "SELECT max(version_id) FROM "+versionTable+" WHERE is_applied = ?", true).Scan(&version)
	if err != nil && strings.Contains(err.Error(), "no such table") {
		return 0, nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return version.Int64, err
}
