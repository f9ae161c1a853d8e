package sqlstore

import (
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
)

// identities is the collection of sign-in identities, whose members are complex.
// An element keeps what identifies one: issuerAssignedId, a separator, issuer.
const (
	identities        = "identities"
	identitySeparator = "\x1f"
)

func appendIdentities(elements []element, key directory.Key, a directory.Attributes) []element {
	list, _ := a[identities].([]any)
	for _, member := range list {
		identity, _ := member.(map[string]any)
		assigned, _ := identity["issuerAssignedId"].(string)
		issuer, _ := identity["issuer"].(string)
		if assigned != "" {
			elements = append(elements, element{identities, fold(assigned) + identitySeparator + fold(issuer), key})
		}
	}
	return elements
}

// anyIdentity translates identities/any(i: i/issuerAssignedId eq '…' and
// i/issuer eq '…'); the issuer may be left out, as may nothing else.
func anyIdentity(tenant int64, e odata.Any) (clause, error) {
	const text = "o.key IN (SELECT e.object FROM element e WHERE e.tenant = ? AND e.property = ?"
	args := []any{tenant, identities}
	if e.Expr == nil {
		return clause{text + ")", args}, nil
	}
	named := map[string]string{}
	if !identityTerms(e.Variable, e.Expr, named) || named["issuerassignedid"] == "" {
		return clause{}, errs.New(errs.Invalid, codeUnsupportedQuery,
			"Unsupported or invalid query filter clause specified for property '%s'. Ask for identities/any(i:i/issuerAssignedId eq '…' and i/issuer eq '…').", e.Collection).
			WithTarget(string(e.Collection))
	}
	value := operand{text: "e.value", folded: true}
	begin := fold(named["issuerassignedid"]) + identitySeparator
	condition := value.startsWith(begin)
	if issuer, ok := named["issuer"]; ok {
		condition = clause{"e.value = ?", []any{begin + fold(issuer)}}
	}
	return clause{text + " AND " + condition.text + ")", append(args, condition.args...)}, nil
}

// identityTerms notes what the comparisons joined by and ask of an identity;
// false when there is anything else, or one property twice.
func identityTerms(variable string, e odata.Expr, named map[string]string) bool {
	switch e := e.(type) {
	case odata.And:
		return identityTerms(variable, e.Left, named) && identityTerms(variable, e.Right, named)
	case odata.Compare:
		property, ok := strings.CutPrefix(string(e.Property), variable+"/")
		property = strings.ToLower(property)
		value, isText := e.Value.(string)
		_, twice := named[property]
		if !ok || twice || !isText || e.Op != odata.Eq || property != "issuer" && property != "issuerassignedid" {
			return false
		}
		named[property] = value
		return true
	default:
		return false
	}
}
