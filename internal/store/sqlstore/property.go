package sqlstore

import (
	"regexp"
	"strings"

	"github.com/provisor/provisor/internal/odata"
)

// objectProperties returns the operands of directory objects by property name in
// lower case: Graph takes names in any case.
func objectProperties(d dialect) map[string]operand {
	properties := map[string]operand{
		"id":              {text: "o.id", folded: true},
		"createddatetime": {text: "o.created", holds: holdsInstant},
		"deleteddatetime": {text: "o.deleted", holds: holdsInstant},
	}
	for _, c := range attributeColumns() {
		o := operand{text: "o." + c.name, folded: true}
		if c.boolean {
			o.holds = holdsBoolean
		}
		properties[strings.ToLower(c.property)] = o
	}
	for _, name := range elementProperties() {
		properties[strings.ToLower(name)] = operand{text: "e.value", folded: true, element: name}
	}
	properties[identities] = operand{element: identities}
	for _, name := range documentProperties() {
		properties[strings.ToLower(name)] = d.member("o.document", name)
	}
	return properties
}

// documentProperties are text properties without a column, read from the
// document: rarely filtered by, or few values, so that no index is worth its cost.
func documentProperties() []string {
	names := []string{
		"ageGroup", "applicationTemplateId", "city", "consentProvidedForMinor", "country",
		"creationType", "description", "employeeType", "externalId", "externalUserState", "faxNumber",
		"homepage", "legalAgeGroupClassification", "loginUrl", "membershipRule",
		"membershipRuleProcessingState", "mobilePhone", "officeLocation", "onPremisesDistinguishedName",
		"onPremisesDomainName", "onPremisesNetBiosName", "onPremisesSecurityIdentifier",
		"onPremisesUserPrincipalName", "passwordPolicies", "postalCode", "preferredDataLocation",
		"preferredLanguage", "preferredSingleSignOnMode", "publisherDomain", "securityIdentifier",
		"signInAudience", "state", "streetAddress", "theme", "usageLocation", "visibility",
		"employeeOrgData/costCenter", "employeeOrgData/division",
	}
	for _, n := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"} {
		names = append(names, "onPremisesExtensionAttributes/extensionAttribute"+n)
	}
	return names
}

// member is the operand of a text inside a JSON document.
func (d dialect) member(document, path string) operand {
	parents, name := "", path
	if i := strings.LastIndex(path, "/"); i >= 0 {
		parents, name = " -> '"+strings.ReplaceAll(path[:i], "/", "' -> '")+"'", path[i+1:]
	}
	text := "(" + document + parents + " ->> '" + name + "')" + d.collate
	return operand{text: "lower(" + text + ")", ignores: d.folded()}
}

// folded is a parameter in lower case, by the same rule as a column is.
func (d dialect) folded() string { return "lower(?" + d.collate + ")" }

// objectResolver finds the operand of a property of directory objects. Directory
// extensions, extension_<appId>_<name>, are known by their form.
func (db *DB) objectResolver(p odata.Property) (operand, bool) {
	if o, ok := db.properties[strings.ToLower(string(p))]; ok {
		return o, true
	}
	if db.extension.MatchString(string(p)) {
		return db.dialect.member("o.document", string(p)), true
	}
	return operand{}, false
}

// extensionForm matches the name of a directory extension.
func extensionForm() *regexp.Regexp {
	return regexp.MustCompile(`^extension_[0-9A-Za-z]+_[0-9A-Za-z_]+$`)
}

// objectAny translates any() over a collection of texts.
func (db *DB) objectAny(tenant int64) func(filter, odata.Any, int) (clause, error) {
	return func(f filter, e odata.Any, depth int) (clause, error) {
		collection, ok := db.objectResolver(e.Collection)
		if !ok || collection.element == "" {
			return clause{}, errProperty(e.Collection)
		}
		if collection.element == identities {
			return anyIdentity(tenant, e)
		}
		text := "o.key IN (SELECT e.object FROM element e WHERE e.tenant = ? AND e.property = ?"
		args := []any{tenant, collection.element}
		if e.Expr == nil {
			return clause{text + ")", args}, nil
		}
		inner := filter{dialect: f.dialect, resolve: func(p odata.Property) (operand, bool) {
			return operand{text: "e.value", folded: true}, string(p) == e.Variable
		}}
		c, err := inner.node(e.Expr, depth)
		return clause{text + " AND " + c.text + ")", append(args, c.args...)}, err
	}
}
