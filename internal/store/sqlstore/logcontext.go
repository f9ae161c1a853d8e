package sqlstore

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// logPlace is where entries of one context stand.
type logPlace struct{ context, job, cycle int64 }

// logPlaces remembers the places of the contexts that are being written to. A cycle uses
// a few at a time, and each for a minute.
type logPlaces struct {
	mu    sync.Mutex
	known map[*synchronization.RecordContext]logPlace
}

// placesLimit bounds what is remembered.
const placesLimit = 256

func (p *logPlaces) get(c *synchronization.RecordContext) (logPlace, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	place, ok := p.known[c]
	return place, ok
}

func (p *logPlaces) put(c *synchronization.RecordContext, place logPlace) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil || len(p.known) >= placesLimit {
		p.known = map[*synchronization.RecordContext]logPlace{}
	}
	p.known[c] = place
}

// contextUse is how exactly it is known when a context was last used.
const contextUse = 24 * time.Hour

// logPlace returns the place of an entry. A context that is new is stored, in a
// transaction of its own: so what is remembered of it is true whatever becomes of the
// entry.
func (db *DB) logPlace(ctx context.Context, tenant int64, e *store.LogEntry) (logPlace, error) {
	if place, ok := db.places.get(e.RecordContext); ok {
		return place, nil
	}
	document, err := json.Marshal(e.RecordContext)
	if err != nil {
		return logPlace{}, errUnwritable(err, "context of a log entry")
	}
	c := storedContext{tenant: tenant, context: e.RecordContext, at: micros(e.Time), document: plainDocument(string(document))}
	known := false
	err = db.read(ctx, func(s *session) error {
		known, err = c.find(ctx, s)
		return err
	})
	if err == nil && !known {
		err = db.write(ctx, relaxed, func(s *session) error { return c.store(ctx, s) })
	}
	if err == nil {
		db.places.put(e.RecordContext, c.place)
	}
	return c.place, err
}

// storedContext is a context that is looked up or stored.
type storedContext struct {
	tenant   int64
	context  *synchronization.RecordContext
	at       int64
	document string
	place    logPlace
}

// find reports whether the context is stored and known to be in use at the time.
func (c *storedContext) find(ctx context.Context, s *session) (bool, error) {
	c.place = logPlace{}
	var used int64
	_, err := s.one(ctx, []any{&c.place.context, &c.place.job, &c.place.cycle, &used},
		"SELECT key, job, cycle, time FROM provisioning_context WHERE tenant = ? AND cycle_id = ? AND document = ?",
		c.tenant, c.context.CycleID, c.document)
	return c.place.context != 0 && c.at-used < contextUse.Microseconds(), err
}

// store stores the context, or that it is used still.
func (c *storedContext) store(ctx context.Context, s *session) error {
	if err := s.lockName(ctx, "provisioning_context"); err != nil {
		return err
	}
	if _, err := c.find(ctx, s); err != nil {
		return err
	}
	if c.place.context != 0 {
		_, err := s.exec(ctx, "UPDATE provisioning_context SET time = ? WHERE key = ? AND time < ?", c.at, c.place.context, c.at)
		return err
	}
	return c.insert(ctx, s)
}

func (c *storedContext) insert(ctx context.Context, s *session) error {
	id, change := idTails(c.context.TenantID, c.context.CycleID)
	p := c.context
	if _, err := s.one(ctx, []any{&c.place.context},
		`INSERT INTO provisioning_context (tenant, time, job, cycle, job_id, cycle_id, service_principal, service_principal_name,
			source_system, target_system, initiator, action, status, source_type, target_type, id_tail, change_tail, document)
		VALUES (?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`,
		c.tenant, c.at, plain(string(p.JobID)), plain(p.CycleID), plain(p.ServicePrincipal.ID), plain(p.ServicePrincipal.DisplayName),
		plain(p.SourceSystem.DisplayName), plain(p.TargetSystem.DisplayName), plain(p.InitiatedBy.DisplayName),
		p.Action, p.Status, p.SourceType, p.TargetType, id, change, c.document); err != nil {
		return err
	}
	// The first context of a job, or of a cycle, lends its key to the others.
	_, err := s.one(ctx, []any{&c.place.job, &c.place.cycle},
		`UPDATE provisioning_context SET
			job = COALESCE((SELECT min(o.job) FROM provisioning_context o WHERE o.tenant = ? AND o.job_id = ? AND o.job > 0), key),
			cycle = COALESCE((SELECT min(o.cycle) FROM provisioning_context o WHERE o.tenant = ? AND o.cycle_id = ? AND o.cycle > 0), key)
		WHERE key = ? RETURNING job, cycle`,
		c.tenant, plain(string(p.JobID)), c.tenant, plain(p.CycleID), c.place.context)
	return err
}

// contexts reads contexts from their documents, each once.
type contexts map[string]*synchronization.RecordContext

func (known contexts) read(document string) (*synchronization.RecordContext, error) {
	if c := known[document]; c != nil {
		return c, nil
	}
	c := &synchronization.RecordContext{}
	if err := json.NewDecoder(strings.NewReader(document)).Decode(c); err != nil {
		return nil, errUnreadable(err, "context of a log entry")
	}
	known[document] = c
	return c, nil
}
