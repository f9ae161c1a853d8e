package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

// The parts of the query for candidates. The app roles of an object come as one
// text: "d" or "g" and the id of each, for a direct one or one of a group.
const (
	candidateColumns = objectColumns + ", l.target_id, l.managed, l.digest, l.failure, l.disabled, l.departure, l.begun, "

	directRoles = `(SELECT string_agg('d' || a.app_role_id, ' ') FROM app_role_assignment a
		WHERE a.principal = o.key AND a.resource = ?)`

	groupRoles = `(SELECT string_agg('g' || a.app_role_id, ' ') FROM relation m
		JOIN app_role_assignment a ON a.principal = m.owner AND a.resource = ?
		WHERE m.referent = o.key AND m.relation = 1)`

	// nestedRoles are groupRoles of groups of groups as well.
	nestedRoles = `(SELECT string_agg('g' || a.app_role_id, ' ') FROM app_role_assignment a
		WHERE a.resource = ? AND a.principal IN (
			WITH RECURSIVE above (key) AS (
				SELECT m.owner FROM relation m WHERE m.referent = o.key AND m.relation = 1
				UNION SELECT m.owner FROM above b JOIN relation m ON m.referent = b.key AND m.relation = 1)
			SELECT key FROM above))`

	changedObjects = ` FROM object o LEFT JOIN link l ON l.job = ? AND l.object = o.key
		WHERE o.tenant = ? AND o.kind = ? AND o.sequence > ? AND o.sequence <= ?
			AND (o.presence < 2 OR l.object IS NOT NULL)
		ORDER BY o.sequence LIMIT ?`

	// A job without links, such as one that was never run, is not searched.
	linkedObjects = ` FROM object o JOIN link l ON l.job = ? AND l.object = o.key
		WHERE o.tenant = ? AND o.kind = ? AND o.sequence > ? AND o.sequence <= ?
			AND (SELECT 1 FROM link e WHERE e.job = ? LIMIT 1) = 1
		ORDER BY o.sequence LIMIT ?`

	retriedObjects = ` FROM link l JOIN object o ON o.key = l.object
		WHERE l.job = ? AND l.kind = ? AND l.object > ? AND l.retry_at IS NOT NULL AND l.retry_at <= ?
			AND l.departure = 0 AND (o.sequence <= ? OR o.sequence > ?)
		ORDER BY l.object LIMIT ?`

	departingObjects = ` FROM link l JOIN object o ON o.key = l.object
		WHERE l.job = ? AND l.kind = ? AND l.object > ? AND l.departure > 0
			AND (l.departure < 3 OR COALESCE(l.retry_at, 0) <= ? OR o.sequence > ? AND o.sequence <= ?)
		ORDER BY l.object LIMIT ?`

	namedObjects = ` FROM object o LEFT JOIN link l ON l.job = ? AND l.object = o.key
		WHERE o.tenant = ? AND o.kind = ? AND o.id IN `
)

// Candidates returns a page of objects to look at, in order.
func (db *DB) Candidates(ctx context.Context, q store.CandidateQuery) ([]store.Candidate, error) {
	tenant, err := db.tenant(ctx, q.Claim.Job.Tenant)
	if err != nil {
		return nil, err
	}
	limit := cmp.Or(q.Limit, 1000)
	var candidates []store.Candidate
	err = db.read(ctx, func(s *session) error {
		resource, err := s.resource(ctx, tenant, q.Claim.Job.ServicePrincipal)
		if err != nil {
			return err
		}
		query, args := candidateQuery(q, tenant, resource, limit)
		var r candidateRow
		dest := r.dest()
		return s.each(ctx, func(row scanner) error {
			if err := row.Scan(dest...); err != nil {
				return err
			}
			c, err := r.decode()
			candidates = append(roomy(candidates, limit), c)
			return err
		}, query, args...)
	})
	if err != nil {
		return nil, err
	}
	return candidates, nil
}

// roomy returns a list with room for one more: of a page that turns out to be long it is
// made whole at once, for candidates are large and copying them costs.
func roomy(list []store.Candidate, most int) []store.Candidate {
	if n := len(list); n == cap(list) && n >= 16 && n < most {
		return slices.Grow(list, most-n)
	}
	return list
}

// resource returns the key of a service principal; zero, which has no
// assignments, when it is not there.
func (s *session) resource(ctx context.Context, tenant int64, id directory.ObjectID) (int64, error) {
	var key int64
	_, err := s.one(ctx, []any{&key}, "SELECT key FROM object WHERE tenant = ? AND id = ?", tenant, string(id))
	return key, err
}

func candidateQuery(q store.CandidateQuery, tenant, resource int64, limit int) (string, []any) {
	roles, args := roleColumns(q, resource)
	query := "SELECT " + candidateColumns + roles
	kind := kindCode(q.Kind)
	switch q.Of {
	case store.Linked:
		return query + linkedObjects, append(args, q.Claim.JobKey, tenant, kind, max(q.From, q.After), q.Head, q.Claim.JobKey, limit)
	case store.Retried:
		return query + retriedObjects, append(args, q.Claim.JobKey, kind, q.After, micros(q.Due), q.From, q.Head, limit)
	case store.Departing:
		return query + departingObjects, append(args, q.Claim.JobKey, kind, q.After, micros(q.Due), q.From, q.Head, limit)
	case store.Named:
		args = append(args, q.Claim.JobKey, tenant, kind)
		for _, id := range q.Names {
			args = append(args, string(id))
		}
		return query + namedObjects + "(" + list(len(q.Names)) + ")", args
	case store.Changed:
	}
	return query + changedObjects, append(args, q.Claim.JobKey, tenant, kind, max(q.From, q.After), q.Head, limit)
}

// roleColumns are the app roles of an object, direct ones and those of groups.
func roleColumns(q store.CandidateQuery, resource int64) (string, []any) {
	switch {
	case q.WithoutRoles:
		return "NULL, NULL", nil
	case q.Kind != directory.User:
		return directRoles + ", NULL", []any{resource}
	case q.Claim.Job.NestedGroups():
		return directRoles + ", " + nestedRoles, []any{resource, resource}
	default:
		return directRoles + ", " + groupRoles, []any{resource, resource}
	}
}

// candidateRow is a candidate as it is read.
type candidateRow struct {
	object               objectRow
	link                 linkRow
	direct, throughGroup sql.NullString // roles
}

func (r *candidateRow) dest() []any {
	return append(append(r.object.dest(), r.link.dest()...), &r.direct, &r.throughGroup)
}

func (r *candidateRow) decode() (store.Candidate, error) {
	var (
		c   store.Candidate
		err error
	)
	if c.Object, err = r.object.decode(); err != nil {
		return c, err
	}
	if c.Link, err = r.link.decode(); err != nil {
		return c, err
	}
	c.AppRoles = grants(r.direct.String, r.throughGroup.String)
	c.Assigned = c.AppRoles != nil
	return c, nil
}

// linkRow is a link as it is kept.
type linkRow struct {
	targetID sql.NullString
	managed  sql.NullBool
	digest   []byte
	failure  sql.NullString
	disabled sql.NullBool
	// departure is a store.Departure.
	departure sql.Null[store.Departure]
	begun     sql.NullString
}

func (r *linkRow) dest() []any {
	return []any{&r.targetID, &r.managed, &r.digest, &r.failure, &r.disabled, &r.departure, &r.begun}
}

func (r *linkRow) decode() (store.Link, error) {
	link := store.Link{TargetID: r.targetID.String, Managed: r.managed.Bool, Digest: r.digest, Disabled: r.disabled.Bool, Departure: r.departure.V}
	if r.failure.Valid {
		if err := json.Unmarshal([]byte(r.failure.String), &link.Failure); err != nil {
			return link, errUnreadable(err, "failure")
		}
	}
	if r.begun.Valid {
		if err := json.Unmarshal([]byte(r.begun.String), &link.Begun); err != nil {
			return link, errUnreadable(err, "matching values")
		}
	}
	return link, nil
}

// grants reads the lists of app roles and names each role once for each way.
func grants(lists ...string) []directory.AppRoleGrant {
	var roles []directory.AppRoleGrant
	for _, list := range lists {
		for text := range strings.FieldsSeq(list) {
			role := directory.AppRoleGrant{AppRoleID: text[1:], ViaGroup: text[0] == 'g'}
			if !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
	}
	return roles
}

// Standing counts what a cycle has to weigh before it takes anything away. Accounts
// are counted only when something departs: they are many.
func (db *DB) Standing(ctx context.Context, c store.Claim) (store.Standing, error) {
	var n store.Standing
	err := db.read(ctx, func(s *session) error {
		n = store.Standing{}
		if _, err := s.one(ctx, []any{&n.Departing}, departingCount, c.JobKey); err != nil || n.Departing == 0 {
			return err
		}
		_, err := s.one(ctx, []any{&n.Accounts}, `SELECT count(*) FROM link
			WHERE job = ? AND kind IN (1, 2) AND target_id IS NOT NULL AND managed = TRUE AND disabled = FALSE`, c.JobKey)
		return err
	})
	return n, err
}

// departingCount compares the target id in a way for which no index is kept: nearly all
// links have one, and few depart.
const departingCount = "SELECT count(*) FROM link WHERE job = ? AND kind IN (1, 2) AND departure > 0 AND departure < 3 AND COALESCE(target_id, '') <> ''"

// Owed counts what is to be tried again, by the indexes of what is.
func (db *DB) Owed(ctx context.Context, c store.Claim) (int64, error) {
	var owed int64
	err := db.read(ctx, func(s *session) error {
		_, err := s.one(ctx, []any{&owed}, `SELECT (SELECT count(*) FROM link WHERE job = ? AND kind IN (1, 2) AND retry_at IS NOT NULL)
			+ (SELECT count(*) FROM reference_due WHERE job = ? AND retry_at IS NOT NULL)`, c.JobKey, c.JobKey)
		return err
	})
	return owed, err
}
