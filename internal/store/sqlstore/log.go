package sqlstore

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

// logColumns is what scanLog reads, of the table provisioning_log named l.
const logColumns = `l.key, l.time, l.id, l.job_id, l.cycle_id, l.change_id, l.service_principal, l.action, l.status,
	l.source_id, l.source_name, l.source_type, l.target_id, l.target_name, l.duration, l.document`

// insertLogs appends entries.
func (s *session) insertLogs(ctx context.Context, tenant int64, entries []*store.LogEntry) error {
	for _, run := range chunks(entries) {
		args := make([]any, 0, 16*len(run))
		for _, e := range run {
			document := "null"
			if e.Document != nil {
				document = plainDocument(string(e.Document))
			}
			args = append(args, tenant, micros(e.Time), e.ID, string(e.JobID), e.CycleID, e.ChangeID, string(e.ServicePrincipal),
				e.Action, e.Status, plain(e.SourceID), plain(e.SourceName), e.SourceType, plain(e.TargetID), plain(e.TargetName), int64(e.Duration), document)
		}
		if _, err := s.exec(ctx, s.dialect.insert+`provisioning_log (tenant, time, id, job_id, cycle_id, change_id, service_principal,
			action, status, source_id, source_name, source_type, target_id, target_name, duration, document) VALUES `+
			placeholders(len(run), 16), args...); err != nil {
			return err
		}
	}
	return nil
}

// Logs returns a page of entries.
func (db *DB) Logs(ctx context.Context, tenant directory.TenantID, q store.LogQuery) (store.LogPage, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return store.LogPage{}, err
	}
	statement, err := db.selectLogs(key, q)
	if err != nil {
		return store.LogPage{}, err
	}
	top := cmp.Or(q.Top, 100)
	var page store.LogPage
	err = db.read(ctx, func(conn *session) error {
		var mark position
		return conn.each(ctx, func(row scanner) error {
			if len(page.Entries) == top {
				page.Next = mark.token()
				return nil
			}
			e, err := scanLog(row, &mark)
			page.Entries = append(page.Entries, e)
			return err
		}, statement.text, statement.args...)
	})
	if err != nil {
		return store.LogPage{}, err
	}
	return page, nil
}

// selectLogs returns the query of a page, for one row more than it holds.
func (db *DB) selectLogs(tenant int64, q store.LogQuery) (clause, error) {
	condition, err := filter{dialect: db.dialect, resolve: db.dialect.logProperty}.translate(q.Filter)
	if err != nil {
		return clause{}, err
	}
	s := selection{where: clause{"l.tenant = ?", []any{tenant}}}
	s.and(condition)
	order := ordering{expression: "l.time", key: "l.key", descending: !q.Ascending}
	if q.After != "" {
		after, err := order.after(q.After)
		if err != nil {
			return clause{}, err
		}
		s.and(after)
	}
	return clause{
		"SELECT " + logColumns + " FROM provisioning_log l WHERE " + s.where.text + " ORDER BY " + order.text() + " LIMIT ?",
		append(s.where.args, cmp.Or(q.Top, 100)+1),
	}, nil
}

func scanLog(row scanner, mark *position) (store.LogEntry, error) {
	var (
		e        store.LogEntry
		at       int64
		document []byte
	)
	if err := row.Scan(&mark.Key, &at, &e.ID, &e.JobID, &e.CycleID, &e.ChangeID, &e.ServicePrincipal, &e.Action, &e.Status,
		&e.SourceID, &e.SourceName, &e.SourceType, &e.TargetID, &e.TargetName, &e.Duration, &document); err != nil {
		return e, err
	}
	mark.Value, e.Time = at, instant(at)
	if string(document) != "null" {
		e.Document = document
	}
	return e, nil
}

// logProperty finds the operand of a property of provisioningObjectSummary. Names
// are taken in any case and, but for the status, values as they are.
func (d dialect) logProperty(p odata.Property) (operand, bool) {
	switch strings.ToLower(string(p)) {
	case "id":
		return operand{text: "l.id"}, true
	case "activitydatetime":
		return operand{text: "l.time", holds: holdsInstant}, true
	case "durationinmilliseconds":
		return operand{text: "CAST(l.duration / 1000000 AS DOUBLE PRECISION)", holds: holdsMilliseconds}, true
	case "tenantid":
		return operand{text: "(SELECT t.id FROM tenant t WHERE t.key = l.tenant)"}, true
	case "jobid":
		return operand{text: "l.job_id"}, true
	case "cycleid":
		return operand{text: "l.cycle_id"}, true
	case "changeid":
		return operand{text: "l.change_id"}, true
	case "provisioningaction", "action":
		return operand{text: "l.action"}, true
	case "provisioningstatusinfo/status", "statusinfo/status", "status":
		return operand{text: "lower(l.status)", ignores: d.folded()}, true
	default:
		return d.logParty(p)
	}
}

// logParty finds the operand of who and what an entry is about.
func (d dialect) logParty(p odata.Property) (operand, bool) {
	switch strings.ToLower(string(p)) {
	case "sourceidentity/id":
		return operand{text: "l.source_id"}, true
	case "sourceidentity/displayname":
		return operand{text: "l.source_name"}, true
	case "sourceidentity/identitytype":
		return operand{text: "l.source_type"}, true
	case "targetidentity/id":
		return operand{text: "l.target_id"}, true
	case "targetidentity/displayname":
		return operand{text: "l.target_name"}, true
	case "targetidentity/identitytype":
		return d.logMember("targetIdentity", "identityType"), true
	case "serviceprincipal/id":
		return operand{text: "l.service_principal"}, true
	case "serviceprincipal/displayname", "serviceprincipal/name":
		return d.logMember("servicePrincipal", "displayName"), true
	case "sourcesystem/displayname":
		return d.logMember("sourceSystem", "displayName"), true
	case "targetsystem/displayname":
		return d.logMember("targetSystem", "displayName"), true
	case "initiatedby/displayname":
		return d.logMember("initiatedBy", "displayName"), true
	default:
		return operand{}, false
	}
}

// logMember is the operand of a text of an object inside the document, which is
// compared as it is.
func (d dialect) logMember(parent, name string) operand {
	return operand{text: "(l.document -> '" + parent + "' ->> '" + name + "')" + d.collate}
}

// pruneBatch bounds the entries that one transaction removes, so that others can
// write between.
const pruneBatch = 10_000

// PruneLogs removes entries older than the instant.
func (db *DB) PruneLogs(ctx context.Context, tenant directory.TenantID, before time.Time) (int, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return 0, err
	}
	total := 0
	for {
		var n int64
		err := db.write(ctx, relaxed, func(s *session) error {
			n, err = s.exec(ctx, `DELETE FROM provisioning_log WHERE key IN (
				SELECT key FROM provisioning_log WHERE tenant = ? AND time < ? ORDER BY time LIMIT ?)`,
				key, micros(before), pruneBatch)
			return err
		})
		total += int(n)
		if err != nil || n < pruneBatch {
			return total, err
		}
	}
}
