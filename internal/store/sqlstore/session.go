package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/provisor/provisor/internal/errs"
)

// session is one connection with the statements prepared on it. One goroutine
// uses it at a time.
type session struct {
	conn     *sql.Conn
	dialect  dialect
	prepared map[string]*sql.Stmt
	// unbroken lets a started statement run to its end when its context ends.
	// Interrupting a writing statement would roll back the whole transaction, and
	// with it the work of others that shares the commit.
	unbroken bool
}

// scanner is the row a query stands on.
type scanner interface {
	Scan(dest ...any) error
}

// preparedLimit bounds the statements kept ready on one connection; filters make
// texts without number.
const preparedLimit = 256

func newSession(conn *sql.Conn, d dialect) *session {
	return &session{conn: conn, dialect: d, prepared: map[string]*sql.Stmt{}}
}

// exec runs a statement and returns how many rows it touched.
func (s *session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, s.explain(err)
	}
	ctx = s.statementContext(ctx)
	stmt, err := s.prepare(ctx, query) //nolint:sqlclosecheck // it stays prepared until the session is closed
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, s.explain(err)
	}
	affected, err := result.RowsAffected()
	if err != nil {
		return 0, s.explain(err)
	}
	return affected, nil
}

// each visits every row of a query. The visitor must not use the session.
func (s *session) each(ctx context.Context, visit func(scanner) error, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return s.explain(err)
	}
	ctx = s.statementContext(ctx)
	stmt, err := s.prepare(ctx, query) //nolint:sqlclosecheck // it stays prepared until the session is closed
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return s.explain(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := visit(rows); err != nil {
			return s.explain(err)
		}
	}
	if err := rows.Err(); err != nil {
		return s.explain(err)
	}
	return nil
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
	ctx = context.WithoutCancel(ctx)
	stmt, err := s.prepare(ctx, statement) //nolint:sqlclosecheck // it stays prepared until the session is closed
	if err != nil {
		return err
	}
	if _, err := stmt.ExecContext(ctx); err != nil {
		return s.explain(err)
	}
	return nil
}

func (s *session) statementContext(ctx context.Context) context.Context {
	if s.unbroken {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// prepare returns the statement of a query, kept ready for the next time.
func (s *session) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := s.prepared[query]; ok {
		return stmt, nil
	}
	if len(s.prepared) >= preparedLimit {
		s.forget()
	}
	stmt, err := s.conn.PrepareContext(ctx, s.dialect.bind(query))
	if err != nil {
		return nil, s.explain(err)
	}
	s.prepared[query] = stmt
	return stmt, nil
}

// forget closes every prepared statement.
func (s *session) forget() {
	for query, stmt := range s.prepared {
		_ = stmt.Close()
		delete(s.prepared, query)
	}
}

func (s *session) close() error {
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
	case faultOther:
	}
	return errs.Wrap(err, errs.Unavailable, "ServiceUnavailable",
		"The database did not carry out a statement. The operator's log has the reason.")
}
