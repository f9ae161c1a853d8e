package sqlstore

import (
	"cmp"
	"context"
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
	// processor and at least two, or, on PostgreSQL, at least eight.
	Readers int
	// Writers is, on PostgreSQL, the number of connections that write beside those
	// that change the directory; zero means four. SQLite has one writer.
	Writers int
	// CacheBytes bounds the SQLite writer's page cache; zero means 32 MiB. Readers
	// use the operating system's cache through the map.
	CacheBytes int64
	// MapBytes is how much of the SQLite file each connection maps into memory; zero
	// means 1 GiB. It is address space and page cache, not heap. The file must be
	// on a local disk.
	MapBytes int64
	// Logger hears of migrations; nil is silent.
	Logger *slog.Logger
}

func (o Options) withDefaults(remote bool) Options { //nolint:revive // a server or a file: two sets of defaults
	if remote {
		o.Readers, o.Writers = cmp.Or(o.Readers, max(8, runtime.NumCPU())), cmp.Or(o.Writers, 4)
	} else {
		o.Readers, o.Writers = cmp.Or(o.Readers, max(2, runtime.NumCPU())), 0
	}
	o.CacheBytes = cmp.Or(o.CacheBytes, 32<<20)
	o.MapBytes = cmp.Or(o.MapBytes, 1<<30)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// DB is an open database. Its methods may be called from any goroutine. Several
// processes may have one database open at the same time.
type DB struct {
	dialect dialect
	source  *source
	readers *pool
	// feed has the writers that change the directory, each of one tenant at a time.
	// SQLite has one, for everything.
	feed []*writer
	// apart has connections for all other writes, each for one write at a time;
	// SQLite has none.
	apart   *pool
	growth  growth
	logger  *slog.Logger
	closing sync.Once
	closed  chan struct{}
	tenants sync.Map // directory.TenantID → int64; a tenant's key never changes

	places     logPlaces
	properties map[string]operand // of objects in filters, by name in lower case
	extension  *regexp.Regexp     // names of directory extensions
}

var _ store.Store = (*DB)(nil)

// Open opens the database at an address and brings it to the newest version of the
// schema. The address is the URL of a PostgreSQL database, postgres://…, or the path
// of an SQLite file; a file that is not there is made, readable by its owner only.
// Several processes may open one database; while another one migrates it, this one
// waits for some seconds, and then the error is Unavailable. A database that a newer
// program has written is Invalid, and so is one that was copied to another by [Copy]:
// the error says where to.
func Open(ctx context.Context, address string, o Options) (*DB, error) {
	o = o.withDefaults(isPostgres(address))
	src, err := openSource(address, o)
	if err != nil {
		return nil, err
	}
	if err := src.expectHere(ctx, ""); err != nil {
		return nil, errors.Join(err, src.close())
	}
	db, err := attach(ctx, src, o)
	if err != nil {
		return nil, err
	}
	if err := db.expectWhole(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// open opens a database, also one whose copy was not finished, or whose deployment went
// elsewhere.
func open(ctx context.Context, address string, o Options) (*DB, error) {
	o = o.withDefaults(isPostgres(address))
	src, err := openSource(address, o)
	if err != nil {
		return nil, err
	}
	return attach(ctx, src, o)
}

// attach brings the database to the newest version and opens its connections. It
// closes the source when that fails.
func attach(ctx context.Context, src *source, o Options) (*DB, error) {
	if err := migrate(ctx, src, o); err != nil {
		return nil, errors.Join(err, src.close())
	}
	db := &DB{
		dialect: src.dialect,
		source:  src,
		readers: newPool(o.Readers, func() *session { return newSession(src.reader, src.dialect) }),
		closed:  make(chan struct{}),
		logger:  o.Logger,

		properties: objectProperties(src.dialect),
		extension:  extensionForm(),
	}
	for range max(1, src.feedWriters) {
		db.feed = append(db.feed, newWriter(newSession(src.writer, src.dialect), db.closed))
	}
	if o.Writers > 0 {
		db.apart = newPool(o.Writers, func() *session { return newSession(src.writer, src.dialect) })
	}
	return db, nil
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
		for _, w := range db.feed {
			<-w.turn
			err = errors.Join(err, w.session.close())
		}
		err = errors.Join(err, db.apart.close(), db.readers.close(), db.source.close())
	})
	return err
}

// write runs fn in a transaction that is committed with the level asked for. On
// SQLite it has the database to itself; elsewhere other writes run at the same time,
// so fn locks what it reads before it changes it. fn may run more than once: what it
// gives to its caller, it sets anew each time.
func (db *DB) write(ctx context.Context, level durability, fn func(*session) error) error {
	if db.apart == nil {
		return db.feed[0].do(ctx, &write{run: fn, level: level})
	}
	return db.lend(ctx, db.apart, func(s *session) error { return s.transact(ctx, level, fn) })
}

// change runs fn in a transaction, committed durably, that has the directory of a
// tenant to itself: no other change of it runs at the same time, so what fn reads
// there stays so, and the numbers that fn takes of the feed become visible in their
// order. fn may run more than once, like that of write.
func (db *DB) change(ctx context.Context, tenant int64, fn func(*session) error) error {
	w := db.feed[tenant%int64(len(db.feed))]
	return w.do(ctx, &write{run: fn, level: durable, tenant: tenant})
}

// read lends fn a connection. Each statement has a snapshot of its own.
func (db *DB) read(ctx context.Context, fn func(*session) error) error {
	return db.lend(ctx, db.readers, fn)
}

// lend lends fn one of the sessions, as soon as one is free.
func (db *DB) lend(ctx context.Context, sessions *pool, fn func(*session) error) error {
	select {
	case <-db.closed:
		return errClosed()
	default:
	}
	select {
	case <-sessions.free:
		s := sessions.take()
		defer sessions.put(s)
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
		if err := s.beginSnapshot(ctx); err != nil {
			return err
		}
		if err := fn(s); err != nil {
			s.rollback(ctx)
			return err
		}
		return s.commit(ctx)
	})
}

func errClosed() error {
	return errs.New(errs.Unavailable, "ServiceUnavailable", "The database is closed: the service is stopping.")
}
