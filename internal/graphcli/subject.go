package graphcli

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/mapping"
)

// userProperties are what mappings read of a user. Graph answers few of them
// unless it is asked.
func userProperties() []string {
	return strings.Fields(`id accountEnabled ageGroup businessPhones city companyName consentProvidedForMinor country createdDateTime
		creationType department displayName employeeHireDate employeeId employeeOrgData employeeType externalUserState faxNumber givenName
		imAddresses jobTitle legalAgeGroupClassification mail mailNickname mobilePhone officeLocation onPremisesDistinguishedName
		onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId onPremisesLastSyncDateTime onPremisesSamAccountName
		onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName otherMails passwordPolicies postalCode
		preferredDataLocation preferredLanguage proxyAddresses securityIdentifier showInAddressList state streetAddress surname
		usageLocation userPrincipalName userType`)
}

// apart are properties of a user that Graph answers only when they are asked for,
// because it keeps them elsewhere.
func apart() []string {
	return strings.Fields("aboutMe birthday hireDate interests mySite pastProjects preferredName responsibilities schools skills employeeLeaveDateTime")
}

// user reads a user by id or user principal name, with the attributes that are
// usual and those named, as far as Graph has them.
func (c *client) user(ctx context.Context, name string, attributes []string) (directory.Change, error) {
	properties := userProperties()
	for _, attribute := range attributes {
		if strings.HasPrefix(attribute, "extension_") || slices.Contains(apart(), attribute) {
			properties = append(properties, attribute)
		}
	}
	query := url.Values{"$select": {strings.Join(properties, ",")}}
	if slices.Contains(attributes, string(directory.Manager)) {
		query.Set("$expand", "manager($select=id)")
	}
	change, err := c.object(ctx, "/users/"+url.PathEscape(name), query, directory.User)
	if manager, ok := change.Attributes["manager"].(map[string]any); ok {
		change.Attributes["manager"] = manager["id"]
	}
	return change, err
}

func (c *client) object(ctx context.Context, path string, query url.Values, kind directory.Kind) (directory.Change, error) {
	change := directory.Change{Object: directory.Object{Kind: kind}}
	if err := c.fetch(ctx, path, query, &change.Attributes); err != nil {
		return change, err
	}
	change.ID = directory.ObjectID(change.Attributes.String("id"))
	delete(change.Attributes, "id")
	return change, nil
}

// entitle fills in what the object is assigned of the service principal, itself and
// as a direct member of groups.
func (c *client) entitle(ctx context.Context, change *directory.Change, servicePrincipal string) error {
	groups, err := c.groupsOf(ctx, *change)
	if err != nil {
		return err
	}
	var assigned []struct {
		PrincipalID directory.ObjectID `json:"principalId"`
		AppRoleID   string             `json:"appRoleId"`
	}
	path := "/servicePrincipals/" + url.PathEscape(servicePrincipal) + "/appRoleAssignedTo"
	if err := c.fetchAll(ctx, path, url.Values{"$top": {"999"}}, &assigned); err != nil {
		return err
	}
	for _, a := range assigned {
		if via := slices.Contains(groups, a.PrincipalID); via || a.PrincipalID == change.ID {
			change.Assigned = true
			change.AppRoles = append(change.AppRoles, directory.AppRoleGrant{AppRoleID: a.AppRoleID, ViaGroup: via})
		}
	}
	return nil
}

// groupsOf returns the groups of which a user is a direct member.
func (c *client) groupsOf(ctx context.Context, change directory.Change) ([]directory.ObjectID, error) {
	if change.Kind != directory.User {
		return nil, nil
	}
	var groups []struct {
		ID directory.ObjectID `json:"id"`
	}
	err := c.fetchAll(ctx, "/users/"+url.PathEscape(string(change.ID))+"/memberOf", url.Values{"$select": {"id"}}, &groups)
	ids := make([]directory.ObjectID, len(groups))
	for i, g := range groups {
		ids[i] = g.ID
	}
	return ids, err
}

// appRoles reads the app roles of a service principal.
func (c *client) appRoles(ctx context.Context, servicePrincipal string) (mapping.AppRoles, error) {
	var principal map[string]any
	err := c.fetch(ctx, "/servicePrincipals/"+url.PathEscape(servicePrincipal), url.Values{"$select": {"id,appRoles"}}, &principal)
	return mapping.NewAppRoles(principal["appRoles"]), err
}

// takesAll reports whether the service principal provisions every user and group. A
// caller who may not read the settings is told "only those assigned".
func (c *client) takesAll(ctx context.Context, servicePrincipal string) (bool, error) {
	var pairs []struct {
		Key   json.RawMessage `json:"key"` // a name, or a number in some answers
		Value string          `json:"value"`
	}
	err := c.fetchAll(ctx, "/servicePrincipals/"+url.PathEscape(servicePrincipal)+"/synchronization/secrets", nil, &pairs)
	if errs.Is(err, errs.Forbidden) || errs.Is(err, errs.NotFound) {
		return false, nil
	}
	for _, p := range pairs {
		if string(p.Key) == `"SyncAll"` && strings.EqualFold(strings.TrimSpace(p.Value), "true") {
			return true, nil
		}
	}
	return false, err
}

// defaultDomain reads the tenant's default domain.
func (c *client) defaultDomain(ctx context.Context) (string, error) {
	var organizations []struct {
		Domains []struct {
			Name    string `json:"name"`
			Default bool   `json:"isDefault"`
		} `json:"verifiedDomains"`
	}
	if err := c.fetchAll(ctx, "/organization", nil, &organizations); err != nil {
		return "", err
	}
	for _, organization := range organizations {
		for _, domain := range organization.Domains {
			if domain.Default {
				return domain.Name, nil
			}
		}
	}
	return "", nil
}
