package scim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/plainjson"
)

// Dialect is the manner in which a client writes SCIM bodies.
type Dialect uint8

// The dialects.  Entra, the zero Dialect, is what Microsoft Entra sends by default;
// EntraSCIM062020 is what it sends with the switch aadOptscim062020; RFC7644 is the
// standard taken strictly.
const (
	Entra Dialect = iota
	EntraSCIM062020
	RFC7644
)

// String returns the name for people and configuration.
func (d Dialect) String() string {
	switch d {
	case Entra:
		return "entra"
	case EntraSCIM062020:
		return "entra-scim062020"
	case RFC7644:
		return "rfc7644"
	default:
		return fmt.Sprintf("Dialect(%d)", uint8(d))
	}
}

// ParseDialect reads a name that [Dialect.String] writes.
func ParseDialect(s string) (Dialect, error) {
	for _, d := range []Dialect{Entra, EntraSCIM062020, RFC7644} {
		if strings.EqualFold(s, d.String()) {
			return d, nil
		}
	}
	return 0, badRequest(InvalidValue, "the dialect %q is none of entra, entra-scim062020, rfc7644", s)
}

// EncodeCreate writes the body of a POST for a resource of the type "User" or
// "Group".  It adds schemas and, in Entra's dialects, meta.resourceType; a schemas
// or meta that r holds is replaced.  Attributes that are null are omitted and
// Booleans are JSON Booleans in every dialect.  It does not change r.
func (d Dialect) EncodeCreate(resourceType string, r Resource) ([]byte, error) {
	schemas, err := d.schemas(resourceType, r)
	if err != nil {
		return nil, err
	}
	var few [24]plainjson.Member
	body := append(few[:0], plainjson.Member{Name: "schemas", Value: schemas})
	if d != RFC7644 {
		body = append(body, plainjson.Member{Name: "meta", Value: map[string]any{"resourceType": resourceType}})
	}
	for k, v := range r {
		if v == nil || strings.EqualFold(k, "schemas") || strings.EqualFold(k, "meta") {
			continue
		}
		v = createValue(k, v)
		if emails, ok := v.([]any); ok && d != RFC7644 && k == "emails" {
			v = withPrimary(emails)
		}
		body = append(body, plainjson.Member{Name: k, Value: v})
	}
	text, err := plainjson.AppendMembers(make([]byte, 0, 1024), body)
	return text, unencodable(err)
}

// schemas lists the schemas of a new resource.  Entra names the enterprise
// extension of every user and never a custom one; the RFC wants those that the
// resource has.
func (d Dialect) schemas(resourceType string, r Resource) ([]string, error) {
	switch {
	case resourceType == UserType && d != RFC7644:
		return []string{UserURN, EnterpriseUserURN}, nil
	case resourceType == GroupType && d != RFC7644:
		return []string{GroupURN, EntraGroupURN}, nil
	case resourceType == UserType:
		return append([]string{UserURN}, extensions(r)...), nil
	case resourceType == GroupType:
		return append([]string{GroupURN}, extensions(r)...), nil
	default:
		return nil, badRequest(InvalidValue, "a SCIM resource is a User or a Group, not a %q", resourceType)
	}
}

// createValue gives Booleans and the manager the form that a POST wants.
func createValue(name string, v any) any {
	switch {
	case strings.EqualFold(name, "active"):
		return asBoolean(v)
	case strings.EqualFold(name, EnterpriseUserURN):
		return createEnterprise(v)
	}
	list, ok := v.([]any)
	if !ok {
		return v
	}
	out := list
	for i, e := range list {
		changed, ok := withBooleanPrimary(e)
		if !ok {
			continue
		}
		if &out[0] == &list[0] {
			out = slices.Clone(list)
		}
		out[i] = changed
	}
	return out
}

func createEnterprise(v any) any {
	obj, ok := object(v)
	if !ok {
		return v
	}
	k, ok := key(obj, "manager")
	if id, isText := obj[k].(string); ok && isText {
		obj = maps.Clone(obj)
		obj[k] = map[string]any{"value": id}
	}
	return obj
}

// withBooleanPrimary returns a copy of an element whose primary is a word, if it is one.
func withBooleanPrimary(e any) (map[string]any, bool) {
	obj, ok := object(e)
	if !ok {
		return nil, false
	}
	k, ok := key(obj, "primary")
	if _, isText := obj[k].(string); !ok || !isText {
		return nil, false
	}
	obj = maps.Clone(obj)
	obj[k] = asBoolean(obj[k])
	return obj, true
}

// withPrimary marks the work address as primary where no address says anything
// about it, as Entra does.
func withPrimary(emails []any) []any {
	work := -1
	for i, e := range emails {
		obj, ok := object(e)
		if !ok {
			return emails
		}
		if _, said := field(obj, "primary"); said {
			return emails
		}
		if t, _ := field(obj, "type"); t == "work" && work < 0 {
			work = i
		}
	}
	if work < 0 {
		return emails
	}
	obj, _ := object(emails[work])
	obj = maps.Clone(obj)
	obj["primary"] = true
	emails = slices.Clone(emails)
	emails[work] = obj
	return emails
}

func asBoolean(v any) any {
	if b, ok := boolean(v); ok {
		return b
	}
	return v
}

// encode writes JSON without the escapes that only HTML needs.
func encode(v any) ([]byte, error) {
	text, err := plainjson.Append(make([]byte, 0, 1024), v)
	return text, unencodable(err)
}

func unencodable(err error) error {
	if err == nil {
		return nil
	}
	return badRequest(InvalidValue, "a value cannot be written as JSON: %v", err)
}
