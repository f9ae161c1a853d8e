package sqlstore

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/provisor/provisor/internal/plainjson"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// Announce remembers what a page is about to create.
func (db *DB) Announce(ctx context.Context, c store.Claim, a store.Announcement) error {
	document := encodeBeginnings(a.Objects)
	return db.write(ctx, relaxed, func(s *session) error {
		if err := s.hold(ctx, c); err != nil {
			return err
		}
		_, err := s.exec(ctx, "INSERT INTO announcement (job, cycle, phase, upto, document) VALUES (?, ?, ?, ?, ?)",
			c.JobKey, a.Cycle.ID, int64(a.Cycle.Phase), a.Upto, document)
		return err
	})
}

// settle removes the announcements that a position covers: every object up to it is
// recorded.
func (s *session) settle(ctx context.Context, job int64, cycle synchronization.Cycle) error {
	_, err := s.exec(ctx, "DELETE FROM announcement WHERE job = ? AND phase = ? AND upto <= ?", job, int64(cycle.Phase), cycle.After)
	return err
}

// resume makes links of what was announced and has no outcome, for the one who has just
// claimed the job.
func (s *session) resume(ctx context.Context, job int64, cycle *synchronization.Cycle) error {
	var begun []store.Outcome
	found := false
	err := s.each(ctx, func(row scanner) error {
		found = true
		var a store.Announcement
		var document string
		if err := row.Scan(&a.Cycle.ID, &a.Cycle.Phase, &document); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(document), &a.Objects); err != nil {
			return errUnreadable(err, "announcement")
		}
		begun = append(begun, unsettled(a, cycle)...)
		return nil
	}, "SELECT cycle, phase, document FROM announcement WHERE job = ? ORDER BY key", job)
	if err != nil || !found {
		return err
	}
	if err := (recorder{session: s, job: job}).putMissingLinks(ctx, begun); err != nil {
		return err
	}
	_, err = s.exec(ctx, "DELETE FROM announcement WHERE job = ?", job)
	return err
}

// unsettled returns the objects of an announcement of which the position of the job does
// not say that their outcomes are recorded. Of those, some are; they have a link.
func unsettled(a store.Announcement, cycle *synchronization.Cycle) []store.Outcome {
	var begun []store.Outcome
	for _, o := range a.Objects {
		settled := cycle != nil && cycle.ID == a.Cycle.ID &&
			(cycle.Phase > a.Cycle.Phase || cycle.Phase == a.Cycle.Phase && cycle.Processed(o.Position))
		if !settled {
			begun = append(begun, store.Outcome{Object: o.Object, Kind: o.Kind, Link: store.Link{Managed: true, Begun: o.Begun}})
		}
	}
	return begun
}

// encodeBeginnings writes what json.Marshal would: every object that is created passes
// here.
func encodeBeginnings(objects []store.Beginning) string {
	text := make([]byte, 0, 160*len(objects))
	for i, o := range objects {
		text = append(text, separator(i)...)
		text = strconv.AppendInt(append(text, `{"object":`...), int64(o.Object), 10)
		text = plainjson.AppendText(append(text, `,"kind":`...), string(o.Kind))
		text = strconv.AppendInt(append(text, `,"position":`...), o.Position, 10)
		text = append(appendMatchingValues(append(text, `,"begun":`...), o.Begun), '}')
	}
	return string(append(text, closing(len(objects))...))
}

func appendMatchingValues(text []byte, values []store.MatchingValue) []byte {
	for i, v := range values {
		text = append(text, separator(i)...)
		text = plainjson.AppendText(append(text, `{"path":`...), v.Path)
		text = plainjson.AppendText(append(text, `,"value":`...), v.Value)
		if v.CaseExact {
			text = append(text, `,"caseExact":true`...)
		}
		text = append(text, '}')
	}
	return append(text, closing(len(values))...)
}

// separator is what precedes the element of an array at i, and closing what follows n.
func separator(i int) string {
	if i == 0 {
		return "["
	}
	return ","
}

func closing(n int) string {
	if n == 0 {
		return "[]"
	}
	return "]"
}
