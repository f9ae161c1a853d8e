package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// Record stores outcomes and the position that covers them in one transaction.
func (db *DB) Record(ctx context.Context, c store.Claim, b store.Batch) error {
	tenant, err := db.tenant(ctx, c.Job.Tenant)
	if err != nil {
		return err
	}
	cycle, err := encodePosition(b.Cycle)
	if err != nil {
		return err
	}
	logs, err := db.logRows(ctx, tenant, logsOf(b.Outcomes)...)
	if err != nil {
		return err
	}
	err = db.write(ctx, relaxed, func(s *session) error {
		if err := s.advance(ctx, c, b.Cycle, cycle); err != nil {
			return err
		}
		r := recorder{session: s, job: c.JobKey}
		for _, run := range distinct(b.Outcomes) {
			if err := r.record(ctx, run); err != nil {
				return err
			}
		}
		return s.insertLogs(ctx, tenant, logs)
	})
	if err != nil {
		return err
	}
	db.grew(ctx, "link", len(b.Outcomes))
	db.grew(ctx, "provisioning_record", len(logs))
	return nil
}

func encodePosition(c synchronization.Cycle) (sql.NullString, error) {
	if c.ID == "" {
		return sql.NullString{}, nil
	}
	return encodeCycle(&c)
}

// advance stores the position of the claimed job, if there is one, unless the claim
// was overtaken.
func (s *session) advance(ctx context.Context, c store.Claim, cycle synchronization.Cycle, position sql.NullString) error {
	if !position.Valid {
		return s.hold(ctx, c)
	}
	held, err := s.exec(ctx, "UPDATE job SET cycle = ? WHERE "+current, append([]any{position}, currentArgs(c)...)...)
	if err == nil && held == 0 {
		err = errOvertaken(c)
	}
	if err != nil {
		return err
	}
	return s.settle(ctx, c.JobKey, cycle)
}

// distinct cuts outcomes into runs that name no object twice: one statement
// cannot write a row twice.
func distinct(outcomes []store.Outcome) [][]store.Outcome {
	var runs [][]store.Outcome
	seen := make(map[directory.Key]bool, len(outcomes))
	start := 0
	for i, o := range outcomes {
		if seen[o.Object] {
			runs = append(runs, outcomes[start:i])
			start = i
			clear(seen)
		}
		seen[o.Object] = true
	}
	return append(runs, outcomes[start:])
}

func logsOf(outcomes []store.Outcome) []*store.LogEntry {
	var entries []*store.LogEntry
	for _, o := range outcomes {
		if o.Log != nil {
			entries = append(entries, o.Log)
		}
	}
	return entries
}

// recorder writes what a job knows of objects.
type recorder struct {
	session *session
	job     int64
}

// pair is what a link said before.
type pair struct {
	known    bool
	targetID string
	managed  bool
}

// effects are the objects whose references an outcome concerns.
type effects struct {
	removed []any // links to remove
	lost    []any // the target object is gone or another one
	gone    []any // the target object is gone
	gained  []any // can be referred to from now on
	due     []any // own references are due
	anew    []any // the same, of who had no link
	people  []any // the same, of users
	adopted []any // own references are due and not known
	foreign []any // what was known of the references of its target object does not hold any more
	created []store.Outcome
}

// record stores outcomes that name each object once.
func (r recorder) record(ctx context.Context, outcomes []store.Outcome) error {
	before, err := r.links(ctx, outcomes)
	if err != nil {
		return err
	}
	var (
		e     effects
		kept  []store.Outcome
		moved = make([]store.Outcome, 0, len(outcomes)) // nearly all
	)
	for _, o := range outcomes {
		e.note(before[o.Object], o)
		switch {
		case o.Link.IsZero():
		case o.Link.TargetID == before[o.Object].targetID:
			kept = append(kept, o)
		default:
			moved = append(moved, o)
		}
	}
	if err := r.putLinks(ctx, moved, "target_id = excluded.target_id, "); err != nil {
		return err
	}
	if err := r.putLinks(ctx, kept, ""); err != nil {
		return err
	}
	return r.apply(ctx, e)
}

// note sorts an outcome by what it means for references.
func (e *effects) note(before pair, o store.Outcome) {
	after := o.Link
	if after.IsZero() && !o.Unlinked {
		e.removed = append(e.removed, o.Object)
	}
	if before.targetID != "" && before.targetID != after.TargetID {
		e.lost = append(e.lost, o.Object)
	}
	e.noteOrigin(before, o)
	if after.TargetID == "" {
		if !o.Unlinked {
			e.gone = append(e.gone, o.Object)
		}
		return
	}
	// Unmanaged objects are not referred to, so becoming managed counts as well.
	if before.targetID != after.TargetID || after.Managed && !before.managed {
		e.gained = append(e.gained, int64(o.Object))
	}
	switch {
	case o.Adopted:
		e.adopted = append(e.adopted, o.Object)
	case o.Reconcile && o.Unlinked && o.Kind == directory.User:
		e.people = append(e.people, int64(o.Object))
	case o.Reconcile && o.Unlinked:
		e.anew = append(e.anew, o.Object)
	case o.Reconcile:
		e.due = append(e.due, o.Object)
	}
}

// noteOrigin sorts an outcome by whose target object it is about: another one than
// before, one that is let go or taken back, or one that is about to be created.
func (e *effects) noteOrigin(before pair, o store.Outcome) {
	other := before.targetID != "" && before.targetID != o.Link.TargetID
	if o.Created > 0 || before.known && (other || o.Link.IsZero() || o.Link.Managed != before.managed) {
		e.foreign = append(e.foreign, o.Object)
	}
	if o.Created > 0 {
		e.created = append(e.created, o)
	}
}

// links returns what the links of outcomes' objects said before.
func (r recorder) links(ctx context.Context, outcomes []store.Outcome) (map[directory.Key]pair, error) {
	before := map[directory.Key]pair{}
	var objects []any
	for _, o := range outcomes {
		if !o.Unlinked {
			objects = append(objects, o.Object)
		}
	}
	err := r.session.eachAmong(ctx, func(row scanner) error {
		var key directory.Key
		p := pair{known: true}
		err := row.Scan(&key, &p.targetID, &p.managed)
		before[key] = p
		return err
	}, among{head: "SELECT object, COALESCE(target_id, ''), managed FROM link WHERE job = ? AND object IN ", before: []any{r.job}, values: objects})
	return before, err
}

func encodeBegun(values []store.MatchingValue) (any, error) {
	if len(values) == 0 {
		return nil, nil //nolint:nilnil // the null of a column
	}
	document, err := json.Marshal(values)
	if err != nil {
		return nil, errUnwritable(err, "matching values")
	}
	return string(document), nil
}

func encodeFailure(f *store.Failure) (text, retryAt any, err error) { //nolint:nonamedreturns // two values of one type
	if f == nil {
		return nil, nil, nil
	}
	document, err := json.Marshal(f)
	if err != nil {
		return nil, nil, errs.Wrap(err, errs.Internal, "InternalServerError", "The failure cannot be written as JSON.")
	}
	return string(document), micros(f.RetryAt), nil
}

// The statements about a job and a list of objects, which follows them.
const (
	removeLinks   = "DELETE FROM link WHERE job = ? AND object IN "
	removeDue     = "DELETE FROM reference_due WHERE job = ? AND owner IN "
	forgetFrom    = "DELETE FROM reference WHERE job = ? AND owner IN "
	forgetTo      = "DELETE FROM reference WHERE job = ? AND referent IN "
	forgetOwner   = "DELETE FROM reference_owner WHERE job = ? AND owner IN "
	forgetChanged = "DELETE FROM reference_changed WHERE job = ? AND owner IN "
	makeOwnersDue = `INSERT INTO reference_due (job, owner, open)
		SELECT DISTINCT l.job, l.object, FALSE FROM relation r JOIN link l ON l.object = r.owner
		WHERE l.job = ? AND l.target_id IS NOT NULL AND r.relation < 3 AND r.referent IN `
	// Members and manager are the relations below the owners: one range, looked for once.
	// Ordered, because of EXISTS a server believes that it meets such a row at once in a
	// table of which one group has most, and reads all of it for everybody who has none.
	makeThemDue = `INSERT INTO reference_due (job, owner, open)
		SELECT l.job, l.object, FALSE FROM link l
		WHERE l.job = ? AND (` + hasRelation + `
			OR (SELECT w.referent FROM reference w WHERE w.job = l.job AND w.owner = l.object ORDER BY w.job, w.owner, w.relation, w.referent LIMIT 1) IS NOT NULL) AND l.object IN `
	// For who is new to the job nothing was written, and nothing is due. A user has a
	// manager, and only one.
	makeUsersDue = `INSERT INTO reference_due (job, owner, open)
		SELECT CAST(? AS bigint), r.owner, FALSE FROM relation r WHERE r.relation = 2 AND r.owner IN `
	makeNewDue = `INSERT INTO reference_due (job, owner, open)
		SELECT l.job, l.object, FALSE FROM link l WHERE l.job = ? AND ` + hasRelation + ` AND l.object IN `
	hasRelation  = `(SELECT r.referent FROM relation r WHERE r.owner = l.object AND r.relation < 3 ORDER BY r.owner, r.relation, r.referent LIMIT 1) IS NOT NULL`
	makeThemOpen = `INSERT INTO reference_due (job, owner, open)
		SELECT l.job, l.object, TRUE FROM link l WHERE l.job = ? AND l.object IN `

	// Owners that are whole need no note of what changed.
	noteGained = `INSERT INTO reference_changed (job, owner, relation, referent)
		SELECT k.job, k.owner, r.relation, r.referent FROM relation r CROSS JOIN reference_owner k
		WHERE k.job = ? AND k.owner = r.owner AND k.reconciled IS NOT NULL AND r.referent IN `

	// What is due already is tried at once, whatever failed before.
	orAtOnce = " ON CONFLICT (job, owner) DO UPDATE SET failure = NULL, retry_at = NULL"
	orOpen   = orAtOnce + ", open = TRUE"
	orNoted  = " ON CONFLICT DO NOTHING"
)

// apply does to links and references what the effects say. Links that were
// written are in place already, so owners of the same batch are found.
func (r recorder) apply(ctx context.Context, e effects) error {
	noted, err := r.noted(ctx, e.gained)
	if err != nil {
		return err
	}
	for _, step := range []struct {
		head, tail string
		objects    []any
	}{
		{removeLinks, "", e.removed},
		{removeDue, "", e.gone},
		{forgetFrom, "", e.lost},
		{forgetTo, "", e.lost},
		{forgetOwner, "", e.foreign},
		{forgetChanged, "", e.foreign},
		{makeOwnersDue, orAtOnce, e.gained},
		{noteGained, orNoted, noted},
		{makeThemDue, orAtOnce, e.due},
		{makeNewDue, orAtOnce, e.anew},
		{makeUsersDue, orNoted, e.people},
		{makeThemOpen, orOpen, e.adopted},
	} {
		if err := r.run(ctx, step.head, step.tail, step.objects); err != nil {
			return err
		}
	}
	return r.create(ctx, e.created)
}

// noted returns the objects that can be referred to from now on where somebody has to
// be told: a job that has reconciled no large owner need not look for theirs.
func (r recorder) noted(ctx context.Context, gained []any) ([]any, error) {
	if len(gained) == 0 {
		return nil, nil
	}
	var one int
	large, err := r.session.one(ctx, []any{&one}, "SELECT 1 FROM reference_owner WHERE job = ? AND reconciled IS NOT NULL LIMIT 1", r.job)
	if !large {
		return nil, err
	}
	return gained, err
}

// create remembers of owners where in the feed their target objects were created.
func (r recorder) create(ctx context.Context, outcomes []store.Outcome) error {
	for _, o := range outcomes {
		if _, err := r.session.exec(ctx, "INSERT INTO reference_owner (job, owner, created) VALUES (?, ?, ?)", r.job, o.Object, o.Created); err != nil {
			return err
		}
	}
	return nil
}

// run runs a statement for the job and a list of objects.
func (r recorder) run(ctx context.Context, head, tail string, objects []any) error {
	return r.session.execAmong(ctx, among{head: head, tail: tail, before: []any{r.job}, values: objects})
}
