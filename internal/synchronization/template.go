package synchronization

import "strings"

// Template is synchronizationTemplate: the factory of a job and of its schema.
type Template struct {
	ID            string
	ApplicationID string // the gallery application template, not the tenant's application
	Default       bool
	Description   string
	Discoverable  bool
	FactoryTag    string
	Metadata      []MetadataEntry
	Schema        Schema
}

// NonGalleryTemplateID is the application template of applications that are in no
// gallery.
const NonGalleryTemplateID = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"

// OutboundRuleID is the id of the outbound rule of the SCIM templates; scripts have
// it written into them.
const OutboundRuleID = "03f7d90d-bf71-41b1-bda6-aaf0ddbee5d8"

// InboundRuleID is the id of the rule of the inbound template.
const InboundRuleID = "5f4b7c2e-8d0a-4c39-9b61-2a7e6d1c0f84"

// Names of the directories of the default schemas.
const (
	SourceDirectory = "Azure Active Directory"
	TargetDirectory = "customappsso"
	APIDirectory    = "API" // what records are pushed into by API-driven inbound provisioning
)

// InboundTemplateID is the id of the template of API-driven inbound provisioning.
const InboundTemplateID = "API2AAD"

// Templates returns the templates that an application offers, the preferred first.
func Templates() []Template {
	return []Template{
		template("scim", "Generic SCIM 2.0 connector", DefaultSchema()),
		template("customappsso", "Generic SCIM 2.0 connector of 2018", schemaOf2018()),
		template(InboundTemplateID, "API-driven inbound provisioning", InboundSchema()),
	}
}

// TemplateNamed returns one of [Templates] by its id, ignoring case.
func TemplateNamed(id string) (Template, bool) {
	for _, t := range Templates() {
		if strings.EqualFold(t.ID, id) {
			return t, true
		}
	}
	return Template{}, false
}

func template(id, description string, schema Schema) Template {
	schema.ID = id + "." + strings.Repeat("0", 32)
	return Template{
		ID: id, ApplicationID: NonGalleryTemplateID, Default: id == "scim", Description: description, Discoverable: true, FactoryTag: id,
		Metadata: []MetadataEntry{
			{Key: "GalleryApplicationIdentifier", Value: NonGalleryTemplateID},
			{Key: "GalleryApplicationKey", Value: TargetDirectory},
			{Key: "IsOAuthEnabled", Value: "True"},
			{Key: "IsSynchronizationAgentRequired", Value: "False"},
			{Key: "ConfigurationFields", Value: configurationFields(id)},
		},
		Schema: schema,
	}
}

// configurationFields names the secrets that a template asks for. Records that are
// pushed in need none.
func configurationFields(id string) string {
	if id == InboundTemplateID {
		return "[]"
	}
	return `[{"name":"baseaddress"},{"name":"secrettoken","secret":true}]`
}
