package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"github.com/provisor/provisor/internal/errs"
)

//go:embed migrations
var migrations embed.FS

// versionTable is where goose notes the migrations it has applied.
const versionTable = "goose_db_version"

// migrate brings a database to the newest version. When it is there already, no
// lock is taken.
func migrate(ctx context.Context, s *source, o Options) error {
	pool, err := s.migrating()
	if err != nil {
		return unopened(err, s.target)
	}
	defer func() { _ = pool.Close() }()
	provider, err := migrator(s, pool, o)
	if err != nil {
		return err
	}
	newest := newestVersion(provider)
	version, err := currentVersion(ctx, s.reading)
	if err != nil {
		return unopened(err, s.target)
	}
	s.rest()
	switch {
	case version == newest:
		return nil
	case version > newest:
		return errs.New(errs.Invalid, "DatabaseTooNew",
			"The database %s has schema version %d and this program knows %d. Start the newer program that wrote it.", s.target, version, newest)
	case version > 0:
		text := fmt.Sprintf("bringing the database from version %d to %d, which may take a while", version, newest)
		o.Logger.LogAttrs(ctx, slog.LevelWarn, text, slog.String("database", s.target)) //nolint:sloglint // people wait for it, and read it
	}
	return up(ctx, s, provider)
}

// migrator knows the migrations of a database.
func migrator(s *source, pool *sql.DB, o Options) (*goose.Provider, error) {
	folder, err := fs.Sub(migrations, s.dialect.migrations)
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "InternalServerError", "The program lacks its migrations.")
	}
	options := []goose.ProviderOption{
		goose.WithDisableGlobalRegistry(true), goose.WithSlog(o.Logger), goose.WithTableName(versionTable),
	}
	if s.locker != nil {
		options = append(options, goose.WithSessionLocker(s.locker))
	}
	provider, err := goose.NewProvider(s.dialect.goose, pool, folder, options...)
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "InternalServerError", "The program's migrations cannot be read.")
	}
	return provider, nil
}

func newestVersion(p *goose.Provider) int64 {
	sources := p.ListSources()
	return sources[len(sources)-1].Version
}

// migrationPatience is how often a migration waits for another process that is
// making the same file; together about ten seconds.
const (
	migrationPatience = 100
	migrationPause    = 100 * time.Millisecond
)

// up applies what is missing. Processes that make one SQLite file together lock each
// other out now and then, which is reported at once when both had begun to read;
// the one that was locked out begins anew and finds the work done.
func up(ctx context.Context, s *source, provider *goose.Provider) error {
	for attempt := 1; ; attempt++ {
		_, err := provider.Up(ctx)
		if err == nil {
			return nil
		}
		if s.dialect.classify(err) != faultBusy || attempt == migrationPatience {
			return unopened(err, s.target)
		}
		timer := time.NewTimer(migrationPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return unopened(context.Cause(ctx), s.target)
		}
	}
}

// currentVersion returns the version of a database; zero when it is empty.
func currentVersion(ctx context.Context, pool *sql.DB) (int64, error) {
	var version sql.NullInt64
	err := pool.QueryRowContext(ctx, "SELECT max(version_id) FROM "+versionTable+" WHERE is_applied = TRUE").Scan(&version)
	if err != nil && isMissingTable(err) {
		return 0, nil
	}
	return version.Int64, err
}

func isMissingTable(err error) bool {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		return failure.Code == "42P01"
	}
	failure, ok := errors.AsType[*sqlite.Error](err)
	return ok && strings.Contains(failure.Error(), "no such table")
}

// Version returns the version of the schema at an address, zero when nothing is
// there yet, and the newest version that this program knows. Nothing is changed. A
// database that was copied to another by [Copy] is Invalid.
func Version(ctx context.Context, address string) (version, newest int64, err error) { //nolint:nonamedreturns // two numbers of one type
	if !isPostgres(address) {
		if _, err := os.Stat(address); errors.Is(err, fs.ErrNotExist) {
			newest, err := newestOf("migrations/sqlite")
			return 0, newest, err
		}
	}
	s, err := openSource(address, Options{}.withDefaults(isPostgres(address)))
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = s.close() }() // it was only read
	if newest, err = newestOf(s.dialect.migrations); err != nil {
		return 0, 0, err
	}
	if err := s.expectHere(ctx, ""); err != nil {
		return 0, 0, err
	}
	if version, err = currentVersion(ctx, s.reading); err != nil {
		return 0, 0, unopened(err, s.target)
	}
	return version, newest, nil
}

// newestOf returns the number of the last migration of a folder.
func newestOf(folder string) (int64, error) {
	files, err := fs.ReadDir(migrations, folder)
	if err != nil || len(files) == 0 {
		return 0, errs.Wrap(err, errs.Internal, "InternalServerError", "The program lacks its migrations.")
	}
	return goose.NumericComponent(files[len(files)-1].Name())
}
