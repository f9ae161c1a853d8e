package synchronization

import (
	"slices"
	"strings"
)

// The directories of the default schema. The id of the source is the one that
// every tenant of the original service shows.
const (
	sourceDirectoryID = "66e4a8cc-1b7b-435e-95f8-f06cea133828"
	targetDirectoryID = "f4e2a1c7-3d1b-4f0e-9a55-6d0f4a1b2c3d"
)

func sourceDirectory() DirectoryDefinition {
	return DirectoryDefinition{
		ID: sourceDirectoryID, Name: SourceDirectory, ReadOnly: true, Discoverabilities: "AttributeNames",
		Objects: []ObjectDefinition{sourceUser(), sourceGroup()},
	}
}

// sourceUser lists what a user of the built-in directory has, by the names of the
// original service's schema, and by those of Graph where they are others.
func sourceUser() ObjectDefinition {
	o := ObjectDefinition{Name: "User", Metadata: lifeMetadata("accountEnabled"), Attributes: []AttributeDefinition{anchor("objectId")}}
	o.Attributes = slices.Concat(o.Attributes, singles("String", `userPrincipalName originalUserPrincipalName displayName givenName surname mail mailNickname jobTitle department
		companyName employeeId employeeType officeLocation physicalDeliveryOfficeName streetAddress city state postalCode country usageLocation
		preferredLanguage preferredDataLocation preferredName telephoneNumber mobile mobilePhone facsimileTelephoneNumber faxNumber userType userState
		externalUserState creationType immutableId sourceAnchor onPremisesImmutableId onPremisesSamAccountName onPremisesDomainName
		onPremisesDistinguishedName onPremisesUserPrincipalName onPremisesSecurityIdentifier securityIdentifier passwordPolicies ageGroup
		consentProvidedForMinor legalAgeGroupClassification employeeOrgData.costCenter employeeOrgData.division aboutMe mySite
		extensionAttribute1 extensionAttribute2 extensionAttribute3 extensionAttribute4 extensionAttribute5
		extensionAttribute6 extensionAttribute7 extensionAttribute8 extensionAttribute9 extensionAttribute10
		extensionAttribute11 extensionAttribute12 extensionAttribute13 extensionAttribute14 extensionAttribute15`))
	o.Attributes = slices.Concat(o.Attributes, singles("Boolean", "accountEnabled IsSoftDeleted dirSyncEnabled onPremisesSyncEnabled showInAddressList isResourceAccount"))
	o.Attributes = slices.Concat(o.Attributes, singles("DateTime", `createdDateTime employeeHireDate employeeLeaveDateTime lastDirSyncTime onPremisesLastSyncDateTime
		refreshTokensValidFromDateTime birthday hireDate`))
	o.Attributes = slices.Concat(o.Attributes, lists("proxyAddresses otherMails businessPhones imAddresses interests responsibilities schools skills pastProjects appRoleAssignments"))
	o.Attributes = append(o.Attributes, reference("manager", false, "User"))
	return o
}

func sourceGroup() ObjectDefinition {
	o := ObjectDefinition{Name: "Group", Attributes: []AttributeDefinition{anchor("objectId")}}
	o.Attributes = slices.Concat(o.Attributes, singles("String", `displayName mail mailNickname description visibility classification membershipRule preferredDataLocation uniqueName
		onPremisesSamAccountName onPremisesDomainName onPremisesNetBiosName onPremisesSecurityIdentifier securityIdentifier`))
	o.Attributes = slices.Concat(o.Attributes, singles("Boolean", "mailEnabled securityEnabled IsSoftDeleted dirSyncEnabled onPremisesSyncEnabled isAssignableToRole"))
	o.Attributes = slices.Concat(o.Attributes, singles("DateTime", "createdDateTime renewedDateTime lastDirSyncTime onPremisesLastSyncDateTime"))
	o.Attributes = slices.Concat(o.Attributes, lists("proxyAddresses groupTypes appRoleAssignments"))
	o.Attributes = append(o.Attributes, reference("members", true, "User", "Group"), reference("owners", true, "User"))
	return o
}

// singles are attributes of one type with one value, named in a list.
func singles(kind, names string) []AttributeDefinition {
	var attributes []AttributeDefinition
	for name := range strings.FieldsSeq(names) {
		attributes = append(attributes, typed(name, kind))
	}
	return attributes
}

// lists are attributes with several values.
func lists(names string) []AttributeDefinition {
	attributes := singles("String", names)
	for i := range attributes {
		attributes[i].Multivalued = true
	}
	return attributes
}

func targetDirectory() DirectoryDefinition {
	return DirectoryDefinition{
		ID: targetDirectoryID, Name: TargetDirectory, Discoverabilities: "AttributeNames,AttributeDataTypes,AttributeReadOnly,ReferenceAttributes",
		Objects: []ObjectDefinition{targetUser(), targetGroup()},
	}
}

func targetUser() ObjectDefinition {
	o := ObjectDefinition{Name: strings.TrimSuffix(enterprise, ":"), Metadata: []MetadataEntry{{Key: "PropertyNameAccountEnabled", Value: "active"}}}
	id := anchor("id")
	id.Mutability = "ReadOnly"
	name := typed("userName", "String")
	name.Required = true
	exact := typed("externalId", "String")
	exact.CaseExact = true
	o.Attributes = append(o.Attributes, id, name, typed("active", "Boolean"), exact)
	for _, attribute := range []string{
		"displayName", "title", "preferredLanguage", "nickName", "userType", "locale", "timezone", "profileUrl",
		"name.givenName", "name.familyName", "name.formatted", "name.middleName", "name.honorificPrefix", "name.honorificSuffix",
		`emails[type eq "work"].value`, `emails[type eq "home"].value`, `emails[type eq "other"].value`,
		`addresses[type eq "work"].formatted`, `addresses[type eq "work"].streetAddress`, `addresses[type eq "work"].locality`,
		`addresses[type eq "work"].region`, `addresses[type eq "work"].postalCode`, `addresses[type eq "work"].country`, `addresses[type eq "other"].formatted`,
		`phoneNumbers[type eq "work"].value`, `phoneNumbers[type eq "mobile"].value`, `phoneNumbers[type eq "fax"].value`,
		`phoneNumbers[type eq "home"].value`, `phoneNumbers[type eq "other"].value`, `phoneNumbers[type eq "pager"].value`,
		`roles[primary eq "True"].value`, `roles[primary eq "True"].display`, `roles[primary eq "True"].type`,
		enterprise + "employeeNumber", enterprise + "department", enterprise + "costCenter", enterprise + "organization", enterprise + "division",
	} {
		o.Attributes = append(o.Attributes, typed(attribute, "String"))
	}
	roles := typed("roles", "String")
	roles.Multivalued = true
	o.Attributes = append(o.Attributes, roles, reference(enterprise+"manager", false, o.Name))
	return o
}

// lifeMetadata says by which attributes an account is disabled.
func lifeMetadata(enabled string) []MetadataEntry {
	return []MetadataEntry{
		{Key: "PropertyNameAccountEnabled", Value: enabled},
		{Key: "PropertyNameSoftDeleted", Value: "IsSoftDeleted"},
		{Key: "IsSoftDeletionSupported", Value: "true"},
		{Key: "IsSynchronizeAllSupported", Value: "true"},
	}
}

func targetGroup() ObjectDefinition {
	o := ObjectDefinition{Name: "urn:ietf:params:scim:schemas:core:2.0:Group"}
	id := anchor("id")
	id.Mutability = "ReadOnly"
	name := typed("displayName", "String")
	name.Required = true
	exact := typed("externalId", "String")
	exact.CaseExact = true
	o.Attributes = append(o.Attributes, id, name, exact, reference("members", true, o.Name, strings.TrimSuffix(enterprise, ":")))
	return o
}

func typed(name, kind string) AttributeDefinition {
	return AttributeDefinition{Name: name, Type: kind, Mutability: "ReadWrite"}
}

func anchor(name string) AttributeDefinition {
	a := typed(name, "String")
	a.Anchor, a.CaseExact, a.Required = true, true, true
	return a
}

func reference(name string, multivalued bool, objects ...string) AttributeDefinition {
	a := typed(name, "Reference")
	a.Multivalued = multivalued
	for _, o := range objects {
		a.ReferencedObjects = append(a.ReferencedObjects, ReferencedObject{ReferencedObjectName: o})
	}
	return a
}
