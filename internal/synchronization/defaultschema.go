package synchronization

import (
	"strings"

	"github.com/provisor/provisor/internal/expression"
)

// enterprise is the URN prefix of the enterprise extension's attributes.
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:"

// DefaultSchema returns a fresh copy of the schema that the SCIM templates start
// with: one outbound rule for users and groups with the default mappings of a
// non-gallery application.
func DefaultSchema() Schema {
	return Schema{
		Version: "v1.1",
		Rules: []Rule{{
			ID: OutboundRuleID, Name: "USERGROUP_OUTBOUND_USERGROUP", Priority: 1, Editable: true,
			SourceDirectoryName: SourceDirectory, TargetDirectoryName: TargetDirectory,
			Metadata:       []StringKeyString{{Key: "supportsProvisionOnDemand", Value: "true"}},
			ObjectMappings: []ObjectMapping{groupMapping(), userMapping()},
		}},
		Directories: []DirectoryDefinition{sourceDirectory(), targetDirectory()},
	}
}

// schemaOf2018 is the default schema with what it had in 2018 and has otherwise since:
// accounts carried the mail nickname as their externalId.
func schemaOf2018() Schema {
	s := DefaultSchema()
	users := &s.Rules[0].ObjectMappings[1]
	for i := range users.AttributeMappings {
		if users.AttributeMappings[i].TargetAttributeName == "externalId" {
			users.AttributeMappings[i] = direct("mailNickname", "externalId")
		}
	}
	return s
}

// mappingMetadata is what the original service notes on a mapping that nobody has
// changed; the values are JSON.
func mappingMetadata(joining string) []MetadataEntry {
	return []MetadataEntry{
		{Key: "IsCustomerDefined", Value: "false"},
		{Key: "DisableMonitoringForChanges", Value: "false"},
		{Key: "Disposition", Value: `"Normal"`},
		{Key: "ExcludeFromReporting", Value: "false"},
		{Key: "EscrowBehavior", Value: `"Default"`},
		{Key: "Unsynchronized", Value: "false"},
		{Key: "OriginalJoiningProperty", Value: joining},
	}
}

func userMapping() ObjectMapping {
	return ObjectMapping{
		Name: "Provision Azure Active Directory Users", Enabled: true, FlowTypes: FlowAll,
		SourceObjectName: "User", TargetObjectName: strings.TrimSuffix(enterprise, ":"),
		Metadata: mappingMetadata("userName"),
		AttributeMappings: []AttributeMapping{
			matching(direct("userPrincipalName", "userName"), 1),
			mapped(call("Switch", "source", attribute("IsSoftDeleted"), "switchValue", constant("False"), "switchValue", constant("True"), "switchValue", constant("True"), "switchValue", constant("False")).
				text(`Switch([IsSoftDeleted], , "False", "True", "True", "False")`), "active"),
			direct("displayName", "displayName"),
			direct("jobTitle", "title"),
			direct("mail", `emails[type eq "work"].value`),
			direct("preferredLanguage", "preferredLanguage"),
			direct("givenName", "name.givenName"),
			direct("surname", "name.familyName"),
			mapped(call("Join", "separator", constant(" "), "source", attribute("givenName"), "source", attribute("surname")).
				text(`Join(" ", [givenName], [surname])`), "name.formatted"),
			direct("physicalDeliveryOfficeName", `addresses[type eq "work"].formatted`),
			direct("streetAddress", `addresses[type eq "work"].streetAddress`),
			direct("city", `addresses[type eq "work"].locality`),
			direct("state", `addresses[type eq "work"].region`),
			direct("postalCode", `addresses[type eq "work"].postalCode`),
			direct("country", `addresses[type eq "work"].country`),
			direct("telephoneNumber", `phoneNumbers[type eq "work"].value`),
			direct("mobile", `phoneNumbers[type eq "mobile"].value`),
			direct("facsimileTelephoneNumber", `phoneNumbers[type eq "fax"].value`),
			direct("objectId", "externalId"),
			direct("employeeId", enterprise+"employeeNumber"),
			direct("department", enterprise+"department"),
			direct("manager", enterprise+"manager"),
		},
	}
}

func groupMapping() ObjectMapping {
	return ObjectMapping{
		Name: "Provision Azure Active Directory Groups", Enabled: true, FlowTypes: FlowAll,
		SourceObjectName: "Group", TargetObjectName: "urn:ietf:params:scim:schemas:core:2.0:Group",
		Metadata: mappingMetadata("displayName"),
		AttributeMappings: []AttributeMapping{
			matching(direct("displayName", "displayName"), 1),
			direct("objectId", "externalId"),
			direct("members", "members"),
		},
	}
}

// direct maps a source attribute as it is.
func direct(source, target string) AttributeMapping { return mapped(tree{attribute(source)}, target) }

func mapped(source tree, target string) AttributeMapping {
	return AttributeMapping{FlowBehavior: FlowWhenChanged, FlowType: FlowAlways, Source: source.Source, TargetAttributeName: target}
}

func matching(m AttributeMapping, priority int32) AttributeMapping {
	m.MatchingPriority = priority
	return m
}

// tree is a source under construction.
type tree struct{ *expression.Source }

func attribute(name string) *expression.Source {
	return &expression.Source{Expression: "[" + name + "]", Name: name, Type: expression.AttributeSource}
}

func constant(value string) *expression.Source {
	return &expression.Source{Expression: `"` + value + `"`, Name: value, Type: expression.ConstantSource}
}

// call builds a function's tree from alternating parameter names and arguments.
func call(name string, arguments ...any) tree {
	s := &expression.Source{Name: name, Type: expression.FunctionSource}
	for i := 0; i+1 < len(arguments); i += 2 {
		key, _ := arguments[i].(string)
		value, _ := arguments[i+1].(*expression.Source)
		s.Parameters = append(s.Parameters, expression.Argument{Key: key, Value: value})
	}
	return tree{s}
}

func (t tree) text(expression string) tree {
	t.Expression = expression
	return t
}
