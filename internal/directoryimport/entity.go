package directoryimport

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/provisor/provisor/internal/directory"
)

// entities turns the objects of JSON into rows.
type entities struct {
	warnings *warnings
	yield    func(Row, *RowError) bool
	line     int
}

// fault yields an error for the object at hand, and reports whether to go on.
func (e *entities) fault(name, value, reason string) bool {
	return e.yield(nil, &RowError{Line: e.line, Name: name, Value: shortened(value), Reason: reason})
}

func (e *entities) fail(reason string) bool {
	e.yield(nil, &RowError{Line: e.line, Reason: reason, Fatal: true})
	return false
}

func (e *entities) warn(matter, message string) {
	e.warnings.add(matter, Warning{Line: e.line, Message: message})
}

const notJSON = "is not JSON"

// text reads one object.
func (e *entities) text(text []byte, kind directory.Kind) bool {
	if !utf8.Valid(text) {
		return e.fault("", "", "the text is not UTF-8")
	}
	var members map[string]any
	err := json.Unmarshal(text, &members)
	switch _, isSyntax := errors.AsType[*json.SyntaxError](err); {
	case isSyntax:
		return e.fault("", "", "the object is not JSON")
	case err != nil, members == nil:
		return e.fault("", string(text), "is not a JSON object")
	}
	return e.object(members, kind)
}

// object yields a user, or a group with its members.
func (e *entities) object(members map[string]any, kind directory.Kind) bool {
	if kind == "" {
		var reason string
		if kind, reason = kindOf(members); reason != "" {
			return e.fault("@odata.type", "", reason)
		}
	}
	id, reason := takeID(members["id"])
	if reason != "" {
		return e.fault("id", shown(members["id"]), reason)
	}
	if kind == directory.Group {
		return e.group(id, members)
	}
	return e.user(id, members)
}

// kindOf returns what an object is: by its type, else by what only one kind has.
func kindOf(members map[string]any) (directory.Kind, string) {
	if odataType, _ := members["@odata.type"].(string); odataType != "" {
		kind, ok := parseKind(odataType)
		if !ok {
			return "", "the object is neither a user nor a group, and nothing else is imported"
		}
		return kind, ""
	}
	if _, ok := members["userPrincipalName"]; ok {
		return directory.User, ""
	}
	for _, name := range []string{"members", "members@odata.bind", "groupTypes", "securityEnabled", "mailEnabled"} {
		if _, ok := members[name]; ok {
			return directory.Group, ""
		}
	}
	return "", "the object does not tell whether it is a user or a group; give it @odata.type, or put it into users or groups"
}

func takeID(value any) (directory.ObjectID, string) {
	if value == nil {
		return "", ""
	}
	text, _ := value.(string)
	id, ok := parseGUID(text)
	if !ok {
		return "", "is not a GUID"
	}
	return directory.ObjectID(id), ""
}

func (e *entities) user(id directory.ObjectID, members map[string]any) bool {
	boss, ok := members["manager"]
	if !ok {
		boss = members["manager@odata.bind"]
	}
	attributes, wrong, reason := e.attributes(members, userProperty)
	if reason != "" {
		return e.fault(wrong, shown(members[wrong]), reason)
	}
	principal := attributes.String("userPrincipalName")
	if reason := checkPrincipalName(principal); reason != "" {
		return e.fault("userPrincipalName", principal, reason)
	}
	ref := reference(boss)
	if boss != nil && ref == "" {
		return e.fault("manager", "", notReference)
	}
	return e.yield(&User{line: line(e.line), ID: id, Attributes: attributes, Manager: ref}, nil)
}

const notReference = "is not a reference: give an id, a userPrincipalName, or an object with id, userPrincipalName or @odata.id"

func (e *entities) group(id directory.ObjectID, members map[string]any) bool {
	listed, bound := members["members"], members["members@odata.bind"]
	attributes, wrong, reason := e.attributes(members, groupProperty)
	if reason != "" {
		return e.fault(wrong, shown(members[wrong]), reason)
	}
	ref := string(id)
	if ref == "" {
		ref = attributes.String("displayName")
	}
	if ref == "" {
		return e.fault("displayName", "", "a group must have a displayName")
	}
	if !e.yield(&Group{line: line(e.line), ID: id, Attributes: attributes}, nil) {
		return false
	}
	return e.members(ref, "members", listed) && e.members(ref, "members@odata.bind", bound)
}

// members yields the memberships of a group; a bad one costs itself only.
func (e *entities) members(group, name string, value any) bool {
	list, ok := value.([]any)
	if !ok && value != nil {
		return e.fault(name, "", "is not a list")
	}
	for _, one := range list {
		if !e.member(group, name, one) {
			return false
		}
	}
	return true
}

func (e *entities) member(group, name string, value any) bool {
	ref := reference(value)
	if ref == "" {
		return e.fault(name, shown(value), notReference)
	}
	return e.yield(&Member{line: line(e.line), Group: group, Member: ref, Kind: kindOfReference(value)}, nil)
}

// attributes takes away what is annotation, id or relation, and checks the type of
// what is known. It returns the name and fault of the first property, by name,
// that is wrong.
func (e *entities) attributes(members map[string]any, known func(string) (property, bool)) (directory.Attributes, string, string) {
	var wrong, fault string
	for name, value := range members {
		if name == "id" || strings.Contains(name, "@odata.") || e.leavesOut(name) {
			delete(members, name)
			continue
		}
		p, isKnown := known(strings.ToLower(name))
		if !isKnown || p.name != name || value == nil {
			continue
		}
		if reason := wrongType(p.kind, value); reason != "" && (wrong == "" || name < wrong) {
			wrong, fault = name, reason
		}
	}
	return members, wrong, fault
}

// shown writes a wrong value for an error.
func shown(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

// leavesOut reports whether a member is no attribute, and warns when it carries
// something that is lost.
func (e *entities) leavesOut(name string) bool {
	switch name {
	case "manager", "members":
		return true
	case "passwordProfile", "password":
		e.warn(name, name+" is not read: passwords are not imported")
		return true
	}
	relations := []string{"owners", "memberOf", "transitiveMemberOf", "transitiveMembers", "directReports", "appRoleAssignments"}
	if slices.Contains(relations, name) {
		e.warn(name, name+" is not read: of the relations, manager and members are imported")
		return true
	}
	return false
}

func wrongType(k kind, value any) string {
	_, isText := value.(string)
	_, isTruth := value.(bool)
	_, isList := value.([]any)
	switch k {
	case truth, origin, blocked:
		if !isTruth {
			return "is neither true nor false"
		}
	case single, list, issuer:
		if !isList {
			return "is not a list"
		}
	case text, userType, instant:
		if !isText {
			return "is not text"
		}
	case identifier, manager, groupType, membership, memberKind, memberRef, extension, withheld, notOfTheGraph:
	}
	return ""
}
