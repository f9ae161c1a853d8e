package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3/lock"

	"github.com/provisor/provisor/internal/errs"
)

// source is where the connections to one database come from.
type source struct {
	dialect     dialect
	target      string // how the database is named to people
	feedWriters int    // connections that change the directory
	locker      lock.SessionLocker

	reading, writing *sql.DB
	migrating        func() (*sql.DB, error) // a pool of its own, that its caller closes
}

// postgresFeedWriters is how many tenants' directories change at the same time.
const postgresFeedWriters = 2

// openSource reads an address; nothing is connected yet.
func openSource(address string, o Options) (*source, error) {
	if isPostgres(address) {
		return postgresSource(address)
	}
	return sqliteSource(address, o)
}

func postgresSource(address string) (*source, error) {
	config, err := postgresConfig(address)
	if err != nil {
		return nil, err
	}
	pool := stdlib.OpenDB(*config)
	return &source{
		dialect: postgresDialect(), target: postgresTarget(config), feedWriters: postgresFeedWriters, locker: migrationLock{},
		reading: pool, writing: pool,
		migrating: func() (*sql.DB, error) { return stdlib.OpenDB(*config), nil },
	}, nil
}

func sqliteSource(path string, o Options) (*source, error) {
	file, err := prepareFile(path)
	if err != nil {
		return nil, err
	}
	s := &source{
		dialect: sqliteDialect(), target: file, feedWriters: 1,
		migrating: func() (*sql.DB, error) {
			pool, err := sql.Open(sqliteDriver, migratorSource(file))
			if err == nil {
				pool.SetMaxOpenConns(1)
			}
			return pool, err
		},
	}
	if s.reading, err = sql.Open(sqliteDriver, readerSource(file, o)); err != nil {
		return nil, unopened(err, file)
	}
	if s.writing, err = sql.Open(sqliteDriver, writerSource(file, o)); err != nil {
		return nil, errors.Join(unopened(err, file), s.reading.Close())
	}
	return s, nil
}

func (s *source) reader(ctx context.Context) (*sql.Conn, error) { return s.reading.Conn(ctx) }

func (s *source) writer(ctx context.Context) (*sql.Conn, error) { return s.writing.Conn(ctx) }

// rest closes the connections for reading that nobody uses. In SQLite an idle one keeps
// the write-ahead log open, and with it the exclusive lock of a migration waiting.
func (s *source) rest() {
	s.reading.SetMaxIdleConns(0)
	s.reading.SetMaxIdleConns(idleConnections)
}

// idleConnections is what database/sql keeps when it is not told otherwise.
const idleConnections = 2

func (s *source) close() error { return errors.Join(s.reading.Close(), s.writing.Close()) }

// unopened says that a database cannot be used at all.
func unopened(err error, target string) error {
	if isPostgres(target) {
		return errs.Wrap(err, errs.Unavailable, "ServiceUnavailable",
			"The database %s cannot be used: %s. Check that the server runs, that user and password are right, and that the user may create tables.", target, reason(err))
	}
	return errs.Wrap(err, errs.Unavailable, "ServiceUnavailable",
		"The database file %s cannot be opened. Check that it is a database of this program, that its folder can be written, and that no other process is migrating it.", target)
}

// reason is what the server said, in its own words; they hold no secret.
func reason(err error) string {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		return failure.Message
	}
	if failure, ok := errors.AsType[*net.OpError](err); ok {
		return failure.Error()
	}
	return "it does not answer"
}
