package directoryimport

import "strings"

// kind tells how the text of a cell becomes a Graph value.
type kind uint8

const (
	text     kind = iota // String
	truth                // Boolean
	blocked              // Boolean, of a column that asks the opposite ("Block sign in")
	single               // Collection of String, of which the cell holds one
	list                 // Collection of String, separated by semicolons
	instant              // DateTimeOffset
	userType             // Member or Guest

	identifier    // id
	issuer        // the issuer of the sign-in name, part of identities
	manager       // reference to a user
	groupType     // Security, Microsoft 365 and so on: three properties at once
	membership    // Assigned or Dynamic, part of groupTypes
	origin        // where a group comes from: Cloud or on-premises
	memberKind    // type of a member
	memberRef     // id or userPrincipalName of a member
	extension     // one of extensionAttribute1 to 15
	withheld      // a password: never read
	notOfTheGraph // exported by the portal, and no property of Graph
)

// property is what a column means.
type property struct {
	name string // in Graph
	kind kind
}

// propertyOf returns what a column of users or members means, by its name in lower
// case without blanks and punctuation. Names are those of the portal's export, of
// its bulk templates, of Graph, and of the learn pages' tables.
func userProperty(key string) (property, bool) {
	switch key {
	case "id", "objectid", "userid":
		return property{"id", identifier}, true
	case "userprincipalname", "upn", "username":
		return property{"userPrincipalName", text}, true
	case "displayname", "name":
		return property{"displayName", text}, true
	case "surname", "lastname":
		return property{"surname", text}, true
	case "givenname", "firstname":
		return property{"givenName", text}, true
	case "mail", "email":
		return property{"mail", text}, true
	case "usertype":
		return property{"userType", userType}, true
	case "accountenabled":
		return property{"accountEnabled", truth}, true
	case "blocksignin", "blocksigninyesno":
		return property{"accountEnabled", blocked}, true
	case "telephonenumber", "officephone", "businessphones":
		return property{"businessPhones", single}, true
	case "alternateemailaddress", "othermails":
		return property{"otherMails", list}, true
	case "proxyaddresses":
		return property{"proxyAddresses", list}, true
	case "manager", "managerid", "manageruserprincipalname", "managerupn":
		return property{"manager", manager}, true
	case "identityissuer":
		return property{"identities", issuer}, true
	case "objecttype", "membertype":
		return property{"objectType", memberKind}, true
	case "memberobjectidorupn":
		return property{"memberObjectIdOrUpn", memberRef}, true
	case "passwordprofile", "initialpassword", "password":
		return property{"passwordProfile", withheld}, true
	case "authenticationphonenumber", "authenticationalternativephonenumber", "authenticationemail":
		return property{key, notOfTheGraph}, true
	}
	if name, ok := workProperty(key); ok {
		return property{name, text}, true
	}
	return sharedProperty(key)
}

// workProperty returns the name of a text property of users that describes their
// place and work.
func workProperty(key string) (string, bool) {
	switch key {
	case "jobtitle":
		return "jobTitle", true
	case "department":
		return "department", true
	case "companyname", "company":
		return "companyName", true
	case "usagelocation":
		return "usageLocation", true
	case "streetaddress":
		return "streetAddress", true
	case "state", "stateorprovince":
		return "state", true
	case "country", "countryorregion":
		return "country", true
	case "physicaldeliveryofficename", "officelocation", "office":
		return "officeLocation", true
	case "city":
		return "city", true
	case "postalcode", "ziporpostalcode":
		return "postalCode", true
	case "mobilephone", "mobile":
		return "mobilePhone", true
	case "faxnumber":
		return "faxNumber", true
	case "employeeid":
		return "employeeId", true
	case "employeetype":
		return "employeeType", true
	case "preferredlanguage":
		return "preferredLanguage", true
	case "agegroup":
		return "ageGroup", true
	case "consentprovidedforminor":
		return "consentProvidedForMinor", true
	case "legalagegroupclassification":
		return "legalAgeGroupClassification", true
	}
	return accountProperty(key)
}

// accountProperty returns the name of a text property that describes where an
// account comes from.
func accountProperty(key string) (string, bool) {
	switch key {
	case "creationtype":
		return "creationType", true
	case "invitationstate", "externaluserstate":
		return "externalUserState", true
	case "onpremisesimmutableid", "immutableid":
		return "onPremisesImmutableId", true
	case "onpremisessamaccountname":
		return "onPremisesSamAccountName", true
	case "onpremisesdistinguishedname":
		return "onPremisesDistinguishedName", true
	case "onpremisesdomainname":
		return "onPremisesDomainName", true
	case "onpremisesuserprincipalname":
		return "onPremisesUserPrincipalName", true
	case "onpremisessecurityidentifier":
		return "onPremisesSecurityIdentifier", true
	}
	return "", false
}

// groupProperty returns what a column of groups means.
func groupProperty(key string) (property, bool) {
	switch key {
	case "id", "objectid":
		return property{"id", identifier}, true
	case "displayname", "name":
		return property{"displayName", text}, true
	case "mail", "email":
		return property{"mail", text}, true
	case "description":
		return property{"description", text}, true
	case "visibility":
		return property{"visibility", text}, true
	case "classification":
		return property{"classification", text}, true
	case "membershiprule":
		return property{"membershipRule", text}, true
	case "type", "grouptype":
		return property{"groupType", groupType}, true
	case "membershiptype":
		return property{"membershipType", membership}, true
	case "source":
		return property{"onPremisesSyncEnabled", origin}, true
	case "grouptypes":
		return property{"groupTypes", list}, true
	case "proxyaddresses":
		return property{"proxyAddresses", list}, true
	case "mailenabled":
		return property{"mailEnabled", truth}, true
	case "securityenabled":
		return property{"securityEnabled", truth}, true
	case "isassignabletorole":
		return property{"isAssignableToRole", truth}, true
	}
	return sharedProperty(key)
}

// sharedProperty returns what a column means that users and groups have in common.
func sharedProperty(key string) (property, bool) {
	switch key {
	case "mailnickname", "mailalias":
		return property{"mailNickname", text}, true
	case "directorysynced", "onpremisessyncenabled", "dirsyncenabled":
		return property{"onPremisesSyncEnabled", truth}, true
	case "createddatetime", "creationtime":
		return property{"createdDateTime", instant}, true
	}
	number, ok := strings.CutPrefix(key, "extensionattribute")
	if ok && len(number) > 0 && len(number) <= 2 && number >= "1" {
		return property{"extensionAttribute" + number, extension}, true
	}
	return property{}, false
}
