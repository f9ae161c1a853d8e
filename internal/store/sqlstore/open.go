package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"regexp"
	"runtime"
	"sync"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// Options tune a database. The zero Options are right for most machines.
type Options struct {
	// Readers is the number of connections that read; zero means one for each
	// processor, and at least two.
	Readers int
	// CacheBytes bounds the writer's page cache; zero means 64 MiB. Readers use
	// the operating system's cache through the map.
	CacheBytes int64
	// MapBytes is how much of the file each connection maps into memory; zero
	// means 1 GiB. It is address space and page cache, not heap. The file must be
	// on a local disk.
	MapBytes int64
	// Logger hears of migrations; nil is silent.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	o.Readers = cmp.Or(o.Readers, max(2, runtime.NumCPU()))
	o.CacheBytes = cmp.Or(o.CacheBytes, 64<<20)
	o.MapBytes = cmp.Or(o.MapBytes, 1<<30)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// DB is an open database. Its methods may be called from any goroutine. Several
// processes may have one file open at the same time.
type DB struct {
	dialect dialect
	pool    *sql.DB // of readers
	single  *sql.DB // of the writer
	readers chan *session
	writer  *writer
	closing sync.Once
	closed  chan struct{}
	tenants sync.Map // directory.TenantID → int64; a tenant's key never changes

	properties map[string]operand // of objects in filters, by name in lower case
	extension  *regexp.Regexp     // names of directory extensions
}

var _ store.Store = (*DB)(nil)

// Open opens the SQLite file at path and brings it to the newest version of the
// schema. A file that is not there is made, readable by its owner only. A second
// process may open the same file; while another one migrates it, this one waits for
// some seconds, and then the error is Unavailable. A file that a newer program has written is Invalid.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	o = o.withDefaults()
	file, err := prepareFile(path)
	if err != nil {
		return nil, err
	}
	db := &DB{
		dialect: sqliteDialect(),
		readers: make(chan *session, o.Readers),
		closed:  make(chan struct{}),

		properties: objectProperties(),
		extension:  extensionForm(),
	}
	if err := migrate(ctx, db.dialect, file, o); err != nil {
		return nil, err
	}
	if err := db.connect(ctx, file, o); err != nil {
		return nil, errors.Join(err, db.disconnect())
	}
	return db, nil
}

// connect opens the writer and the readers.
func (db *DB) connect(ctx context.Context, file string, o Options) error {
	var err error
	if db.single, err = sql.Open(db.dialect.driver, writerSource(file, o)); err != nil {
		return unopened(err, file)
	}
	conn, err := db.single.Conn(ctx)
	if err != nil {
		return unopened(err, file)
	}
	db.writer = newWriter(newSession(conn, db.dialect), db.closed)
	if db.pool, err = sql.Open(db.dialect.driver, readerSource(file, o)); err != nil {
		return unopened(err, file)
	}
	for range o.Readers {
		conn, err := db.pool.Conn(ctx)
		if err != nil {
			return unopened(err, file)
		}
		db.readers <- newSession(conn, db.dialect)
	}
	return nil
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	return db.read(ctx, func(s *session) error {
		var one int
		_, err := s.one(ctx, []any{&one}, "SELECT 1")
		return err
	})
}

// Close waits for the reads and writes that run, refuses later ones and releases
// the database. Closing twice is no error.
func (db *DB) Close() error {
	var err error
	db.closing.Do(func() {
		close(db.closed)
		<-db.writer.turn
		err = db.writer.session.close()
		for range cap(db.readers) {
			s := <-db.readers
			err = errors.Join(err, s.close())
		}
		err = errors.Join(err, db.disconnect())
	})
	return err
}

func (db *DB) disconnect() error {
	var err error
	if db.pool != nil {
		err = db.pool.Close()
	}
	if db.single != nil {
		err = errors.Join(err, db.single.Close())
	}
	return err
}

// write runs fn in a transaction that is committed with the level asked for.
func (db *DB) write(ctx context.Context, level durability, fn func(*session) error) error {
	return db.writer.do(ctx, level, fn)
}

// read lends fn a connection. Each statement has a snapshot of its own.
func (db *DB) read(ctx context.Context, fn func(*session) error) error {
	select {
	case <-db.closed:
		return errClosed()
	default:
	}
	select {
	case s := <-db.readers:
		defer func() { db.readers <- s }()
		return fn(s)
	case <-db.closed:
		return errClosed()
	case <-ctx.Done():
		return explain(db.dialect, ctx.Err())
	}
}

// snapshot lends fn a connection whose statements all see the same state.
func (db *DB) snapshot(ctx context.Context, fn func(*session) error) error {
	return db.read(ctx, func(s *session) error {
		if err := s.control(ctx, "BEGIN"); err != nil {
			return err
		}
		err := fn(s)
		if end := s.control(ctx, "COMMIT"); err == nil {
			err = end
		}
		return err
	})
}

func errClosed() error {
	return errs.New(errs.Unavailable, "ServiceUnavailable", "The database is closed: the service is stopping.")
}

func unopened(err error, file string) error {
	return errs.Wrap(err, errs.Unavailable, "ServiceUnavailable",
		"The database file %s cannot be opened. Check that it is a database of this program, that its folder can be written, and that no other process is migrating it.", file)
}
