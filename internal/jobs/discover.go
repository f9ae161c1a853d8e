package jobs

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// Discover finds out what objects and attributes a directory of the job's schema
// has, and writes it into the schema: the application is asked for /Schemas,
// /ResourceTypes and /ServiceProviderConfig; for the built-in directory they are
// known, and its directory extensions are looked up. What the schema has already
// stays. Mappings do not change by it, so no cycle is begun anew.
//
// NotFound when the schema has no such directory; Unavailable or Invalid, saying
// what the application answered, when it does not describe itself.
func (s *Service) Discover(
	ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID, directoryID string,
) (synchronization.DirectoryDefinition, error) {
	job, err := s.Get(ctx, tenant, sp, id)
	if err != nil {
		return synchronization.DirectoryDefinition{}, err
	}
	schema, err := s.Store.Schema(ctx, tenant, id)
	if err != nil {
		return synchronization.DirectoryDefinition{}, err
	}
	before, err := schema.Directory(directoryID)
	if err != nil {
		return synchronization.DirectoryDefinition{}, err
	}
	found := synchronization.Discovered{Activity: s.NewID(), At: s.Now()}
	if before.BuiltIn() {
		found.Objects, err = s.builtInObjects(ctx, tenant)
	} else {
		found.Objects, err = s.targetObjects(ctx, job, schema, before)
	}
	if err != nil {
		return synchronization.DirectoryDefinition{}, err
	}
	var after synchronization.DirectoryDefinition
	err = s.Store.ChangeSchema(ctx, tenant, id, func(j synchronization.Job, schema synchronization.Schema) (synchronization.Job, synchronization.Schema, error) {
		now, err := schema.Directory(directoryID) // as it is after the application was asked
		if err != nil {
			return j, schema, err
		}
		after = now.Merge(found)
		schema, err = schema.WithDirectory(after)
		schema.Version = synchronization.NextVersion(schema.Version)
		return j, schema, err
	})
	return after, err
}

// targetObjects asks the application.
func (s *Service) targetObjects(
	ctx context.Context, job synchronization.Job, schema synchronization.Schema, before synchronization.DirectoryDefinition,
) ([]synchronization.ObjectDefinition, error) {
	settings, err := s.settings(ctx, job)
	if err != nil {
		return nil, err
	}
	client, err := s.target(job, settings)
	if err != nil {
		return nil, err
	}
	found, err := client.Discover(ctx)
	if err != nil {
		return nil, undiscovered(err)
	}
	if len(found.Schemas) == 0 {
		return nil, errs.New(errs.Invalid, "SchemaNotDiscoverable",
			"The application does not describe its attributes: %s. Its SCIM service has to serve /Schemas (RFC 7643 section 7); without it, add the attributes to the directory %s of the schema yourself.",
			absence(found), before.Name)
	}
	var objects []synchronization.ObjectDefinition
	for _, o := range scimObjects(found, schema, before) {
		objects = append(objects, o.Definition())
	}
	if len(objects) == 0 {
		return nil, errs.New(errs.Invalid, "SchemaNotDiscoverable",
			"The application serves /Schemas, and none of its %d schemas is of users or groups.", len(found.Schemas))
	}
	return objects, nil
}

func absence(d scimclient.Discovery) string {
	if len(d.Absent) == 0 {
		return "/Schemas is an empty list"
	}
	return strings.Join(d.Absent, "; ")
}

// undiscovered says what a failed question means for the one who asked.
func undiscovered(err error) error {
	fault, ok := errors.AsType[*scimclient.Error](err)
	if !ok {
		return err
	}
	switch fault.Class { //nolint:exhaustive // the others are of the application's making
	case scimclient.Unauthorized:
		return errs.Wrap(err, errs.Invalid, "InvalidCredentials", "The application refused the credentials: %v. Enter a token that is valid, or acquire one.", fault)
	case scimclient.Unavailable:
		return errs.Wrap(err, errs.Unavailable, "ServiceUnavailable", "The application could not be asked for its schema: %v. Try again when it answers.", fault)
	default:
		return errs.Wrap(err, errs.Invalid, "SchemaNotDiscoverable", "The application's description of itself cannot be read: %v.", fault)
	}
}

// scimObjects joins resource types with their schemas, under the names that the
// directory has for them.
func scimObjects(d scimclient.Discovery, schema synchronization.Schema, before synchronization.DirectoryDefinition) []synchronization.SCIMObject {
	names := map[string]string{}
	var objects []synchronization.SCIMObject
	for _, t := range resourceTypes(d) {
		core, ok := schemaNamed(d.Schemas, t.Schema)
		if !ok {
			continue
		}
		o := synchronization.SCIMObject{Core: core, References: names}
		for _, e := range t.Extensions {
			if extension, ok := schemaNamed(d.Schemas, e.Schema); ok {
				o.Extensions = append(o.Extensions, extension)
			}
		}
		o.Name = schema.TargetObjectName(before, t.Name, o)
		names[t.Name] = o.Name
		objects = append(objects, o)
	}
	return objects
}

func schemaNamed(schemas []scim.Schema, urn string) (scim.Schema, bool) {
	i := slices.IndexFunc(schemas, func(s scim.Schema) bool { return strings.EqualFold(s.ID, urn) })
	if i < 0 {
		return scim.Schema{}, false
	}
	return schemas[i], true
}

// resourceTypes are those of users and groups. A service without /ResourceTypes has
// the two of RFC 7643, and every schema of a user that is not the core one extends it.
func resourceTypes(d scimclient.Discovery) []scimclient.ResourceType {
	if len(d.ResourceTypes) > 0 {
		return d.ResourceTypes
	}
	user := scimclient.ResourceType{Name: scim.UserType, Schema: scim.UserURN}
	group := scimclient.ResourceType{Name: scim.GroupType, Schema: scim.GroupURN}
	for _, s := range d.Schemas {
		switch urn := strings.ToLower(s.ID); {
		case strings.EqualFold(urn, scim.UserURN), strings.EqualFold(urn, scim.GroupURN):
		case strings.HasSuffix(urn, ":group"):
			group.Extensions = append(group.Extensions, scimclient.SchemaExtension{Schema: s.ID})
		case strings.HasSuffix(urn, ":user"):
			user.Extensions = append(user.Extensions, scimclient.SchemaExtension{Schema: s.ID})
		}
	}
	return []scimclient.ResourceType{user, group}
}

// extensionSample is how many users and groups are looked at for directory
// extensions, which are known only by the objects that have them.
const extensionSample = 5000

// builtInObjects are the objects of the built-in directory with the directory
// extensions that its objects have.
func (s *Service) builtInObjects(ctx context.Context, tenant directory.TenantID) ([]synchronization.ObjectDefinition, error) {
	objects := synchronization.BuiltInObjects()
	for i, kind := range []directory.Kind{directory.User, directory.Group} {
		extensions, err := s.extensions(ctx, tenant, kind)
		if err != nil {
			return nil, err
		}
		objects[i].Attributes = append(objects[i].Attributes, extensions...)
	}
	return objects, nil
}

func (s *Service) extensions(ctx context.Context, tenant directory.TenantID, kind directory.Kind) ([]synchronization.AttributeDefinition, error) {
	found := map[string]any{}
	query := store.Query{Kind: kind, Top: 500}
	for seen := 0; seen < extensionSample; {
		page, err := s.Store.Objects(ctx, tenant, query)
		if err != nil {
			return nil, err
		}
		for _, o := range page.Objects {
			for name, v := range o.Attributes {
				if synchronization.IsDirectoryExtension(name) && v != nil {
					found[name] = v
				}
			}
		}
		seen += len(page.Objects)
		if query.After = page.Next; query.After == "" {
			break
		}
	}
	return synchronization.ExtensionAttributes(found), nil
}
