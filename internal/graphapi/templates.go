package graphapi

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/synchronization"
)

// wireTemplate is synchronizationTemplate with its schema inlined.
type wireTemplate struct {
	ID            string                          `json:"id"`
	ApplicationID string                          `json:"applicationId"`
	Default       bool                            `json:"default"`
	Description   *string                         `json:"description"`
	Discoverable  bool                            `json:"discoverable"`
	FactoryTag    string                          `json:"factoryTag"`
	Metadata      []synchronization.MetadataEntry `json:"metadata"`
	Schema        synchronization.Schema          `json:"schema"`
}

func newWireTemplate(t synchronization.Template, v Versions) wireTemplate {
	wire := wireTemplate{
		ID: t.ID, ApplicationID: t.ApplicationID, Default: t.Default, Description: orNull(t.Description),
		Discoverable: t.Discoverable, FactoryTag: t.FactoryTag, Schema: filled(t.Schema),
		Metadata: make([]synchronization.MetadataEntry, 0, len(t.Metadata)),
	}
	for _, m := range t.Metadata {
		wire.Metadata = append(wire.Metadata, synchronization.MetadataEntry{Key: metadataKey(m.Key, v), Value: m.Value})
	}
	return wire
}

// metadataKey spells a member of synchronizationMetadata: beta begins them with a
// small letter, all but one. Generated clients compare exactly.
func metadataKey(key string, v Versions) string {
	if v != Beta || key == "" || key == "IsSynchronizationAgentAssignmentRequired" {
		return key
	}
	return strings.ToLower(key[:1]) + key[1:]
}

// canonicalMetadataKey is the spelling of v1.0, in which keys are stored. A key that
// the enumeration lacks, as the live service has some, stays as it is.
func canonicalMetadataKey(key string) string {
	for _, known := range []string{
		"GalleryApplicationIdentifier", "GalleryApplicationKey", "IsOAuthEnabled", "IsSynchronizationAgentAssignmentRequired",
		"IsSynchronizationAgentRequired", "IsSynchronizationInPreview", "OAuthSettings", "SynchronizationLearnMoreIbizaFwLink", "ConfigurationFields",
	} {
		if strings.EqualFold(key, known) {
			return known
		}
	}
	return key
}

// templates are those of the path's application. Seen from its service principal,
// those that are not discoverable are left out.
func (a *API) templates(ctx context.Context, q *request) ([]wireTemplate, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return nil, err
	}
	offered, err := a.Jobs.Templates(ctx, q.tenant, sp.ID)
	if err != nil {
		return nil, err
	}
	if q.setName() == "servicePrincipals" {
		offered = slices.DeleteFunc(offered, func(t synchronization.Template) bool { return !t.Discoverable })
	}
	wire := make([]wireTemplate, 0, len(offered))
	for _, t := range offered {
		wire = append(wire, newWireTemplate(t, q.version))
	}
	return wire, nil
}

// listTemplates answers GET …/synchronization/templates.
func (a *API) listTemplates(ctx context.Context, q *request) (answer, error) {
	templates, err := a.templates(ctx, q)
	if err != nil {
		return answer{}, err
	}
	if err := expandsSchema(q); err != nil {
		return answer{}, err
	}
	page, err := pageOf(q, templates)
	if err != nil {
		return answer{}, err
	}
	page.Context = q.context().Collection(q.synchronizationPath("templates"), q.options.Select...)
	return collection(page, withExpanded(q.options))
}

// expandsSchema refuses to expand anything but the schema, which is always there.
func expandsSchema(q *request) error {
	for _, e := range q.options.Expand {
		if e.Name != "schema" {
			return notExpandable("synchronizationTemplate", e.Name, "schema")
		}
	}
	return nil
}

func (a *API) countTemplates(ctx context.Context, q *request) (answer, error) {
	templates, err := a.templates(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return countOf(q, templates)
}

func (a *API) template(ctx context.Context, q *request) (synchronization.Template, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return synchronization.Template{}, err
	}
	return a.Jobs.Template(ctx, q.tenant, sp.ID, q.key("templateId"))
}

// getTemplate answers GET …/templates/{templateId}.
func (a *API) getTemplate(ctx context.Context, q *request) (answer, error) {
	t, err := a.template(ctx, q)
	if err != nil {
		return answer{}, err
	}
	if err := expandsSchema(q); err != nil {
		return answer{}, err
	}
	out, err := entity(q.context().Entity(q.synchronizationPath("templates"), q.options.Select...), newWireTemplate(t, q.version), withExpanded(q.options))
	return out.tagged(etagOf(t)), err
}

// readTemplate reads a synchronizationTemplate of a body.
func (a *API) readTemplate(body []byte) (synchronization.Template, error) {
	var in struct {
		ID            string                          `json:"id"`
		ApplicationID string                          `json:"applicationId"`
		Default       bool                            `json:"default"`
		Description   string                          `json:"description"`
		Discoverable  bool                            `json:"discoverable"`
		FactoryTag    string                          `json:"factoryTag"`
		Metadata      []synchronization.MetadataEntry `json:"metadata"`
		Schema        synchronization.Schema          `json:"schema"`
	}
	if err := decode(body, &in); err != nil {
		return synchronization.Template{}, err
	}
	for member, value := range map[string]string{"factoryTag": in.FactoryTag, "applicationId": in.ApplicationID} {
		if value == "" {
			return synchronization.Template{}, errs.New(errs.Invalid, "RequestParameterInvalid",
				"A template needs id, applicationId and factoryTag; %s is missing.", member).WithTarget(member)
		}
	}
	if !isGUID(in.ApplicationID) {
		return synchronization.Template{}, errs.New(errs.Invalid, "RequestParameterInvalid",
			"applicationId is %.64q; it is the GUID of an application template.", in.ApplicationID).WithTarget("applicationId")
	}
	a.completeDirectories(in.Schema.Directories)
	t := synchronization.Template{
		ID: in.ID, ApplicationID: strings.ToLower(in.ApplicationID), Default: in.Default, Description: in.Description,
		Discoverable: in.Discoverable, FactoryTag: in.FactoryTag, Schema: in.Schema,
	}
	for _, m := range in.Metadata {
		t.Metadata = append(t.Metadata, synchronization.MetadataEntry{Key: canonicalMetadataKey(m.Key), Value: m.Value})
	}
	return t, nil
}

// createTemplate answers POST …/synchronization/templates.
func (a *API) createTemplate(ctx context.Context, q *request) (answer, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return answer{}, err
	}
	t, err := a.readTemplate(q.body)
	if err != nil {
		return answer{}, err
	}
	if t, err = a.Jobs.CreateTemplate(ctx, q.tenant, sp.ID, t); err != nil {
		return answer{}, err
	}
	return created(q.context().Entity(q.synchronizationPath("templates")), q.below(t.ID), newWireTemplate(t, q.version))
}

// below is the URL of a member of the path's collection.
func (q *request) below(id string) string {
	return q.base + strings.TrimRight(q.http.URL.EscapedPath(), "/") + "/" + url.PathEscape(id)
}

// putTemplate answers PUT and PATCH …/templates/{templateId}. PATCH erases what the
// body does not say, as its documentation has it.
func (a *API) putTemplate(ctx context.Context, q *request) (answer, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return answer{}, err
	}
	t, err := a.readTemplate(q.body)
	if err != nil {
		return answer{}, err
	}
	if err := q.unchanged(a.templateState(ctx, q)); err != nil {
		return answer{}, err
	}
	return noContent(), a.Jobs.ReplaceTemplate(ctx, q.tenant, sp.ID, q.key("templateId"), t)
}

// deleteTemplate answers DELETE …/templates/{templateId}.
func (a *API) deleteTemplate(ctx context.Context, q *request) (answer, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return answer{}, err
	}
	if err := q.unchanged(a.templateState(ctx, q)); err != nil {
		return answer{}, err
	}
	return noContent(), a.Jobs.DeleteTemplate(ctx, q.tenant, sp.ID, q.key("templateId"))
}

// templateState reads the entity tag of the path's template.
func (a *API) templateState(ctx context.Context, q *request) func() (string, error) {
	return func() (string, error) {
		t, err := a.template(ctx, q)
		return etagOf(t), err
	}
}
