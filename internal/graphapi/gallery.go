package graphapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/synchronization"
)

// applicationTemplate is Graph's type of the same name.
type applicationTemplate struct {
	ID                         string   `json:"id"`
	Categories                 []string `json:"categories"`
	Description                string   `json:"description"`
	DisplayName                string   `json:"displayName"`
	HomePageURL                *string  `json:"homePageUrl"`
	LogoURL                    *string  `json:"logoUrl"`
	Publisher                  string   `json:"publisher"`
	SupportedProvisioningTypes []string `json:"supportedProvisioningTypes"`
	SupportedSingleSignOnModes []string `json:"supportedSingleSignOnModes"`
}

// applicationTemplates is the gallery: the ids that scripts and Terraform files
// carry. All of them are provisioned over SCIM here.
func applicationTemplates() []applicationTemplate {
	template := func(id, name, publisher, description string, categories ...string) applicationTemplate {
		return applicationTemplate{
			ID: id, DisplayName: name, Publisher: publisher, Description: description, Categories: categories,
			SupportedProvisioningTypes: []string{"sync"}, SupportedSingleSignOnModes: []string{"saml", "external"},
		}
	}
	return []applicationTemplate{
		template(synchronization.NonGalleryTemplateID, "Custom", "Provisor", "An application that is in no gallery, provisioned over SCIM 2.0.", "custom"),
		template("21ed01d2-ec13-4e9e-86c1-cd546719ebc4", "AWS Single Sign-on", "Amazon", "Access to AWS accounts through its identity centre.", "developerServices", "itInfrastructure"),
		template("8b1025e4-1dd2-430b-a150-2ef79cd700f5", "AWS Single-Account Access", "Amazon", "Access to one AWS account.", "developerServices", "itInfrastructure"),
		template("518e5f48-1fc8-4c48-9387-9fdf28b0dfe7", "Cross-tenant synchronization", "Microsoft", "Users of this tenant in another one.", "itInfrastructure"),
		template("1a4721b3-e57f-4451-ae87-ef078703ec94", "Cloud sync", "Microsoft", "Users and groups of an on-premises directory.", "itInfrastructure"),
	}
}

func (a *API) listGallery(_ context.Context, q *request) (answer, error) {
	return shortList(q, "applicationTemplates", applicationTemplates())
}

func (a *API) countGallery(_ context.Context, q *request) (answer, error) {
	return countOf(q, applicationTemplates())
}

func galleryTemplate(id string) (applicationTemplate, error) {
	for _, t := range applicationTemplates() {
		if strings.EqualFold(t.ID, id) {
			return t, nil
		}
	}
	return applicationTemplate{}, notThere(errs.New(errs.NotFound, "", ""), id)
}

func (a *API) getGallery(_ context.Context, q *request) (answer, error) {
	t, err := galleryTemplate(q.key("id"))
	if err != nil {
		return answer{}, err
	}
	return entity(q.context().Entity("applicationTemplates", q.options.Select...), t, q.options.Select)
}

// instantiate answers POST applicationTemplates/{id}/instantiate: an application
// and its service principal, both of which the caller owns.
func (a *API) instantiate(ctx context.Context, q *request) (answer, error) {
	t, err := galleryTemplate(q.key("id"))
	if err != nil {
		return answer{}, err
	}
	var in struct {
		DisplayName                string `json:"displayName"`
		ServiceManagementReference string `json:"serviceManagementReference"`
	}
	if err := decode(q.body, &in); err != nil {
		return answer{}, err
	}
	s := sent{attributes: directory.Attributes{"displayName": in.DisplayName, "applicationTemplateId": t.ID, "appRoles": galleryRoles()}}
	if in.ServiceManagementReference != "" {
		s.attributes["serviceManagementReference"] = in.ServiceManagementReference
	}
	if err := s.require("displayName"); err != nil {
		return answer{}, err
	}
	if err := a.completeApplication(ctx, q, &s); err != nil {
		return answer{}, err
	}
	return a.instantiated(ctx, q, s)
}

func (a *API) instantiated(ctx context.Context, q *request, s sent) (answer, error) {
	application, err := a.store(ctx, q, directory.Application, s)
	if err != nil {
		return answer{}, err
	}
	// the tag by which portals and scripts tell enterprise applications
	face := sent{attributes: directory.Attributes{"tags": []any{"WindowsAzureActiveDirectoryIntegratedApp"}}}
	if err := a.completeServicePrincipal(ctx, q, &face, application); err != nil {
		return answer{}, err
	}
	servicePrincipal, err := a.store(ctx, q, directory.ServicePrincipal, face)
	if err != nil {
		return answer{}, err
	}
	pair := map[string]any{}
	if pair["application"], err = a.wire(ctx, q, application, untyped); err != nil {
		return answer{}, err
	}
	if pair["servicePrincipal"], err = a.wire(ctx, q, servicePrincipal, untyped); err != nil {
		return answer{}, err
	}
	out, err := entity(q.context().Collection("microsoft.graph.applicationServicePrincipal"), pair, nil)
	out.status = http.StatusCreated
	return out, err
}

// galleryRoles are the app roles of an instantiated application; their ids are the
// same in every tenant.
func galleryRoles() []any {
	role := func(id, name string) any {
		return map[string]any{
			"id": id, "displayName": name, "description": name, "isEnabled": true, "origin": "Application",
			"value": nil, "allowedMemberTypes": []any{"User"},
		}
	}
	return []any{
		role("18d14569-c3bd-439b-9a66-3a2aee01d14f", "User"),
		role("b9632174-c057-4f7e-951b-be3adc52bfe6", "msiam_access"),
	}
}

// filterWire keeps of a short list, kept in memory, what the filter selects by the
// members' names on the wire.
func filterWire[T any](list []T, filter odata.Expr) ([]T, error) {
	if filter == nil {
		return list, nil
	}
	kept := []T{}
	for _, element := range list {
		members, err := membersOf(element)
		if err != nil {
			return nil, err
		}
		ok, err := odata.Match(filter, members)
		if err != nil {
			return nil, err
		}
		if ok {
			kept = append(kept, element)
		}
	}
	return kept, nil
}

func membersOf(element any) (map[string]any, error) {
	raw, err := marshal(element, nil)
	if err != nil {
		return nil, err
	}
	var members map[string]any
	return members, decode(raw, &members)
}
