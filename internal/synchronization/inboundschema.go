package synchronization

import "strings"

const apiDirectoryID = "2c1f6a90-7b3e-4d58-8e4a-c05d9b7f1e36"

// InboundSchema returns a fresh copy of the schema that API-driven inbound
// provisioning starts with: records in the shape of SCIM users, as an HR system
// pushes them, become users of the built-in directory.
func InboundSchema() Schema {
	return Schema{
		Version: "v1.1",
		Rules: []Rule{{
			ID: InboundRuleID, Name: "USER_INBOUND_USER", Priority: 1, Editable: true,
			SourceDirectoryName: APIDirectory, TargetDirectoryName: SourceDirectory,
			Metadata:       []StringKeyString{{Key: "supportsProvisionOnDemand", Value: "false"}},
			ObjectMappings: []ObjectMapping{workerMapping()},
		}},
		Directories: []DirectoryDefinition{apiDirectory(), builtInTarget()},
	}
}

func workerMapping() ObjectMapping {
	disabled := mapped(call("Switch", "source", attribute("active"), "defaultValue", constant("True"), "switchValue", constant("False"), "switchValue", constant("False")).
		text(`Switch([active], "True", "False", "False")`), "accountEnabled")
	return ObjectMapping{
		Name: "Provision API records as users", Enabled: true, FlowTypes: FlowAll,
		SourceObjectName: strings.TrimSuffix(enterprise, ":"), TargetObjectName: "User",
		Metadata: mappingMetadata("employeeId"),
		AttributeMappings: []AttributeMapping{
			matching(direct("externalId", "employeeId"), 1),
			disabled,
			direct("userName", "userPrincipalName"),
			direct("displayName", "displayName"),
			direct("nickName", "mailNickname"),
			direct("name.givenName", "givenName"),
			direct("name.familyName", "surname"),
			direct("title", "jobTitle"),
			direct("userType", "employeeType"),
			direct("preferredLanguage", "preferredLanguage"),
			direct(`addresses[type eq "work"].formatted`, "physicalDeliveryOfficeName"),
			direct(`addresses[type eq "work"].streetAddress`, "streetAddress"),
			direct(`addresses[type eq "work"].locality`, "city"),
			direct(`addresses[type eq "work"].region`, "state"),
			direct(`addresses[type eq "work"].postalCode`, "postalCode"),
			direct(`addresses[type eq "work"].country`, "country"),
			direct(`phoneNumbers[type eq "work"].value`, "telephoneNumber"),
			direct(`phoneNumbers[type eq "mobile"].value`, "mobile"),
			direct(enterprise+"department", "department"),
			direct(enterprise+"organization", "companyName"),
			direct(enterprise+"costCenter", "employeeOrgData.costCenter"),
			direct(enterprise+"division", "employeeOrgData.division"),
			direct(enterprise+"manager", "manager"),
		},
	}
}

// apiDirectory is what a pushed record may hold: the attributes of SCIM users.
func apiDirectory() DirectoryDefinition {
	record := targetUser()
	for i := range record.Attributes {
		a := &record.Attributes[i]
		a.Anchor, a.Mutability = a.Name == "externalId", "ReadWrite"
		a.Required = a.Anchor
	}
	return DirectoryDefinition{ID: apiDirectoryID, Name: APIDirectory, ReadOnly: true, Discoverabilities: "None", Objects: []ObjectDefinition{record}}
}

func builtInTarget() DirectoryDefinition {
	d := sourceDirectory()
	d.ReadOnly = false
	d.Objects = d.Objects[:1]
	return d
}
