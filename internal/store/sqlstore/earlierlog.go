package sqlstore

import (
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/synchronization"
)

// earlierRecords are the entries of the versions that kept a whole document for each.
// They are read as they are; nothing is added to them, and when the last has become old
// enough to be removed, the table is empty for good.
func (db *DB) earlierRecords() logTable {
	return logTable{
		name: "provisioning_log",
		columns: `l.key, l.time, l.id, l.job_id, l.cycle_id, l.change_id, l.service_principal, l.action, l.status,
			l.source_id, l.source_name, l.source_type, l.target_id, l.target_name, l.duration, l.document`,
		resolve: db.dialect.earlierProperty,
		scan:    scanEarlier,
	}
}

func scanEarlier(row scanner) (foundLog, error) {
	var (
		f       foundLog
		e       = &f.entry
		c       = &synchronization.RecordContext{}
		service directory.ObjectID
		whole   []byte
	)
	e.RecordContext = c
	err := row.Scan(&f.key, &f.time, &e.ID, &c.JobID, &c.CycleID, &e.ChangeID, &service, &c.Action, &c.Status,
		&e.SourceID, &e.SourceName, &c.SourceType, &e.TargetID, &e.TargetName, &e.Duration, &whole)
	e.Time, e.Whole, c.ServicePrincipal.ID = instant(f.time), whole, string(service)
	return f, err
}

// earlierProperty finds the operand of a property of provisioningObjectSummary. Names
// are taken in any case and, but for the status, values as they are.
func (d dialect) earlierProperty(p odata.Property) (operand, bool) {
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
		return d.earlierParty(p)
	}
}

// earlierParty finds the operand of who and what an entry is about.
func (d dialect) earlierParty(p odata.Property) (operand, bool) {
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
		return d.earlierMember("targetIdentity", "identityType"), true
	case "serviceprincipal/id":
		return operand{text: "l.service_principal"}, true
	case "serviceprincipal/displayname", "serviceprincipal/name":
		return d.earlierMember("servicePrincipal", "displayName"), true
	case "sourcesystem/displayname":
		return d.earlierMember("sourceSystem", "displayName"), true
	case "targetsystem/displayname":
		return d.earlierMember("targetSystem", "displayName"), true
	case "initiatedby/displayname":
		return d.earlierMember("initiatedBy", "displayName"), true
	default:
		return operand{}, false
	}
}

// earlierMember is the operand of a text of an object inside the document, which is
// compared as it is.
func (d dialect) earlierMember(parent, name string) operand {
	return operand{text: "(l.document -> '" + parent + "' ->> '" + name + "')" + d.collate}
}
