package sqlstore

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

// observations is how many numbers there are for them: so many that none meets a row
// that another one of the same number has seen, in six bytes.
const observations = 1 << 47

// manyHidden is of how many references a target that shows none of them is taken to hide
// them. Below, they are written once more, which is as quick as to be in doubt.
const manyHidden = 1000

// BeginObservation opens an owner and numbers the observation.
func (db *DB) BeginObservation(ctx context.Context, c store.Claim, owner directory.Key) (store.Observation, error) {
	o := store.Observation{Owner: owner, Number: 1 + rand.Int64N(observations)} //nolint:gosec // it need not be secret
	return o, db.write(ctx, relaxed, func(s *session) error {
		if err := s.hold(ctx, c); err != nil {
			return err
		}
		return s.setOpen(ctx, c.JobKey, owner, true)
	})
}

// setOpen says whether it is unknown what the target has of an owner that is due.
func (s *session) setOpen(ctx context.Context, job int64, owner directory.Key, open bool) error {
	_, err := s.exec(ctx, `INSERT INTO reference_due (job, owner, open) VALUES (?, ?, ?)
		ON CONFLICT (job, owner) DO UPDATE SET open = excluded.open`, job, owner, open)
	return err
}

// The statement that records what was seen; between the two parts stands the list
// of target ids.
const (
	seeHead = `INSERT INTO reference (job, owner, relation, referent, target_id, written, pending, seen)
		SELECT l.job, ?, ?, l.object, l.target_id, TRUE, FALSE, CAST(? AS BIGINT) FROM link l
		WHERE l.job = ? AND l.kind IN (1, 2) AND l.target_id IN `
	seeTail = ` AND (
			EXISTS (SELECT 1 FROM relation r WHERE r.owner = ? AND r.relation = ? AND r.referent = l.object)
			OR EXISTS (SELECT 1 FROM reference w WHERE w.job = l.job AND w.owner = ? AND w.relation = ? AND w.referent = l.object))
		ON CONFLICT (job, owner, relation, referent) DO UPDATE SET
			target_id = excluded.target_id, written = TRUE, pending = FALSE, seen = excluded.seen`
)

// SeeReferences records as written those of the target ids that belong to a referent in
// the directory or in the record.
func (db *DB) SeeReferences(ctx context.Context, c store.Claim, o store.Observation, r directory.Relation, targetIDs []string) error {
	return db.write(ctx, relaxed, func(s *session) error {
		if err := s.hold(ctx, c); err != nil {
			return err
		}
		values := make([]any, len(targetIDs))
		for i, id := range targetIDs {
			values[i] = id
		}
		ours, err := s.see(ctx, c, o, r, values)
		if err != nil || ours >= int64(len(targetIDs)) {
			return err
		}
		_, err = s.see(ctx, c, o, r, respelled(targetIDs))
		return err
	})
}

// see records some target ids as seen and returns how many of them are ours.
func (s *session) see(ctx context.Context, c store.Claim, o store.Observation, r directory.Relation, values []any) (int64, error) {
	relation := relationCode(r)
	all := among{
		head: seeHead, before: []any{o.Owner, relation, o.Number, c.JobKey}, values: values,
		tail: seeTail, after: []any{o.Owner, relation, o.Owner, relation},
	}
	ours := int64(0)
	for _, statement := range all.statements(s.dialect) {
		n, err := s.exec(ctx, statement.text, statement.args...)
		if err != nil {
			return 0, err
		}
		ours += n
	}
	return ours, nil
}

// guidLength is that of a GUID in its usual form, which alone is respelled.
const guidLength = 36

// respelled returns the GUIDs among ids, in the other case of their letters: some targets
// write the same one in both.
func respelled(ids []string) []any {
	var others []any
	for _, id := range ids {
		if len(id) != guidLength || uuid.Validate(id) != nil {
			continue
		}
		for _, other := range []string{strings.ToLower(id), strings.ToUpper(id)} {
			if other != id {
				others = append(others, other)
			}
		}
	}
	return others
}

// The statements that settle what was not seen of the references of an owner under a
// relation. One is wanted that the directory has.
const (
	unseen = " WHERE job = ? AND owner = ? AND relation = ? AND seen <> ?"
	wanted = ` EXISTS (SELECT 1 FROM relation r
		WHERE r.owner = reference.owner AND r.relation = reference.relation AND r.referent = reference.referent)`

	seenAny   = "SELECT 1 FROM reference WHERE job = ? AND owner = ? AND relation = ? AND seen = ? LIMIT 1"
	missing   = "SELECT count(*) FROM (SELECT 1 FROM reference" + unseen + " AND written = TRUE AND pending = FALSE AND" + wanted + " LIMIT ?) m"
	forget    = "DELETE FROM reference" + unseen
	unwrite   = forget + " AND" + wanted
	mistrust  = "UPDATE reference SET written = TRUE, pending = FALSE" + unseen
	unpendNew = forget + " AND pending = TRUE AND written = FALSE"
	unpendOld = "UPDATE reference SET pending = FALSE" + unseen + " AND pending = TRUE"
)

// EndObservation settles what was not seen.
func (db *DB) EndObservation(ctx context.Context, c store.Claim, o store.Observation, relations []directory.Relation) (bool, error) {
	doubt := false
	err := db.write(ctx, relaxed, func(s *session) error {
		doubt = false
		if err := s.hold(ctx, c); err != nil {
			return err
		}
		var settling []clause
		for _, r := range relations {
			at := []any{c.JobKey, o.Owner, relationCode(r), o.Number}
			statements, hidden, err := s.settling(ctx, at)
			if err != nil {
				return err
			}
			doubt = doubt || hidden && !o.Sure
			for _, text := range statements {
				settling = append(settling, clause{text, at})
			}
		}
		if doubt {
			return nil
		}
		return s.settleUnseen(ctx, c.JobKey, o.Owner, settling)
	})
	return doubt, err
}

// settling returns what settles the references at a place, and whether nothing was seen
// of what is known to be there.
func (s *session) settling(ctx context.Context, at []any) ([]string, bool, error) {
	var one, lacking int
	some, err := s.one(ctx, []any{&one}, seenAny, at...)
	if err != nil {
		return nil, false, err
	}
	if _, err := s.one(ctx, []any{&lacking}, missing, append(slices.Clip(at), manyHidden)...); err != nil {
		return nil, false, err
	}
	hidden := !some && lacking > 0
	switch {
	case lacking == 0:
		return []string{forget}, hidden, nil
	case hidden && lacking == manyHidden:
		return []string{unpendNew, unpendOld}, hidden, nil
	default:
		return []string{unwrite, mistrust}, hidden, nil
	}
}

// settleUnseen runs what settles the references of an owner, which is no longer open then.
func (s *session) settleUnseen(ctx context.Context, job int64, owner directory.Key, settling []clause) error {
	for _, statement := range settling {
		if _, err := s.exec(ctx, statement.text, statement.args...); err != nil {
			return err
		}
	}
	if err := s.setOpen(ctx, job, owner, false); err != nil {
		return err
	}
	_, err := s.exec(ctx, unreconcile+" AND owner = ?", job, owner)
	return err
}
