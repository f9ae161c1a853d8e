package directoryimport

import (
	"strings"

	"github.com/provisor/provisor/internal/directory"
)

// object collects what the cells of a row tell about one user, group or member.
type object struct {
	id         directory.ObjectID
	attributes directory.Attributes
	manager    string
	member     string // from memberObjectIdOrUpn
	kind       directory.Kind
	issuer     any // text; nil when the file does not tell
	dynamic    bool
}

// set takes the text of one cell, as text and as an attribute. It returns why the
// text is not what the property wants, and whether that spoils the row or only
// costs the value.
func (o *object) set(p property, value string, boxed any) (string, bool) {
	switch p.kind {
	case text:
		o.attributes[p.name] = boxed
	case single:
		o.attributes[p.name] = []any{boxed}
	case list:
		o.attributes[p.name] = splitList(value)
	case truth, blocked, origin:
		return o.setTruth(p, value), true
	case instant:
		return o.setInstant(p.name, value), false
	case userType:
		return o.setUserType(value), true
	case identifier:
		return o.setID(value), true
	case groupType:
		return o.setGroupType(value), true
	case membership:
		return o.setMembership(value), true
	case memberKind:
		return o.setKind(value), true
	case issuer:
		o.issuer = boxed
	case manager:
		o.manager = value
	case memberRef:
		o.member = value
	case extension:
		o.setExtension(p.name, value)
	case withheld, notOfTheGraph:
	}
	return "", true
}

// finish puts together what several columns tell.
func (o *object) finish() {
	if o.issuer != nil {
		o.attributes["identities"] = []any{map[string]any{
			"signInType":       "userPrincipalName",
			"issuer":           o.issuer,
			"issuerAssignedId": o.attributes["userPrincipalName"],
		}}
	}
	if o.dynamic {
		types, _ := o.attributes["groupTypes"].([]any)
		o.attributes["groupTypes"] = append(types, "DynamicMembership")
	}
}

// reference returns how a member is referred to: by id when the file tells it.
func (o *object) reference() string {
	switch {
	case o.id != "":
		return string(o.id)
	case o.member != "":
		return normalReference(o.member)
	}
	return o.attributes.String("userPrincipalName")
}

func (o *object) setTruth(p property, value string) string {
	var is, ok bool
	if p.kind == origin {
		is, ok = parseOrigin(value)
	} else {
		is, ok = parseTruth(value)
	}
	if !ok {
		return "is neither true nor false"
	}
	o.attributes[p.name] = is != (p.kind == blocked)
	return ""
}

func (o *object) setInstant(name, value string) string {
	when, ok := parseInstant(value)
	if !ok {
		return "is not a time that is known"
	}
	o.attributes[name] = when
	return ""
}

func (o *object) setUserType(value string) string {
	switch strings.ToLower(value) {
	case "member":
		o.attributes["userType"] = "Member"
	case "guest":
		o.attributes["userType"] = "Guest"
	default:
		return "is neither Member nor Guest"
	}
	return ""
}

func (o *object) setID(value string) string {
	id, ok := parseGUID(value)
	if !ok {
		return "is not a GUID"
	}
	o.id = directory.ObjectID(id)
	return ""
}

func (o *object) setExtension(name, value string) {
	all, ok := o.attributes["onPremisesExtensionAttributes"].(map[string]any)
	if !ok {
		all = map[string]any{}
		o.attributes["onPremisesExtensionAttributes"] = all
	}
	all[name] = value
}

// setGroupType spreads the portal's word for a group over the three properties of
// Graph that make it.
func (o *object) setGroupType(value string) string {
	types := []any{}
	var mail, security bool
	switch keyOf(value) {
	case "security", "securitygroup":
		security = true
	case "microsoft365", "m365", "office", "office365", "unified":
		types, mail = []any{"Unified"}, true
	case "mailenabledsecurity", "mailenabledsecuritygroup":
		mail, security = true, true
	case "distribution", "distributionlist", "distributiongroup":
		mail = true
	default:
		return "is not a type of group; known are Security, Microsoft 365, Mail-enabled security and Distribution"
	}
	o.attributes["groupTypes"] = types
	o.attributes["mailEnabled"] = mail
	o.attributes["securityEnabled"] = security
	return ""
}

func (o *object) setMembership(value string) string {
	switch keyOf(value) {
	case "assigned":
	case "dynamic", "dynamicuser", "dynamicdevice", "dynamicmembership":
		o.dynamic = true
	default:
		return "is neither Assigned nor Dynamic"
	}
	return ""
}

func (o *object) setKind(value string) string {
	kind, ok := parseKind(value)
	if !ok {
		return "cannot be a member here: only users and groups are imported"
	}
	o.kind = kind
	return ""
}
