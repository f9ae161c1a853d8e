package graphapi

import (
	"context"
	"strings"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// tenant returns the caller's tenant.
func (a *API) tenant(ctx context.Context, q *request) (store.Tenant, error) {
	tenants, err := a.Store.Tenants(ctx)
	if err != nil {
		return store.Tenant{}, err
	}
	for _, t := range tenants {
		if t.ID == q.tenant {
			return t, nil
		}
	}
	return store.Tenant{}, notThere(errs.New(errs.NotFound, "", ""), string(q.tenant))
}

// listOrganizations answers GET organization: the tenant, in a list.
func (a *API) listOrganizations(ctx context.Context, q *request) (answer, error) {
	t, err := a.tenant(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return shortList(q, "organization", []organization{wireOrganization(t)})
}

// getOrganization answers GET organization/{id}.
func (a *API) getOrganization(ctx context.Context, q *request) (answer, error) {
	t, err := a.tenant(ctx, q)
	if err == nil && !strings.EqualFold(string(t.ID), q.key("id")) {
		err = errs.New(errs.NotFound, "", "")
	}
	if err != nil {
		return answer{}, notThere(err, q.key("id"))
	}
	return entity(q.context().Entity("organization", q.options.Select...), wireOrganization(t), q.options.Select)
}

// organization is Graph's resource of the same name, as far as a tenant has it.
type organization struct {
	ID                   string           `json:"id"`
	DisplayName          string           `json:"displayName"`
	TenantType           string           `json:"tenantType"`
	Created              any              `json:"createdDateTime"`
	Deleted              any              `json:"deletedDateTime"`
	City                 *string          `json:"city"`
	Country              *string          `json:"country"`
	CountryLetterCode    *string          `json:"countryLetterCode"`
	DefaultUsageLocation *string          `json:"defaultUsageLocation"`
	SyncEnabled          *bool            `json:"onPremisesSyncEnabled"`
	PreferredLanguage    *string          `json:"preferredLanguage"`
	BusinessPhones       []string         `json:"businessPhones"`
	TechnicalMails       []string         `json:"technicalNotificationMails"`
	MarketingMails       []string         `json:"marketingNotificationEmails"`
	AssignedPlans        []any            `json:"assignedPlans"`
	ProvisionedPlans     []any            `json:"provisionedPlans"`
	VerifiedDomains      []verifiedDomain `json:"verifiedDomains"`
}

type verifiedDomain struct {
	Name         string `json:"name"`
	Capabilities string `json:"capabilities"`
	IsDefault    bool   `json:"isDefault"`
	IsInitial    bool   `json:"isInitial"`
	Type         string `json:"type"`
}

func wireOrganization(t store.Tenant) organization {
	return organization{
		ID: string(t.ID), DisplayName: t.DisplayName, TenantType: "AAD", Created: instantOrNull(t.Created),
		BusinessPhones: []string{}, TechnicalMails: []string{}, MarketingMails: []string{},
		AssignedPlans: []any{}, ProvisionedPlans: []any{},
		VerifiedDomains: []verifiedDomain{{Name: t.Domain, Capabilities: "None", IsDefault: true, IsInitial: true, Type: "Managed"}},
	}
}

// domain is Graph's resource of the same name. A tenant has one.
type domain struct {
	ID                string   `json:"id"`
	Authentication    string   `json:"authenticationType"`
	Availability      *string  `json:"availabilityStatus"`
	IsAdminManaged    bool     `json:"isAdminManaged"`
	IsDefault         bool     `json:"isDefault"`
	IsInitial         bool     `json:"isInitial"`
	IsRoot            bool     `json:"isRoot"`
	IsVerified        bool     `json:"isVerified"`
	Manufacturer      *string  `json:"manufacturer"`
	Model             *string  `json:"model"`
	NotificationDays  *int     `json:"passwordNotificationWindowInDays"`
	ValidityDays      *int     `json:"passwordValidityPeriodInDays"`
	State             any      `json:"state"`
	SupportedServices []string `json:"supportedServices"`
}

func wireDomain(t store.Tenant) domain {
	return domain{
		ID: t.Domain, Authentication: "Managed", IsAdminManaged: true, IsDefault: true, IsInitial: true, IsRoot: true, IsVerified: true,
		SupportedServices: []string{},
	}
}

func (a *API) listDomains(ctx context.Context, q *request) (answer, error) {
	t, err := a.tenant(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return shortList(q, "domains", []domain{wireDomain(t)})
}

func (a *API) getDomain(ctx context.Context, q *request) (answer, error) {
	t, err := a.tenant(ctx, q)
	if err == nil && !strings.EqualFold(t.Domain, q.key("id")) {
		err = errs.New(errs.NotFound, "", "")
	}
	if err != nil {
		return answer{}, notThere(err, q.key("id"))
	}
	return entity(q.context().Entity("domains", q.options.Select...), wireDomain(t), q.options.Select)
}
