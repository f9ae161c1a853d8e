package scimclient

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/provisor/provisor/internal/scim"
)

// Discovery is what a target says of itself (RFC 7644 section 4). Each part may be
// missing: many targets serve none of them.
type Discovery struct {
	// Config is nil when the target has no /ServiceProviderConfig.
	Config *scim.ServiceProviderConfig
	// ResourceTypes is nil when the target has no /ResourceTypes.
	ResourceTypes []ResourceType
	// Schemas is nil when the target has no /Schemas.
	Schemas []scim.Schema
	// Absent says of each part that is missing what the target answered.
	Absent []string
}

// ResourceType is one resource type of a target (RFC 7643 section 6).
type ResourceType struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Endpoint   string            `json:"endpoint"`
	Schema     string            `json:"schema"` // URN of the core schema
	Extensions []SchemaExtension `json:"schemaExtensions"`
}

// SchemaExtension names an extension of a resource type.
type SchemaExtension struct {
	Schema   string `json:"schema"` // URN
	Required bool   `json:"required"`
}

// Discover asks for the three discovery documents. A target that answers that it has
// no such resource is no error; one that refuses the credentials, stays silent, or
// answers with something else is, an [*Error].
func (c *Client) Discover(ctx context.Context) (Discovery, error) {
	var d Discovery
	var config scim.ServiceProviderConfig
	served, err := c.document(ctx, "/ServiceProviderConfig", &config, &d)
	if err != nil {
		return Discovery{}, err
	}
	if served {
		d.Config = &config
	}
	if d.ResourceTypes, err = documents[ResourceType](ctx, c, "/ResourceTypes", &d); err != nil {
		return Discovery{}, err
	}
	if d.Schemas, err = documents[scim.Schema](ctx, c, "/Schemas", &d); err != nil {
		return Discovery{}, err
	}
	return d, nil
}

// document reads one JSON object; served is false when the target has none.
func (c *Client) document(ctx context.Context, path string, into any, d *Discovery) (bool, error) {
	a, err := c.send(ctx, request{method: http.MethodGet, path: path, repeat: afterAnything})
	if err != nil {
		return false, d.missing(err)
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		return false, a.incompatible("the answer is not %s of RFC 7643: %v", path[1:], err)
	}
	return true, nil
}

// missing notes the refusal of a target that does not serve a document, and returns
// every other error.
func (d *Discovery) missing(err error) error {
	fault, ok := errors.AsType[*Error](err)
	if !ok || fault.Status != http.StatusNotImplemented && fault.Class != Missing && fault.Class != Refused && fault.Class != Denied {
		return err
	}
	d.Absent = append(d.Absent, fault.Error())
	return nil
}

// maxDiscovered bounds the entries of one discovery document; targets have tens.
const maxDiscovered = 10_000

// documents reads a list with all its pages. Targets answer with a ListResponse, as
// RFC 7644 section 4 says, or, against it, with a bare array.
func documents[T any](ctx context.Context, c *Client, path string, d *Discovery) ([]T, error) {
	var all []T
	for {
		query := url.Values{}
		if len(all) > 0 {
			query.Set("startIndex", strconv.Itoa(len(all)+1))
		}
		a, err := c.send(ctx, request{method: http.MethodGet, path: path, query: query, repeat: afterAnything})
		if err != nil && len(all) == 0 {
			return nil, d.missing(err)
		}
		if err != nil {
			return nil, err
		}
		page, total, err := entries[T](a)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) == 0 || len(all) >= min(total, maxDiscovered) {
			return orEmpty(all), nil
		}
	}
}

// orEmpty tells a list without entries from a document that is missing.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// entries reads one page and how many entries there are in all.
func entries[T any](a answer) ([]T, int, error) {
	var list struct {
		TotalResults int               `json:"totalResults"`
		Resources    []json.RawMessage `json:"Resources"`
	}
	var err error
	if bare := json.Unmarshal(a.body, &list.Resources); bare != nil {
		err = json.Unmarshal(a.body, &list)
	}
	if err != nil {
		return nil, 0, a.incompatible("the answer is neither a ListResponse nor an array: %v", err)
	}
	page := make([]T, 0, len(list.Resources))
	for i, raw := range list.Resources {
		var one T
		if err := json.Unmarshal(raw, &one); err != nil {
			return nil, 0, a.incompatible("entry %d cannot be read: %v", i+1, err)
		}
		page = append(page, one)
	}
	return page, list.TotalResults, nil
}
