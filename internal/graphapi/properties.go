package graphapi

import (
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
)

// shape is the JSON form of a property's value.
type shape uint8

const (
	text     shape = iota // Edm.String, Edm.Guid
	flag                  // Edm.Boolean
	instant               // Edm.DateTimeOffset, Edm.Date
	texts                 // a collection of strings; never null
	records               // a collection of complex values; never null
	record                // a complex value
	anything              // an extension: text, number or truth value
)

// property is one property of an entity type as Graph declares it.
type property struct {
	name  string
	shape shape
	// common properties are answered without $select.
	common bool
	// derived properties are made by the service; callers cannot set them.
	derived bool
}

// properties returns what Graph declares for a kind of object, apart from id and
// what is kept as relations. What the table lacks is refused by name.
func properties(kind directory.Kind) []property {
	switch kind {
	case directory.User:
		return userProperties()
	case directory.Group:
		return groupProperties()
	case directory.Application:
		return applicationProperties()
	case directory.ServicePrincipal:
		return servicePrincipalProperties()
	}
	return nil
}

// declare lists properties of one shape; a name with a trailing "*" is common, one
// with a trailing "!" derived.
func declare(s shape, names string) []property {
	var list []property
	for name := range strings.FieldsSeq(names) {
		p := property{shape: s}
		p.derived = strings.Contains(name, "!")
		p.common = strings.Contains(name, "*")
		p.name = strings.TrimRight(name, "*!")
		list = append(list, p)
	}
	return list
}

func userProperties() []property {
	return join(
		declare(text, `displayName* givenName* jobTitle* mail* mobilePhone* officeLocation* preferredLanguage*
			surname* userPrincipalName* aboutMe ageGroup city companyName consentProvidedForMinor country
			creationType! department employeeId employeeType externalUserState faxNumber legalAgeGroupClassification!
			mailNickname mySite onPremisesDistinguishedName onPremisesDomainName onPremisesImmutableId
			onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesUserPrincipalName passwordPolicies
			postalCode preferredDataLocation preferredName securityIdentifier state streetAddress usageLocation userType`),
		declare(flag, "accountEnabled isManagementRestricted! isResourceAccount onPremisesSyncEnabled showInAddressList"),
		declare(instant, `birthday createdDateTime! deletedDateTime! employeeHireDate employeeLeaveDateTime
			externalUserStateChangeDateTime hireDate lastPasswordChangeDateTime! onPremisesLastSyncDateTime
			refreshTokensValidFromDateTime! signInSessionsValidFromDateTime!`),
		declare(texts, "businessPhones* imAddresses interests otherMails pastProjects proxyAddresses responsibilities schools skills"),
		declare(records, "assignedLicenses assignedPlans! identities licenseAssignmentStates! onPremisesProvisioningErrors! provisionedPlans! serviceProvisioningErrors!"),
		declare(record, "customSecurityAttributes employeeOrgData mailboxSettings onPremisesExtensionAttributes passwordProfile"),
	)
}

func groupProperties() []property {
	return join(
		declare(text, `classification* description* displayName* mail* mailNickname* membershipRule*
			membershipRuleProcessingState* onPremisesDomainName* onPremisesNetBiosName* onPremisesSamAccountName*
			onPremisesSecurityIdentifier* preferredDataLocation* preferredLanguage* securityIdentifier* theme*
			uniqueName* visibility* accessType`),
		declare(flag, `mailEnabled* securityEnabled* onPremisesSyncEnabled* isAssignableToRole* isManagementRestricted!
			allowExternalSenders autoSubscribeNewMembers hasMembersWithLicenseErrors! hideFromAddressLists
			hideFromOutlookClients isArchived! isSubscribedByMail`),
		declare(instant, "createdDateTime*! deletedDateTime*! expirationDateTime*! onPremisesLastSyncDateTime* renewedDateTime*!"),
		declare(texts, "groupTypes* proxyAddresses* resourceBehaviorOptions* resourceProvisioningOptions*"),
		declare(records, "assignedLabels assignedLicenses onPremisesProvisioningErrors*! serviceProvisioningErrors*!"),
		declare(record, "licenseProcessingState! writebackConfiguration"),
	)
}

func applicationProperties() []property {
	return join(
		declare(text, `appId*! applicationTemplateId*! createdByAppId*! defaultRedirectUri* description*
			disabledByMicrosoftStatus*! displayName* groupMembershipClaims* notes* publisherDomain*!
			samlMetadataUrl* serviceManagementReference* signInAudience* tokenEncryptionKeyId* uniqueName*
			nativeAuthenticationApisEnabled*`),
		declare(flag, "isDeviceOnlyAuthSupported* isDisabled* isFallbackPublicClient* oauth2RequirePostResponse"),
		declare(instant, "createdDateTime*! deletedDateTime*!"),
		declare(texts, "identifierUris* tags* managerApplications"),
		declare(records, "addIns* appRoles* keyCredentials* passwordCredentials*! requiredResourceAccess*"),
		declare(record, `api* authenticationBehaviors certification*! info* optionalClaims* parentalControlSettings*
			publicClient* requestSignatureVerification* servicePrincipalLockConfiguration* spa* verifiedPublisher* web*`),
	)
}

func servicePrincipalProperties() []property {
	return join(
		declare(text, `appId*! appDescription*! appDisplayName*! appOwnerOrganizationId*! applicationTemplateId*!
			createdByAppId*! description* disabledByMicrosoftStatus*! displayName* homepage* loginUrl* logoutUrl*
			notes* preferredSingleSignOnMode* preferredTokenSigningKeyThumbprint* samlMetadataUrl servicePrincipalType*!
			signInAudience*! tokenEncryptionKeyId*`),
		declare(flag, "accountEnabled* appRoleAssignmentRequired* isDisabled*"),
		declare(instant, "createdDateTime*! deletedDateTime*! preferredTokenSigningKeyEndDateTime"),
		declare(texts, "alternativeNames* notificationEmailAddresses* replyUrls* servicePrincipalNames* tags*"),
		declare(records, "addIns* appRoles* keyCredentials* oauth2PermissionScopes* passwordCredentials*! resourceSpecificApplicationPermissions*!"),
		declare(record, "customSecurityAttributes info* samlSingleSignOnSettings* verifiedPublisher*"),
	)
}

// lookUp finds a property by name, ignoring case as Graph does. Directory
// extensions (extension_<app>_<name>) are properties of every kind.
func lookUp(kind directory.Kind, name string) (property, bool) {
	for _, p := range properties(kind) {
		if strings.EqualFold(p.name, name) {
			return p, true
		}
	}
	if strings.HasPrefix(name, "extension_") {
		return property{name: name, shape: anything}, true
	}
	return property{}, false
}

// check reports why value is no value of the property.
func (p property) check(value any) error {
	if p.accepts(value) {
		return nil
	}
	return errs.New(errs.Invalid, "Request_BadRequest",
		"Invalid value specified for property '%s': a JSON %s where %s is expected.", p.name, jsonKind(value), p.shape).WithTarget(p.name)
}

func (p property) accepts(value any) bool {
	switch p.shape {
	case text:
		s, ok := value.(string)
		return ok && len(s) <= maxText || value == nil
	case flag:
		_, ok := value.(bool)
		return ok || value == nil
	case instant:
		return value == nil || isInstant(value)
	case texts:
		list, ok := value.([]any)
		return ok && allStrings(list)
	case records:
		_, ok := value.([]any)
		return ok
	case record:
		_, ok := value.(map[string]any)
		return ok || value == nil
	case anything:
		switch value.(type) {
		case map[string]any:
			return false
		default:
			return true
		}
	}
	return false
}

// maxText bounds one text property; Graph's own limits are smaller, and differ.
const maxText = 32 << 10

func isInstant(value any) bool {
	s, ok := value.(string)
	if !ok {
		return false
	}
	if _, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return true
	}
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func allStrings(list []any) bool {
	for _, element := range list {
		if _, ok := element.(string); !ok {
			return false
		}
	}
	return true
}

// String says what a value of the shape looks like.
func (s shape) String() string {
	switch s {
	case text:
		return "a string"
	case flag:
		return "true or false"
	case instant:
		return "a date such as 2006-01-02T15:04:05Z"
	case texts:
		return "an array of strings"
	case records:
		return "an array"
	case record:
		return "an object"
	case anything:
		return "a string, a number or a truth value"
	}
	return "another value"
}
