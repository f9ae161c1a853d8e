package graphapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/synchronization"
)

// home is where the schema of a path is kept: with a job, or with a template. Both
// have the same resources below them.
type home struct {
	// text is what read reads as JSON, which is much quicker; nil when that is not
	// to be had.
	text   func(ctx context.Context, q *request) (json.RawMessage, error)
	read   func(ctx context.Context, q *request) (synchronization.Schema, error)
	change func(ctx context.Context, q *request, to func(synchronization.Schema) (synchronization.Schema, error)) error
	reset  func(ctx context.Context, q *request) error
	path   func(q *request, rest string) string // as context URLs name it
}

// jobSchema is the schema of the path's job.
func (a *API) jobSchema() home {
	return home{
		text: func(ctx context.Context, q *request) (json.RawMessage, error) {
			sp, id, err := a.job(ctx, q)
			if err != nil {
				return nil, err
			}
			return a.Jobs.SchemaText(ctx, q.tenant, sp, id)
		},
		read: func(ctx context.Context, q *request) (synchronization.Schema, error) {
			sp, id, err := a.job(ctx, q)
			if err != nil {
				return synchronization.Schema{}, err
			}
			return a.Jobs.Schema(ctx, q.tenant, sp, id)
		},
		change: func(ctx context.Context, q *request, to func(synchronization.Schema) (synchronization.Schema, error)) error {
			sp, id, err := a.job(ctx, q)
			if err != nil {
				return err
			}
			return a.Jobs.ChangeSchema(ctx, q.tenant, sp, id, to)
		},
		reset: func(ctx context.Context, q *request) error {
			sp, id, err := a.job(ctx, q)
			if err != nil {
				return err
			}
			return a.Jobs.ResetSchema(ctx, q.tenant, sp, id)
		},
		path: func(q *request, rest string) string { return q.jobPath("schema" + rest) },
	}
}

// templateSchema is the schema of the path's template.
func (a *API) templateSchema() home {
	return home{
		read: func(ctx context.Context, q *request) (synchronization.Schema, error) {
			t, err := a.template(ctx, q)
			return t.Schema, err
		},
		change: func(ctx context.Context, q *request, to func(synchronization.Schema) (synchronization.Schema, error)) error {
			sp, err := a.servicePrincipal(ctx, q)
			if err != nil {
				return err
			}
			return a.Jobs.ChangeTemplateSchema(ctx, q.tenant, sp.ID, q.key("templateId"), to)
		},
		reset: func(ctx context.Context, q *request) error {
			sp, err := a.servicePrincipal(ctx, q)
			if err != nil {
				return err
			}
			return a.Jobs.ResetTemplateSchema(ctx, q.tenant, sp.ID, q.key("templateId"))
		},
		path: func(q *request, rest string) string {
			return q.synchronizationPath("templates(" + odata.Quote(q.key("templateId")) + ")/schema" + rest)
		},
	}
}

func schemaTag(s synchronization.Schema) string { return etagOf(s.ID, s.Version) }

// getSchema answers GET …/schema, its directories inlined.
func (a *API) getSchema(h home) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		for _, e := range q.options.Expand {
			if e.Name != "directories" { // they are always there
				return answer{}, notExpandable("synchronizationSchema", e.Name, "directories")
			}
		}
		contextURL := q.context().Entity(h.path(q, ""), q.options.Select...)
		if h.text != nil && q.options.Select == nil {
			text, err := h.text(ctx, q)
			if err != nil {
				return answer{}, err
			}
			body, err := withContext(contextURL, text)
			return answer{status: http.StatusOK, contentType: jsonType, body: body}.tagged(schemaTag(headOf(text))), err
		}
		schema, err := h.read(ctx, q)
		if err != nil {
			return answer{}, err
		}
		out, err := entity(contextURL, filled(schema), withExpanded(q.options))
		return out.tagged(schemaTag(schema)), err
	}
}

// headOf reads id and version of a schema, with which its text begins, and not the
// rest.
func headOf(text json.RawMessage) synchronization.Schema {
	var head synchronization.Schema
	dec := json.NewDecoder(bytes.NewReader(text))
	if _, err := dec.Token(); err != nil { // {
		return head
	}
	for {
		name, err := dec.Token()
		if err != nil || name != "id" && name != "version" {
			return head
		}
		value, err := dec.Token()
		member, ok := value.(string)
		switch {
		case err != nil || !ok:
			return head
		case name == "id":
			head.ID = member
		default:
			head.Version = member
		}
	}
}

// putSchema answers PUT and PATCH …/schema. PATCH is what generated clients send, and
// the original service refuses it. Both replace the members that the body has as
// wholes; one that it does not have stays, because clients that track changes send
// only what changed, by either verb.
func (a *API) putSchema(h home) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		var schema synchronization.Schema
		if err := decode(q.body, &schema); err != nil {
			return answer{}, err
		}
		given, err := readMembers(q.body)
		if err != nil {
			return answer{}, err
		}
		a.completeDirectories(schema.Directories)
		return noContent(), h.change(ctx, q, func(before synchronization.Schema) (synchronization.Schema, error) {
			has := func(member string) bool { _, ok := given.get(member); return ok }
			return schema.Replacing(before, has), q.unchanged(func() (string, error) { return schemaTag(before), nil })
		})
	}
}

// patchSchema is putSchema, or with StrictSchemaPatch the answer of the original
// service, whose inner address comes with the message.
func (a *API) patchSchema(h home) handler {
	if !a.StrictSchemaPatch {
		return a.putSchema(h)
	}
	return func(_ context.Context, q *request) (answer, error) {
		message, err := marshal(map[string]string{
			"Message": "No HTTP resource was found that matches the request URI '" + q.base + q.http.URL.EscapedPath() + "'.",
		}, nil)
		if err != nil {
			return answer{}, err
		}
		return answer{status: http.StatusNotFound}, errs.New(errs.NotFound, "UnknownError", "%s", message)
	}
}

// resetSchema answers DELETE …/schema: the default comes back.
func (a *API) resetSchema(h home) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		err := q.unchanged(func() (string, error) {
			schema, err := h.read(ctx, q)
			return schemaTag(schema), err
		})
		if err != nil {
			return answer{}, err
		}
		return noContent(), h.reset(ctx, q)
	}
}

// completeDirectories sets what the service decides about directories that a
// client adds to a schema.
func (a *API) completeDirectories(directories []synchronization.DirectoryDefinition) {
	for i := range directories {
		d := &directories[i]
		if d.ID == "" {
			d.ID = a.NewID()
		}
		if d.Discoverabilities == "" {
			d.Discoverabilities = "None"
		}
	}
}
