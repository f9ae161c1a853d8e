package graphapi

import (
	"context"
	"maps"

	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/synchronization"
)

// listDirectories answers GET …/schema/directories.
func (a *API) listDirectories(h home) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		schema, err := h.read(ctx, q)
		if err != nil {
			return answer{}, err
		}
		page, err := pageOf(q, filled(schema).Directories)
		if err != nil {
			return answer{}, err
		}
		page.Context = q.context().Collection(h.path(q, "/directories"), q.options.Select...)
		return collection(page, q.options.Select)
	}
}

func (a *API) countDirectories(h home) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		schema, err := h.read(ctx, q)
		if err != nil {
			return answer{}, err
		}
		return countOf(q, schema.Directories)
	}
}

// getDirectory answers GET …/directories/{directoryId}.
func (a *API) getDirectory(h home) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		schema, err := h.read(ctx, q)
		if err != nil {
			return answer{}, err
		}
		d, err := schema.Directory(q.key("directoryId"))
		if err != nil {
			return answer{}, err
		}
		d = filled(d)
		out, err := entity(q.context().Entity(h.path(q, "/directories"), q.options.Select...), d, q.options.Select)
		return out.tagged(etagOf(d)), err
	}
}

// createDirectory answers POST …/schema/directories.
func (a *API) createDirectory(h home) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		d := synchronization.DirectoryDefinition{}
		if err := decode(q.body, &d); err != nil {
			return answer{}, err
		}
		d = a.served(d, synchronization.DirectoryDefinition{ID: a.NewID(), Discoverabilities: "None"})
		err := h.change(ctx, q, func(schema synchronization.Schema) (synchronization.Schema, error) {
			return schema.AddDirectory(d)
		})
		if err != nil {
			return answer{}, err
		}
		return created(q.context().Entity(h.path(q, "/directories")), q.below(d.ID), filled(d))
	}
}

// served gives a directory of a body what the service alone decides.
func (a *API) served(d, decided synchronization.DirectoryDefinition) synchronization.DirectoryDefinition {
	d.ID, d.Discoverabilities = decided.ID, decided.Discoverabilities
	d.DiscoveryDateTime, d.Version, d.ReadOnly = decided.DiscoveryDateTime, decided.Version, decided.ReadOnly
	return d
}

// patchDirectory answers PATCH …/directories/{directoryId}: members that the body
// does not have stay, and so does what the service decides.
func (a *API) patchDirectory(h home) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		var patched synchronization.DirectoryDefinition
		err := h.change(ctx, q, func(schema synchronization.Schema) (synchronization.Schema, error) {
			before, err := schema.Directory(q.key("directoryId"))
			if err != nil {
				return schema, err
			}
			if err := q.unchanged(func() (string, error) { return etagOf(filled(before)), nil }); err != nil {
				return schema, err
			}
			if patched, err = overlaid(before, q.body); err != nil {
				return schema, err
			}
			patched = a.served(patched, before)
			return schema.WithDirectory(patched)
		})
		if err != nil {
			return answer{}, err
		}
		out, err := entity(q.context().Entity(h.path(q, "/directories")), filled(patched), nil)
		return out.tagged(etagOf(filled(patched))), err
	}
}

// overlaid returns d with the members of a JSON object in the place of its own.
func overlaid(d synchronization.DirectoryDefinition, body []byte) (synchronization.DirectoryDefinition, error) {
	text, err := marshal(d, nil)
	if err != nil {
		return d, err
	}
	have, err := readMembers(text)
	if err != nil {
		return d, err
	}
	given, err := readMembers(body)
	if err != nil {
		return d, err
	}
	for name := range have {
		if _, is := given.get(name); is {
			delete(have, name)
		}
	}
	maps.Copy(have, given)
	if text, err = marshal(have, nil); err != nil {
		return d, err
	}
	var merged synchronization.DirectoryDefinition
	return merged, decode(text, &merged)
}

// deleteDirectory answers DELETE …/directories/{directoryId}.
func (a *API) deleteDirectory(h home) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		return noContent(), h.change(ctx, q, func(schema synchronization.Schema) (synchronization.Schema, error) {
			gone, err := schema.Directory(q.key("directoryId"))
			if err != nil {
				return schema, err
			}
			if err := q.unchanged(func() (string, error) { return etagOf(filled(gone)), nil }); err != nil {
				return schema, err
			}
			return schema.WithoutDirectory(gone.ID)
		})
	}
}

// contextOf names what the functions of a schema return.
func (q *request) contextOf(kind string) string {
	return odata.Context{Root: q.root()}.Collection(kind)
}
