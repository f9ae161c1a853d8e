package sqlstore

import (
	"context"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/synchronization"
)

// feedEnd is the newest number of a tenant's feed, known to the transaction that has
// the feed locked. It is stored once, before the commit.
type feedEnd struct {
	tenant, last int64
	moved        bool
}

// nextSequence takes n numbers of the tenant's feed and returns the first. The
// tenant's row stays locked until the transaction ends, so a later number is
// never visible before this one.
func (s *session) nextSequence(ctx context.Context, tenant, n int64) (int64, error) {
	if s.feed.tenant == tenant {
		s.feed.last, s.feed.moved = s.feed.last+n, true
		s.touched = true // a write that fails from here on leaves numbers that nobody uses
		return s.feed.last - n + 1, nil
	}
	var last int64
	found, err := s.one(ctx, []any{&last},
		"UPDATE tenant SET sequence = sequence + ? WHERE key = ? RETURNING sequence", n, tenant)
	if err == nil && !found {
		err = errNotFound("tenant")
	}
	return last - n + 1, err
}

// coming is the number that the next change of the tenant's feed takes.
func (s *session) coming(tenant int64) clause {
	if s.feed.tenant == tenant {
		return clause{"CAST(? AS BIGINT)", []any{s.feed.last + 1}}
	}
	return clause{"(SELECT sequence + 1 FROM tenant WHERE key = ?)", []any{tenant}}
}

// comingSequence is that number.
func (s *session) comingSequence(ctx context.Context, tenant int64) (int64, error) {
	if s.feed.tenant == tenant {
		return s.feed.last + 1, nil
	}
	var last int64
	_, err := s.one(ctx, []any{&last}, "SELECT sequence FROM tenant WHERE key = ?", tenant)
	return last + 1, err
}

// storeFeed stores the end of the feed that the transaction has locked.
func (s *session) storeFeed(ctx context.Context) error {
	if !s.feed.moved {
		return nil
	}
	_, err := s.exec(ctx, "UPDATE tenant SET sequence = ? WHERE key = ?", s.feed.last, s.feed.tenant)
	return err
}

// bump gives each object the next number.
func (s *session) bump(ctx context.Context, tenant int64, keys ...directory.Key) error {
	if len(keys) == 0 {
		return nil
	}
	next, err := s.nextSequence(ctx, tenant, int64(len(keys)))
	if err != nil {
		return err
	}
	if s.dialect.arrays && len(keys) > 1 {
		_, err := s.exec(ctx, `UPDATE object SET sequence = ? + n.place
			FROM unnest(?::bigint[]) WITH ORDINALITY AS n (key, place) WHERE object.key = n.key`, next-1, keys)
		return err
	}
	for i, key := range keys {
		if _, err := s.exec(ctx, "UPDATE object SET sequence = ? WHERE key = ?", next+int64(i), key); err != nil {
			return err
		}
	}
	return nil
}

// The queries for sets of objects that change together.
const (
	// userMembers are the direct members of a group that are users.
	userMembers = `SELECT r.referent AS key FROM relation r JOIN object m ON m.key = r.referent
		WHERE r.owner = ? AND r.relation = 1 AND m.kind = 1`
	// nestedMembers are those, and the users in groups within the group.
	nestedMembers = `WITH RECURSIVE below (key) AS (
			SELECT referent FROM relation WHERE owner = ? AND relation = 1
			UNION SELECT r.referent FROM below b JOIN relation r ON r.owner = b.key AND r.relation = 1)
		SELECT m.key FROM below b JOIN object m ON m.key = b.key WHERE m.kind = 1`
	// dependents are the groups an object is a member of and the users whose
	// manager it is.
	dependents = `SELECT DISTINCT r.owner AS key FROM relation r WHERE r.referent = ? AND r.relation IN (1, 2)`
)

// bumpMembers numbers the users whose assignments may change with those of a group:
// its members, and where a job counts nested groups, the members of those within it.
func (s *session) bumpMembers(ctx context.Context, tenant int64, group directory.Key) error {
	nested, err := s.countsNested(ctx, tenant)
	if err != nil {
		return err
	}
	if nested {
		return s.bumpAll(ctx, tenant, nestedMembers, group)
	}
	return s.bumpAll(ctx, tenant, userMembers, group)
}

// countsNested reports whether nested groups count for some job of the tenant.
func (s *session) countsNested(ctx context.Context, tenant int64) (bool, error) {
	var one int
	return s.one(ctx, []any{&one}, "SELECT 1 FROM job WHERE tenant = ? AND CAST(document AS TEXT) LIKE ? LIMIT 1",
		tenant, "%"+synchronization.SettingNestedGroups+"%")
}

// bumpAll gives each object of a query the next number, with one statement.
func (s *session) bumpAll(ctx context.Context, tenant int64, query string, args ...any) error {
	var n int64
	if _, err := s.one(ctx, []any{&n}, "SELECT count(*) FROM ("+query+") q", args...); err != nil {
		return err
	}
	if n == 0 {
		return nil
	}
	next, err := s.nextSequence(ctx, tenant, n)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, strings.ReplaceAll(`
		UPDATE object SET sequence = ? + n.place
		FROM (SELECT q.key, row_number() OVER (ORDER BY q.key) AS place FROM (QUERY) q) n
		WHERE object.key = n.key`, "QUERY", query), append([]any{next - 1}, args...)...)
	return err
}

// Head returns the tenant's newest feed position.
func (db *DB) Head(ctx context.Context, tenant directory.TenantID) (int64, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return 0, err
	}
	var head int64
	err = db.read(ctx, func(s *session) error {
		_, err := s.one(ctx, []any{&head}, "SELECT sequence FROM tenant WHERE key = ?", key)
		return err
	})
	return head, err
}

// CountChanges returns how many users and groups changed in (from, head].
func (db *DB) CountChanges(ctx context.Context, tenant directory.TenantID, from, head int64) (int64, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return 0, err
	}
	var n int64
	err = db.read(ctx, func(s *session) error {
		_, err := s.one(ctx, []any{&n},
			"SELECT count(*) FROM object WHERE tenant = ? AND kind IN (1, 2) AND sequence > ? AND sequence <= ?", key, from, head)
		return err
	})
	return n, err
}
