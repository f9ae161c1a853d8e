package graphapi

import (
	"context"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	id "github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/store"
)

// declaredExtensions is the attribute in which an application keeps the directory
// extensions that it declared. It is no property of Graph and is not shown.
const declaredExtensions = "extensionProperties"

// extensionRoutes declare directory extensions: extension_<appId>_<name>.
func (a *API) extensionRoutes(path string) []Route {
	return []Route{
		{Method: get, Pattern: path, Operation: id.ReadApplications, Options: short(), handle: a.listExtensions},
		{Method: post, Pattern: path, Operation: id.UpdateApplication, body: jsonRequired, handle: a.createExtension},
		{Method: get, Pattern: path + "/{extensionId}", Operation: id.ReadApplications, Options: one(), handle: a.getExtension},
		{Method: remove, Pattern: path + "/{extensionId}", Operation: id.UpdateApplication, handle: a.deleteExtension},
	}
}

// extensionProperty is Graph's type of the same name.
type extensionProperty struct {
	ID             string   `json:"id"`
	Deleted        any      `json:"deletedDateTime"`
	AppDisplayName string   `json:"appDisplayName"`
	DataType       string   `json:"dataType"`
	IsMultiValued  bool     `json:"isMultiValued"`
	IsSynced       bool     `json:"isSyncedFromOnPremises"`
	Name           string   `json:"name"`
	TargetObjects  []string `json:"targetObjects"`
}

// extensions returns what an application declared.
func extensions(application directory.Object) []extensionProperty {
	var declared []extensionProperty
	for _, element := range asList(application.Attributes[declaredExtensions]) {
		raw, err := marshal(element, nil)
		if err != nil {
			continue
		}
		var e extensionProperty
		if decode(raw, &e) == nil {
			e.AppDisplayName = application.Attributes.String("displayName")
			declared = append(declared, e)
		}
	}
	return declared
}

func (a *API) listExtensions(ctx context.Context, q *request) (answer, error) {
	application, err := a.subject(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return shortList(q, "applications/extensionProperties", append([]extensionProperty{}, extensions(application)...))
}

// extensionOf returns the extension that the path names.
func (a *API) extensionOf(ctx context.Context, q *request) (extensionProperty, error) {
	application, err := a.subject(ctx, q)
	if err != nil {
		return extensionProperty{}, err
	}
	for _, e := range extensions(application) {
		if strings.EqualFold(e.ID, q.key("extensionId")) {
			return e, nil
		}
	}
	return extensionProperty{}, notThere(errs.New(errs.NotFound, "", ""), q.key("extensionId"))
}

func (a *API) getExtension(ctx context.Context, q *request) (answer, error) {
	e, err := a.extensionOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return entity(q.context().Entity("applications/extensionProperties"), e, q.options.Select)
}

func (a *API) createExtension(ctx context.Context, q *request) (answer, error) {
	application, err := a.subject(ctx, q)
	if err != nil {
		return answer{}, err
	}
	var e extensionProperty
	if err := decode(q.body, &e); err != nil {
		return answer{}, err
	}
	if err := e.check(); err != nil {
		return answer{}, err
	}
	e.ID, e.AppDisplayName, e.IsSynced = a.NewID(), application.Attributes.String("displayName"), false
	e.Name = "extension_" + strings.ReplaceAll(application.Attributes.String("appId"), "-", "") + "_" + e.Name
	wire, err := membersOf(e)
	if err != nil {
		return answer{}, err
	}
	_, err = a.Store.UpdateObject(ctx, q.tenant, store.Ref{ID: application.ID}, a.Now(), func(attributes directory.Attributes) (directory.Attributes, error) {
		for _, other := range asList(attributes[declaredExtensions]) {
			if asRecord(other)["name"] == e.Name {
				return nil, errs.New(errs.Invalid, "Request_BadRequest", "An extension property exists with the name %s.", e.Name).WithTarget("name")
			}
		}
		attributes[declaredExtensions] = append(slices.Clone(asList(attributes[declaredExtensions])), wire)
		return attributes, nil
	})
	if err != nil {
		return answer{}, notThere(err, string(application.ID))
	}
	location := q.root() + "/applications/" + string(application.ID) + "/extensionProperties/" + e.ID
	return created(q.context().Entity("applications('"+string(application.ID)+"')/extensionProperties"), location, e)
}

// check refuses what Graph does not declare.
func (e extensionProperty) check() error {
	types := []string{"Binary", "Boolean", "DateTime", "Integer", "LargeInteger", "String"}
	switch {
	case e.Name == "" || strings.Trim(e.Name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "":
		return errs.New(errs.Invalid, "Request_BadRequest", "The name of an extension property is made of letters, digits and underlines.").WithTarget("name")
	case !slices.Contains(types, e.DataType):
		return errs.New(errs.Invalid, "Request_BadRequest", "dataType is one of %s.", strings.Join(types, ", ")).WithTarget("dataType")
	case len(e.TargetObjects) == 0:
		return errs.New(errs.Invalid, "Request_BadRequest", "targetObjects names the types that have the extension, such as User.").WithTarget("targetObjects")
	}
	return nil
}

func (a *API) deleteExtension(ctx context.Context, q *request) (answer, error) {
	e, err := a.extensionOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	_, err = a.Store.UpdateObject(ctx, q.tenant, q.ref(), a.Now(), func(attributes directory.Attributes) (directory.Attributes, error) {
		attributes[declaredExtensions] = slices.DeleteFunc(slices.Clone(asList(attributes[declaredExtensions])), func(other any) bool {
			return asRecord(other)["id"] == e.ID
		})
		return attributes, nil
	})
	return noContent(), err
}
