package scim

import (
	"encoding/json"
	"strings"
)

// ServiceProviderConfig tells what a service provider can do (RFC 7643 section 5).
type ServiceProviderConfig struct {
	DocumentationURI      string                 `json:"documentationUri,omitempty"`
	Patch                 Supported              `json:"patch"`
	Bulk                  BulkSupport            `json:"bulk"`
	Filter                FilterSupport          `json:"filter"`
	ChangePassword        Supported              `json:"changePassword"`
	Sort                  Supported              `json:"sort"`
	ETag                  Supported              `json:"etag"`
	AuthenticationSchemes []AuthenticationScheme `json:"authenticationSchemes"`
}

// Supported says whether a feature is there.
type Supported struct {
	Supported bool `json:"supported"`
}

// BulkSupport describes bulk operations; sizes are in bytes.
type BulkSupport struct {
	Supported      bool `json:"supported"`
	MaxOperations  int  `json:"maxOperations"`
	MaxPayloadSize int  `json:"maxPayloadSize"`
}

// FilterSupport describes queries; MaxResults bounds one page.
type FilterSupport struct {
	Supported  bool `json:"supported"`
	MaxResults int  `json:"maxResults"`
}

// AuthenticationScheme is one way to authenticate.
type AuthenticationScheme struct {
	Type             string `json:"type"` // such as oauthbearertoken
	Name             string `json:"name"`
	Description      string `json:"description"`
	SpecURI          string `json:"specUri,omitempty"`
	DocumentationURI string `json:"documentationUri,omitempty"`
	Primary          bool   `json:"primary,omitempty"`
}

// MarshalJSON writes the configuration with its schema.
func (c ServiceProviderConfig) MarshalJSON() ([]byte, error) {
	type plain ServiceProviderConfig
	return json.Marshal(struct {
		Schemas []string `json:"schemas"`
		plain
		Meta Resource `json:"meta"`
	}{
		[]string{ServiceProviderConfigURN},
		plain(c),
		Resource{"resourceType": "ServiceProviderConfig"},
	})
}

// SchemaResource returns the schema as /Schemas shows it; location is its URL.
func (s Schema) SchemaResource(location string) Resource {
	return Resource{
		"schemas":     []string{SchemaURN},
		"id":          s.ID,
		"name":        s.Name,
		"description": s.Description,
		"attributes":  s.Attributes,
		"meta":        Resource{"resourceType": "Schema", "location": location},
	}
}

// ResourceTypeResource returns the type as /ResourceTypes shows it (RFC 7643
// section 6); location is its URL.
func (t *Type) ResourceTypeResource(location string) Resource {
	extensions := make([]Resource, len(t.extensions))
	for i, s := range t.extensions {
		extensions[i] = Resource{"schema": s.ID, "required": false}
	}
	return Resource{
		"schemas":          []string{ResourceTypeURN},
		"id":               t.name,
		"name":             t.name,
		"endpoint":         t.endpoint,
		"description":      t.core.Description,
		"schema":           t.core.ID,
		"schemaExtensions": extensions,
		"meta":             Resource{"resourceType": "ResourceType", "location": location},
	}
}

// AttributePaths lists every attribute that the type's resources may have, written
// as a mapping names it: sub-attributes with a dot, values of a multi-valued
// attribute by each canonical type, such as emails[type eq "work"].value.
func (t *Type) AttributePaths() []string {
	var paths []string
	for _, a := range t.core.Attributes {
		paths = append(paths, attributePaths("", a)...)
	}
	for _, s := range t.extensions {
		for _, a := range s.Attributes {
			paths = append(paths, attributePaths(s.ID+":", a)...)
		}
	}
	return paths
}

func attributePaths(prefix string, a Attribute) []string {
	if a.Type != ComplexType {
		return []string{prefix + a.Name}
	}
	bases := []string{a.Name}
	if kind, ok := attribute(a.SubAttributes, "type"); ok && a.MultiValued && len(kind.CanonicalValues) > 0 {
		bases = nil
		for _, v := range kind.CanonicalValues {
			var b strings.Builder
			quote(&b, v)
			bases = append(bases, a.Name+"[type eq "+b.String()+"]")
		}
	}
	var paths []string
	for _, base := range bases {
		for _, sub := range a.SubAttributes {
			paths = append(paths, prefix+base+"."+sub.Name)
		}
	}
	return paths
}
