package sqlstore

import (
	"fmt"
	"strings"

	"github.com/provisor/provisor/internal/odata"
)

// recordFilter finds the operands of the properties of provisioningObjectSummary for a
// tenant's entries. Names are taken in any case and, but for the status, values as they
// are.
type recordFilter struct {
	dialect dialect
	tenant  int64
}

func (f recordFilter) property(p odata.Property) (operand, bool) {
	switch strings.ToLower(string(p)) {
	case "id":
		return f.made("id"), true
	case "changeid":
		return f.made("change"), true
	case "activitydatetime":
		return operand{text: "l.time", holds: holdsInstant}, true
	case "durationinmilliseconds":
		return operand{text: "CAST(l.duration / 1000000 AS DOUBLE PRECISION)", holds: holdsMilliseconds}, true
	case "tenantid":
		return operand{text: "(SELECT t.id FROM tenant t WHERE t.key = l.tenant)"}, true
	case "jobid":
		return f.numbered("job"), true
	case "cycleid":
		return f.numbered("cycle"), true
	case "provisioningaction", "action":
		return shared("c.action"), true
	case "provisioningstatusinfo/status", "statusinfo/status", "status":
		o := shared("lower(c.status)")
		o.ignores = f.dialect.folded()
		return o, true
	default:
		return f.party(p)
	}
}

// party finds the operand of who and what an entry is about.
func (f recordFilter) party(p odata.Property) (operand, bool) {
	switch strings.ToLower(string(p)) {
	case "sourceidentity/id":
		return f.source(), true
	case "sourceidentity/displayname":
		return operand{text: "l.source_name"}, true
	case "sourceidentity/identitytype":
		return shared("c.source_type"), true
	case "targetidentity/id":
		return operand{text: "l.target_id"}, true
	case "targetidentity/displayname":
		return operand{text: "COALESCE(l.target_name, l.source_name)"}, true
	case "targetidentity/identitytype":
		return shared("c.target_type"), true
	case "serviceprincipal/id":
		return shared("c.service_principal"), true
	case "serviceprincipal/displayname", "serviceprincipal/name":
		return shared("c.service_principal_name"), true
	case "sourcesystem/displayname":
		return shared("c.source_system"), true
	case "targetsystem/displayname":
		return shared("c.target_system"), true
	case "initiatedby/displayname":
		return shared("c.initiator"), true
	default:
		return operand{}, false
	}
}

// inContext begins a condition on the context of an entry, as c.
const inContext = "l.context IN (SELECT c.key FROM provisioning_context c WHERE "

// shared is the operand of a column of the context.
func shared(column string) operand { return operand{text: column, within: inContext} }

// numbered is the operand of an id of the context, job_id or cycle_id. The entries with
// one are found by the number that stands for it.
func (f recordFilter) numbered(of string) operand {
	o := shared("c." + of + "_id")
	o.equals = func(value any) clause {
		return clause{
			"l." + of + " = (SELECT c." + of + " FROM provisioning_context c WHERE c.tenant = ? AND c." + of + "_id = ? LIMIT 1)",
			[]any{f.tenant, value},
		}
	}
	return o
}

// made is the operand of id or change_id, which is made of the key where the column is
// null.
func (f recordFilter) made(of string) operand {
	column := "l.id"
	if of != "id" {
		column = "l." + of + "_id"
	}
	digits := fmt.Sprintf(f.dialect.digits, "l.key")
	tail := "(SELECT c." + of + "_tail FROM provisioning_context c WHERE c.key = l.context)"
	return operand{
		text: "COALESCE(" + column + ", substr(" + digits + ", 1, 8) || '-' || substr(" + digits + ", 9) || '-' || " +
			tail + ")" + f.dialect.collate,
		equals: func(value any) clause {
			own := clause{column + " = ?", []any{value}}
			text, _ := value.(string)
			key, end, ok := partsOfID(text)
			if !ok {
				return own
			}
			return clause{
				"(l.key = ? AND " + column + " IS NULL AND " + tail + " = ? OR " + own.text + ")",
				append([]any{key, end}, own.args...),
			}
		},
	}
}

// source is the operand of the source's id.
func (f recordFilter) source() operand {
	return operand{
		text: "COALESCE(l.source_id, (SELECT o.id FROM object o WHERE o.key = l.source))",
		equals: func(value any) clause {
			text, _ := value.(string)
			return clause{
				"l.source = COALESCE((SELECT o.key FROM object o WHERE o.tenant = ? AND o.id = ?), ?)",
				[]any{f.tenant, value, stranger(text)},
			}
		},
	}
}
