package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// session is one connection with the statements prepared on it. One goroutine
// uses it at a time. It connects when it is first needed, and anew after the
// connection was lost, but never in the middle of a transaction.
type session struct {
	connect  func(context.Context) (*sql.Conn, error)
	conn     *sql.Conn
	dialect  dialect
	prepared map[string]*sql.Stmt
	// unbroken lets a started statement run to its end when its context ends.
	// Interrupting a writing statement would roll back the whole transaction, and
	// with it the work of others that shares the commit.
	unbroken bool
	within   bool       // a transaction is open
	feed     feedEnd    // of the tenant whose feed the transaction has locked
	touched  bool       // a statement that may write was run; whoever wants to know sets it back
	writes   bool       // it may write
	level    durability // of the connection, for the next commit
	leveled  bool       // level was set at all
}

// scanner is the row a query stands on.
type scanner interface {
	Scan(dest ...any) error
}

// preparedLimit bounds the statements kept ready on one connection; filters make
// texts without number.
const preparedLimit = 256

func newSession(connect func(context.Context) (*sql.Conn, error), d dialect) *session {
	return &session{connect: connect, dialect: d, prepared: map[string]*sql.Stmt{}}
}

// exec runs a statement and returns how many rows it touched.
func (s *session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := checkTexts(args); err != nil {
		return 0, err
	}
	var affected int64
	_, err := s.statement(ctx, query, func(ctx context.Context, stmt *sql.Stmt) (bool, error) {
		result, err := stmt.ExecContext(ctx, args...)
		if err != nil {
			return false, err
		}
		affected, err = result.RowsAffected()
		return false, err
	})
	return affected, err
}

// each visits every row of a query. The visitor must not use the session. A query
// that finds its idle connection lost, and has visited nothing, is asked again on
// another one.
func (s *session) each(ctx context.Context, visit func(scanner) error, query string, args ...any) error {
	if err := checkTexts(args); err != nil {
		return err
	}
	run := func(ctx context.Context, stmt *sql.Stmt) (bool, error) {
		rows, err := stmt.QueryContext(ctx, args...)
		if err != nil {
			return true, err
		}
		defer func() { _ = rows.Close() }()
		untouched := true
		for rows.Next() {
			untouched = false
			if err := visit(rows); err != nil {
				return false, err
			}
		}
		return untouched, rows.Err()
	}
	again, err := s.statement(ctx, query, run)
	if again {
		_, err = s.statement(ctx, query, run)
	}
	return err
}

// one scans the first row of a query into dest and reports whether there was one.
func (s *session) one(ctx context.Context, dest []any, query string, args ...any) (bool, error) {
	found := false
	err := s.each(ctx, func(row scanner) error {
		if found {
			return nil
		}
		found = true
		return row.Scan(dest...)
	}, query, args...)
	return found, err
}

// control runs a statement that begins or ends a transaction or sets a pragma.
// It runs even when ctx has ended, for a transaction must always be ended.
func (s *session) control(ctx context.Context, statement string) error {
	_, err := s.statement(context.WithoutCancel(ctx), statement, func(ctx context.Context, stmt *sql.Stmt) (bool, error) {
		_, err := stmt.ExecContext(ctx)
		return false, err
	})
	return err
}

// statement prepares a query and runs it. run reports whether it may run again
// after it failed; statement, whether that would help: the connection was lost, and
// nothing but the query with it.
func (s *session) statement(ctx context.Context, query string, run func(context.Context, *sql.Stmt) (bool, error)) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, s.explain(err)
	}
	s.touched = s.touched || !strings.HasPrefix(query, "SELECT ")
	inner := ctx
	if s.unbroken {
		inner = context.WithoutCancel(ctx)
	}
	again := true
	stmt, err := s.prepare(inner, query)
	if err == nil {
		again, err = run(inner, stmt)
	}
	if err == nil {
		return false, nil
	}
	if cause := inner.Err(); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", cause, err) // a server says only that it was asked to stop
	}
	lost, _ := s.state()
	if lost && !s.within {
		s.drop()
	}
	return again && lost && !s.within, s.explain(err)
}

// prepare returns the statement of a query, kept ready for the next time.
func (s *session) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := s.prepared[query]; ok {
		return stmt, nil
	}
	if len(s.prepared) >= preparedLimit {
		s.forget()
	}
	if s.conn == nil {
		conn, err := s.connect(ctx)
		if err != nil {
			return nil, err
		}
		s.conn = conn
	}
	stmt, err := s.conn.PrepareContext(ctx, s.dialect.bind(query))
	if err != nil {
		return nil, err
	}
	s.prepared[query] = stmt
	return stmt, nil
}

// state asks the driver whether the connection is lost, and whether it is in a
// transaction that can only be rolled back.
func (s *session) state() (lost, failed bool) { //nolint:nonamedreturns // two values of one type
	if s.conn == nil {
		return false, false
	}
	err := s.conn.Raw(func(driverConn any) error {
		lost, failed = s.dialect.broken(driverConn)
		return nil
	})
	return lost || err != nil, failed
}

// drop lets go of a connection that is lost.
func (s *session) drop() {
	_ = s.close() // it is lost already
	s.conn, s.leveled = nil, false
}

// forget closes every prepared statement.
func (s *session) forget() {
	for query, stmt := range s.prepared {
		_ = stmt.Close()
		delete(s.prepared, query)
	}
}

func (s *session) close() error {
	if s.conn == nil {
		return nil
	}
	s.forget()
	return s.conn.Close()
}

func (s *session) explain(err error) error { return explain(s.dialect, err) }

// explain turns what a driver reports into an error of package errs. An error
// that is one already passes.
func explain(d dialect, err error) error {
	if _, ok := errors.AsType[*errs.Error](err); ok {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return errs.Wrap(err, errs.Unavailable, "ServiceUnavailable",
			"The request ended before the database had answered. Try again.")
	}
	switch d.classify(err) {
	case faultDuplicate:
		return errs.Wrap(err, errs.Conflict, codeConflict,
			"Another object with the same unique value exists already.")
	case faultBusy:
		return errs.Wrap(err, errs.Unavailable, "ServiceUnavailable",
			"Another process keeps the database busy. Try again.")
	case faultAgain:
		return errs.Wrap(err, errs.Unavailable, "ServiceUnavailable",
			"Others changed the same at the same time, again and again. Try again.")
	case faultLost:
		return errs.Wrap(err, errs.Unavailable, "ServiceUnavailable",
			"The database does not answer. Try again; the operator's log has the reason.")
	case faultValue:
		return errs.Wrap(err, errs.Invalid, codeBadRequest,
			"The request has a value that the database cannot keep: a text that is no UTF-8, or a number out of range.")
	case faultSize:
		return errs.Wrap(err, errs.Invalid, codeBadRequest,
			"A text is too long: a name or another value that objects are found by holds at most %d bytes. Shorten it.", indexedBytes)
	case faultOther:
	}
	return errs.Wrap(err, errs.Unavailable, "ServiceUnavailable",
		"The database did not carry out a statement. The operator's log has the reason.")
}
