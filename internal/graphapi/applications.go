package graphapi

import (
	"context"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/store"
)

// createApplication answers POST applications.
func (a *API) createApplication(ctx context.Context, q *request) (answer, error) {
	asked, _, err := takePasswords(q)
	if err != nil {
		return answer{}, err
	}
	s, err := readObject(directory.Application, q.body)
	if err != nil {
		return answer{}, err
	}
	if err := s.require(required(directory.Application)...); err != nil {
		return answer{}, err
	}
	if err := a.completeApplication(ctx, q, &s); err != nil {
		return answer{}, err
	}
	if len(asked) > 0 {
		return a.createWithPasswords(ctx, q, s, asked)
	}
	return a.create(ctx, q, directory.Application, s)
}

// createWithPasswords answers POST applications with new client secrets in it.
func (a *API) createWithPasswords(ctx context.Context, q *request, s sent, asked []sentPassword) (answer, error) {
	passwords := make([]store.Password, 0, len(asked))
	for _, one := range asked {
		p, err := a.newPassword(one)
		if err != nil {
			return answer{}, err
		}
		passwords = append(passwords, p)
	}
	o, err := a.store(ctx, q, directory.Application, s)
	if err != nil {
		return answer{}, err
	}
	shown := make([]passwordCredential, 0, len(passwords))
	for _, p := range passwords {
		credential, err := a.keepPassword(ctx, q, o.ID, p)
		if err != nil {
			return answer{}, err
		}
		shown = append(shown, credential)
	}
	wire, err := a.wire(ctx, q, o, untyped)
	if err != nil {
		return answer{}, err
	}
	wire["passwordCredentials"] = shown
	return created(q.context().Entity(q.setName()), q.root()+"/applications/"+string(o.ID), wire)
}

// updateApplication answers PATCH applications/{id}.
func (a *API) updateApplication(ctx context.Context, q *request) (answer, error) {
	listed, given, err := takePasswords(q)
	if err != nil {
		return answer{}, err
	}
	out, err := a.update(directory.Application)(ctx, q)
	if err != nil || !given {
		return out, err
	}
	application, err := a.subject(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return out, a.keepOnly(ctx, q, application.ID, listed)
}

// completeApplication sets what the service decides about a new application.
func (a *API) completeApplication(ctx context.Context, q *request, s *sent) error {
	domain, err := a.domain(ctx, q.tenant)
	if err != nil {
		return err
	}
	s.attributes["appId"] = a.NewID()
	s.attributes["publisherDomain"] = domain
	s.attributes["createdByAppId"] = q.caller.AppID
	orElse(s.attributes, "signInAudience", "AzureADMyOrg")
	for name, empty := range emptySettings() {
		orElse(s.attributes, name, empty)
	}
	return a.own(ctx, q, s)
}

// emptySettings are the complex properties that clients read without asking
// whether they are there.
func emptySettings() map[string]any {
	uris := func() map[string]any { return map[string]any{"redirectUris": []any{}} }
	return map[string]any{
		"spa":          uris(),
		"publicClient": uris(),
		"web": map[string]any{
			"redirectUris": []any{}, "homePageUrl": nil, "logoutUrl": nil,
			"implicitGrantSettings": map[string]any{"enableAccessTokenIssuance": false, "enableIdTokenIssuance": false},
		},
		"api": map[string]any{
			"acceptMappedClaims": nil, "knownClientApplications": []any{}, "requestedAccessTokenVersion": nil,
			"oauth2PermissionScopes": []any{}, "preAuthorizedApplications": []any{},
		},
		"info": map[string]any{
			"logoUrl": nil, "marketingUrl": nil, "privacyStatementUrl": nil, "supportUrl": nil, "termsOfServiceUrl": nil,
		},
	}
}

// own makes the caller an owner of what it creates, so that a caller with
// Application.ReadWrite.OwnedBy may go on with it. A caller of a foreign issuer
// need not be in the directory; then there is nobody to own it.
func (a *API) own(ctx context.Context, q *request, s *sent) error {
	_, err := a.Store.Object(ctx, q.tenant, store.Ref{ID: q.caller.ObjectID})
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if s.binds == nil {
		s.binds = map[directory.Relation][]directory.ObjectID{}
	}
	if !slices.Contains(s.binds[directory.Owners], q.caller.ObjectID) {
		s.binds[directory.Owners] = append(s.binds[directory.Owners], q.caller.ObjectID)
	}
	return nil
}

func (a *API) domain(ctx context.Context, id directory.TenantID) (string, error) {
	tenants, err := a.Store.Tenants(ctx)
	for _, t := range tenants {
		if t.ID == id {
			return t.Domain, err
		}
	}
	return "", err
}

// createServicePrincipal answers POST servicePrincipals: the face of an
// application in this tenant.
func (a *API) createServicePrincipal(ctx context.Context, q *request) (answer, error) {
	appID, s, err := readServicePrincipal(q.body)
	if err != nil {
		return answer{}, err
	}
	application, err := a.applicationOf(ctx, q.tenant, appID)
	if err != nil {
		return answer{}, err
	}
	if err := a.completeServicePrincipal(ctx, q, &s, application); err != nil {
		return answer{}, err
	}
	return a.create(ctx, q, directory.ServicePrincipal, s)
}

// creatingServicePrincipal makes the application in the body the object of the
// decision: who owns it may create its service principal.
func (a *API) creatingServicePrincipal(ctx context.Context, q *request) ([]identity.Operation, error) {
	if appID, _, err := readServicePrincipal(q.body); err == nil {
		application, err := a.applicationOf(ctx, q.tenant, appID)
		if err == nil {
			q.object = &application
		}
	}
	if q.object == nil {
		q.object = &directory.Object{Kind: directory.Application} // one without owners
	}
	return []identity.Operation{identity.CreateServicePrincipal}, nil
}

// readServicePrincipal reads a body whose appId, unlike later, may be set.
func readServicePrincipal(body []byte) (string, sent, error) {
	var members map[string]any
	if err := decode(body, &members); err != nil {
		return "", sent{}, err
	}
	appID, _ := members["appId"].(string)
	delete(members, "appId")
	rest, err := marshal(members, nil)
	if err != nil {
		return "", sent{}, err
	}
	if !isGUID(appID) {
		return "", sent{}, errs.New(errs.Invalid, "Request_BadRequest", "A value is required for property 'appId' of resource: a GUID.").WithTarget("appId")
	}
	s, err := readObject(directory.ServicePrincipal, rest)
	return strings.ToLower(appID), s, err
}

func (a *API) applicationOf(ctx context.Context, tenant directory.TenantID, appID string) (directory.Object, error) {
	application, err := a.Store.Object(ctx, tenant, store.Ref{Kind: directory.Application, Property: "appId", Value: appID})
	if errs.Is(err, errs.NotFound) {
		return directory.Object{}, errs.Wrap(err, errs.Invalid, "Request_BadRequest",
			"The appId '%s' of the service principal does not reference a valid application object.", appID).WithTarget("appId")
	}
	return application, err
}

// completeServicePrincipal sets what the service decides about a new service
// principal.
func (a *API) completeServicePrincipal(ctx context.Context, q *request, s *sent, application directory.Object) error {
	reflectApplication(s.attributes, application)
	orElse(s.attributes, "displayName", application.Attributes.String("displayName"))
	orElse(s.attributes, "accountEnabled", true)
	orElse(s.attributes, "appRoleAssignmentRequired", false)
	s.attributes["servicePrincipalType"] = "Application"
	s.attributes["appOwnerOrganizationId"] = string(q.tenant)
	s.attributes["createdByAppId"] = q.caller.AppID
	return a.own(ctx, q, s)
}

// reflectApplication copies what a service principal shows of its application.
func reflectApplication(to directory.Attributes, application directory.Object) {
	from := application.Attributes
	for name, value := range map[string]any{
		"appId":                  from["appId"],
		"appDisplayName":         from["displayName"],
		"appDescription":         from["description"],
		"appRoles":               from["appRoles"],
		"applicationTemplateId":  from["applicationTemplateId"],
		"homepage":               asRecord(from["web"])["homePageUrl"],
		"info":                   from["info"],
		"logoutUrl":              asRecord(from["web"])["logoutUrl"],
		"oauth2PermissionScopes": asRecord(from["api"])["oauth2PermissionScopes"],
		"replyUrls":              asRecord(from["web"])["redirectUris"],
		"servicePrincipalNames":  append([]any{from["appId"]}, asList(from["identifierUris"])...),
		"signInAudience":         from["signInAudience"],
	} {
		if value != nil {
			to[name] = value
		}
	}
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}

func asRecord(v any) map[string]any {
	r, _ := v.(map[string]any)
	return r
}

// refreshServicePrincipal shows a changed application in its service principal.
func (a *API) refreshServicePrincipal(ctx context.Context, q *request, application directory.Object) error {
	ref := store.Ref{Kind: directory.ServicePrincipal, Property: "appId", Value: application.Attributes.String("appId")}
	_, err := a.Store.UpdateObject(ctx, q.tenant, ref, a.Now(), func(attributes directory.Attributes) (directory.Attributes, error) {
		delete(attributes, "appDescription") // these texts an application may drop
		delete(attributes, "homepage")
		reflectApplication(attributes, application)
		return attributes, nil
	})
	if errs.Is(err, errs.NotFound) {
		return nil // it has none here
	}
	return err
}
