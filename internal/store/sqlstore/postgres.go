package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/provisor/provisor/internal/errs"
)

// postgresDialect describes PostgreSQL 13 and newer. Transactions are READ
// COMMITTED; those that read what they change lock it first.
func postgresDialect() dialect {
	return dialect{
		migrations: "migrations/postgres",
		goose:      goose.DialectPostgres,
		begin:      "BEGIN",
		snapshot:   "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
		insert:     "INSERT INTO ",
		lock:       " FOR NO KEY UPDATE",
		lockFeed:   "SELECT sequence FROM tenant WHERE key = ? FOR NO KEY UPDATE",
		lockName:   "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))",
		hopeful:    true,
		arrays:     true,
		position:   "strpos",
		digits:     "lpad(to_hex(%s), 12, '0')",
		collate:    ` COLLATE "C"`,
		bind:       numbered,
		durability: postgresDurability,
		classify:   postgresFault,
		broken:     postgresBroken,
		catalog: catalog{
			tables:  "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'",
			columns: postgresColumns,
			rows:    "SELECT GREATEST(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass(?)",
			analyze: "ANALYZE ",
			advance: postgresAdvance,
		},
	}
}

const (
	postgresColumns = `SELECT c.column_name, c.data_type, COALESCE((
			SELECT k.ordinal_position FROM information_schema.key_column_usage k
			JOIN information_schema.table_constraints t ON t.constraint_schema = k.constraint_schema
				AND t.constraint_name = k.constraint_name AND t.table_name = k.table_name
			WHERE t.constraint_type = 'PRIMARY KEY' AND k.table_schema = c.table_schema AND k.table_name = c.table_name
				AND k.column_name = c.column_name), 0)
		FROM information_schema.columns c WHERE c.table_schema = current_schema() AND c.table_name = ?`
	postgresAdvance = `SELECT setval(pg_get_serial_sequence('TABLE', 'key'), COALESCE((SELECT max(key) FROM TABLE), 0) + 1, FALSE)`
)

// isPostgres reports whether the address of a database is that of a PostgreSQL
// server.
func isPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// The bounds of a connection. A transaction that stands still, because its process
// was stopped, would keep others waiting: the server ends it, before they give up.
const (
	connectTimeout   = 10 * time.Second
	idleTransaction  = "15s"
	lockPatience     = "20s"
	cancelPatience   = 5 * time.Second
	keepAlive        = 15 * time.Second // a server that is gone without a word is noticed within twice that
	keepAliveProbes  = 3
	applicationLabel = "provisor"
)

// postgresConfig reads the address of a PostgreSQL server. What it leaves out comes
// from the usual PG variables and files. Errors do not repeat the address, which
// may hold a password.
func postgresConfig(address string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errs.New(errs.Invalid, "DatabaseAddress",
			"The address of the PostgreSQL database cannot be read. The form postgres://user:password@host:port/database?sslmode=verify-full is expected.")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	for name, value := range map[string]string{
		"application_name":                    applicationLabel,
		"idle_in_transaction_session_timeout": idleTransaction,
		"lock_timeout":                        lockPatience,
		"jit":                                 "off", // compiling costs more than any of our queries
		"random_page_cost":                    "1.1", // of a solid-state disk
		"standard_conforming_strings":         "on",
		"timezone":                            "UTC",
	} {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	config.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: keepAlive, Interval: keepAlive / keepAliveProbes, Count: keepAliveProbes,
	}}).DialContext
	// A caller that goes away stops its statement and leaves the connection usable.
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelPatience}
	}
	return config, nil
}

// numbered rewrites the placeholders "?" as $1, $2, …. No statement has the
// character in a text or a name.
func numbered(query string) string {
	var b strings.Builder
	b.Grow(len(query) + 64)
	n := 0
	for {
		before, after, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
		query = after
	}
}

// postgresDurability sets how far the next commit waits. With synchronous_commit
// off, the server's log reaches the disk within less than a second.
func postgresDurability(d durability) string {
	if d == durable {
		return "SET synchronous_commit = on"
	}
	return "SET synchronous_commit = off"
}

// postgresFault sorts by SQLSTATE.
func postgresFault(err error) fault {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return clientFault(err)
	}
	switch {
	case failure.Code == "23505":
		return faultDuplicate
	case failure.Code == "40001", failure.Code == "40P01":
		return faultAgain
	case failure.Code == "55P03":
		return faultBusy
	case failure.Code == "54000":
		return faultSize
	case strings.HasPrefix(failure.Code, "22"):
		return faultValue
	case strings.HasPrefix(failure.Code, "08"), strings.HasPrefix(failure.Code, "57P"),
		strings.HasPrefix(failure.Code, "53"), failure.Code == "25P03":
		return faultLost
	default:
		return faultOther
	}
}

// clientFault sorts what the driver itself reports.
func clientFault(err error) fault {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return faultLost
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return faultLost
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "conn closed"):
		return faultLost
	case strings.Contains(err.Error(), "unable to encode"):
		return faultValue
	default:
		return faultOther
	}
}

// postgresBroken looks at the connection itself: it knows best.
func postgresBroken(driverConn any) (lost, failed bool) { //nolint:nonamedreturns // two values of one type
	conn, ok := driverConn.(*stdlib.Conn)
	if !ok {
		return true, false
	}
	return conn.Conn().IsClosed(), conn.Conn().PgConn().TxStatus() == 'E'
}

// migrationLock lets one process at a time migrate a database; the others wait for
// it.
type migrationLock struct{}

// migrationKey is the number of the lock: "provisor" in a form that PostgreSQL takes.
const migrationKey int64 = 0x70726f7669736f72

// SessionLock implements lock.SessionLocker.
func (migrationLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "SET lock_timeout = 0"); err != nil { // a migration may take long
		return err
	}
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", migrationKey)
	return err
}

// SessionUnlock implements lock.SessionLocker.
func (migrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationKey)
	return err
}

var _ lock.SessionLocker = migrationLock{}

// postgresTarget is how a PostgreSQL database is named to people: without its
// password.
func postgresTarget(c *pgx.ConnConfig) string {
	return "postgres://" + net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))) + "/" + c.Database
}
