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

// Names of the two directories of the default schema.
const (
	SourceDirectory = "Azure Active Directory"
	TargetDirectory = "customappsso"
)

// Templates returns the templates that an application offers, the preferred first.
func Templates() []Template {
	return []Template{
		template("scim", true, "Generic SCIM 2.0 connector"),
		template("customappsso", false, "Generic SCIM 2.0 connector of 2018"),
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

func template(id string, preferred bool, description string) Template {
	t := Template{
		ID: id, ApplicationID: NonGalleryTemplateID, Default: preferred, Description: description, Discoverable: true, FactoryTag: id,
		Metadata: []MetadataEntry{
			{Key: "GalleryApplicationIdentifier", Value: NonGalleryTemplateID},
			{Key: "GalleryApplicationKey", Value: TargetDirectory},
			{Key: "IsOAuthEnabled", Value: "True"},
			{Key: "IsSynchronizationAgentRequired", Value: "False"},
			{Key: "ConfigurationFields", Value: `[{"name":"baseaddress"},{"name":"secrettoken","secret":true}]`},
		},
		Schema: DefaultSchema(),
	}
	t.Schema.ID = id + "." + strings.Repeat("0", 32)
	return t
}
