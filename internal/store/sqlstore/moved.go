package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"os"

	"github.com/provisor/provisor/internal/errs"
)

// movedTable marks a database that was copied into another one, which is the
// deployment from then on.
const movedTable = "database_moved"

// movedTo returns where the deployment went that was in this database; "" when it did
// not go.
func (s *source) movedTo(ctx context.Context) (string, error) {
	var to string
	err := s.reading.QueryRowContext(ctx, "SELECT target FROM "+movedTable).Scan(&to)
	if err == nil || errors.Is(err, sql.ErrNoRows) || isMissingTable(err) {
		return to, nil
	}
	return "", unopened(err, s.target)
}

// expectHere refuses a database whose deployment went elsewhere, unless it went to the
// database except.
func (s *source) expectHere(ctx context.Context, except string) error {
	to, err := s.movedTo(ctx)
	if err != nil || to == "" || to == except {
		return err
	}
	return errs.New(errs.Invalid, "DatabaseMoved",
		"The database %[1]s was copied to %[2]s, and the deployment is there since. Say --database %[2]s, with its user and password. To go back to %[1]s as it was before, and lose what was done since, run `provisor database reopen` with the same --data or --database.", s.target, to)
}

// leave marks the source of a copy: what opens it from now on is told where the
// deployment went.
func (c *copier) leave(ctx context.Context) error {
	return c.from.write(ctx, durable, func(s *session) error {
		for _, statement := range []string{
			"DROP TABLE IF EXISTS " + movedTable,
			"CREATE TABLE " + movedTable + " (target TEXT NOT NULL PRIMARY KEY)",
		} {
			if _, err := s.exec(ctx, statement); err != nil {
				return err
			}
		}
		_, err := s.exec(ctx, "INSERT INTO "+movedTable+" (target) VALUES (?)", c.to.source.target)
		return err
	})
}

// Reopen lets the database at an address be used again although it was copied to
// another one, and returns that one's name, without user and password. It is Conflict
// when the database was not copied away: nothing is changed then.
func Reopen(ctx context.Context, address string) (string, error) {
	if !isPostgres(address) {
		if _, err := os.Stat(address); err != nil {
			return "", unopened(err, address)
		}
	}
	s, err := openSource(address, Options{}.withDefaults(isPostgres(address)))
	if err != nil {
		return "", err
	}
	to, err := s.reopen(ctx)
	return to, errors.Join(err, s.close())
}

func (s *source) reopen(ctx context.Context) (string, error) {
	to, err := s.movedTo(ctx)
	switch {
	case err != nil:
		return "", err
	case to == "":
		return "", errs.New(errs.Conflict, "NotMoved", "The database %s was not copied to another one: it can be used as it is.", s.target)
	}
	if _, err := s.writing.ExecContext(ctx, "DROP TABLE "+movedTable); err != nil {
		return "", unopened(err, s.target)
	}
	return to, nil
}
