package sqlstore

import (
	"context"
	"strconv"

	"github.com/provisor/provisor/internal/store"
)

// putLinks creates or replaces the links of outcomes. Where the target id stays,
// leaving it out of the assignments spares the index on it.
func (r recorder) putLinks(ctx context.Context, outcomes []store.Outcome, assignment string) error {
	return r.insertLinks(ctx, outcomes, ` ON CONFLICT (job, object) DO UPDATE SET `+assignment+`managed = excluded.managed, digest = excluded.digest,
		failure = excluded.failure, retry_at = excluded.retry_at, disabled = excluded.disabled, departure = excluded.departure, begun = excluded.begun`)
}

// putMissingLinks creates the links of outcomes of objects that have none.
func (r recorder) putMissingLinks(ctx context.Context, outcomes []store.Outcome) error {
	return r.insertLinks(ctx, outcomes, " ON CONFLICT (job, object) DO NOTHING")
}

// insertLinks writes links; tail says what becomes of those that are there. Most say
// little, and are written with few values: each costs.
func (r recorder) insertLinks(ctx context.Context, outcomes []store.Outcome, tail string) error {
	var whole []any
	brief := make([]any, 0, briefWidth*len(outcomes))
	for _, o := range outcomes {
		// As the driver has them: what it has to convert costs.
		row := [...]any{int64(o.Object), int64(kindCode(o.Kind)), nil, o.Link.Managed, o.Link.Digest}
		if o.Link.TargetID != "" {
			row[2] = plain(o.Link.TargetID)
		}
		if isBrief(o.Link) {
			brief = append(brief, row[:]...)
			continue
		}
		failure, retryAt, err := encodeFailure(o.Link.Failure)
		if err != nil {
			return err
		}
		begun, err := encodeBegun(o.Link.Begun)
		if err != nil {
			return err
		}
		whole = append(append(whole, row[:]...), failure, retryAt, o.Link.Disabled, int(o.Link.Departure), begun)
	}
	b := bulk{
		head:  "INSERT INTO link (object, kind, target_id, managed, digest, failure, retry_at, disabled, departure, begun, job)",
		types: []string{"bigint", "smallint", "text", "boolean", "bytea", "text", "bigint", "boolean", "bigint", "text"},
		fixed: ", " + strconv.FormatInt(r.job, 10), tail: tail,
	}
	if err := r.session.execRows(ctx, b, whole); err != nil {
		return err
	}
	b.types, b.fixed = b.types[:briefWidth], ", NULL, NULL, FALSE, 0, NULL"+b.fixed
	return r.session.execRows(ctx, b, brief)
}

// briefWidth is with how many values a link is written that is brief.
const briefWidth = 5

// isBrief reports whether a link says no more than what is at the target.
func isBrief(l store.Link) bool {
	return l.Failure == nil && !l.Disabled && l.Departure == 0 && len(l.Begun) == 0
}
