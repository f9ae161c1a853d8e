package scimserver

import (
	"net/http"

	"github.com/provisor/provisor/internal/scim"
)

func (s *Server) discoveryRoutes() {
	s.handle("GET "+s.prefix+"/ServiceProviderConfig", nil, s.config)
	s.handle("GET "+s.prefix+"/Schemas", nil, s.schemas)
	s.handle("GET "+s.prefix+"/Schemas/{id}", nil, s.schemas)
	s.handle("GET "+s.prefix+"/ResourceTypes", nil, s.resourceTypes)
	s.handle("GET "+s.prefix+"/ResourceTypes/{id}", nil, s.resourceTypes)
	for _, absent := range []string{"/Me", "/Bulk", "/.search"} {
		s.handle(s.prefix+absent, nil, s.absent)
	}
}

// absent answers for the parts of RFC 7644 that are optional and not offered.
func (s *Server) absent(_ *scim.Type, r *http.Request) (answer, error) {
	return answer{}, &scim.Error{Status: http.StatusNotImplemented, Detail: r.URL.Path + " is not offered here"}
}

func (s *Server) config(_ *scim.Type, _ *http.Request) (answer, error) {
	return answer{status: http.StatusOK, body: scim.ServiceProviderConfig{
		Patch:  scim.Supported{Supported: true},
		Filter: scim.FilterSupport{Supported: true, MaxResults: s.options.MaxResults},
		ETag:   scim.Supported{Supported: true},
		AuthenticationSchemes: []scim.AuthenticationScheme{{
			Type: "oauthbearertoken", Name: "OAuth Bearer Token",
			Description: "A bearer token in the header Authorization.",
			SpecURI:     "https://www.rfc-editor.org/info/rfc6750", Primary: true,
		}},
	}}, nil
}

func (s *Server) schemas(_ *scim.Type, r *http.Request) (answer, error) {
	var list []scim.Resource
	for _, schema := range append(s.users.Schemas(), s.groups.Schemas()...) {
		list = append(list, schema.SchemaResource(s.options.BaseURL+"/Schemas/"+schema.ID))
	}
	return listed(list, "schema", r)
}

func (s *Server) resourceTypes(_ *scim.Type, r *http.Request) (answer, error) {
	var list []scim.Resource
	for _, t := range []*scim.Type{s.users, s.groups} {
		list = append(list, t.ResourceTypeResource(s.options.BaseURL+"/ResourceTypes/"+t.Name()))
	}
	return listed(list, "resource type", r)
}

// listed answers with the whole list or with the one that the path names.
func listed(list []scim.Resource, kind string, r *http.Request) (answer, error) {
	id := r.PathValue("id")
	if id == "" {
		return answer{status: http.StatusOK, body: scim.ListResponse{
			TotalResults: len(list), StartIndex: 1, ItemsPerPage: len(list), Resources: list,
		}}, nil
	}
	for _, one := range list {
		if one.ID() == id {
			return answer{status: http.StatusOK, body: one}, nil
		}
	}
	return answer{}, &scim.Error{Status: http.StatusNotFound, Detail: "there is no " + kind + " " + id}
}
