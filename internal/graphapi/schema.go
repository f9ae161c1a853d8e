package graphapi

import (
	"context"
	"reflect"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/synchronization"
)

// getSchema answers GET …/jobs/{jobId}/schema, its directories inlined.
func (a *API) getSchema(ctx context.Context, q *request) (answer, error) {
	sp, id, err := a.job(ctx, q)
	if err != nil {
		return answer{}, err
	}
	schema, err := a.Jobs.Schema(ctx, q.tenant, sp, id)
	if err != nil {
		return answer{}, err
	}
	return entity(q.context().Entity(q.jobPath("schema"), q.options.Select...), filled(schema), q.options.Select)
}

// putSchema answers PUT and PATCH …/schema. Both replace the whole: PATCH is what
// generated clients send, and the original service refuses it.
func (a *API) putSchema(ctx context.Context, q *request) (answer, error) {
	sp, id, err := a.job(ctx, q)
	if err != nil {
		return answer{}, err
	}
	var schema synchronization.Schema
	if err := decode(q.body, &schema); err != nil {
		return answer{}, err
	}
	a.completeDirectories(schema.Directories)
	return noContent(), a.Jobs.PutSchema(ctx, q.tenant, sp, id, schema)
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

func (a *API) templates(ctx context.Context, q *request) ([]wireTemplate, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return nil, err
	}
	templates := []wireTemplate{}
	for _, t := range a.Jobs.Templates(ctx, sp) {
		templates = append(templates, newWireTemplate(t, q.version))
	}
	return templates, nil
}

// listTemplates answers GET …/synchronization/templates.
func (a *API) listTemplates(ctx context.Context, q *request) (answer, error) {
	templates, err := a.templates(ctx, q)
	if err != nil {
		return answer{}, err
	}
	page, err := pageOf(q, templates)
	if err != nil {
		return answer{}, err
	}
	page.Context = q.context().Collection(q.synchronizationPath("templates"), q.options.Select...)
	return collection(page, q.options.Select)
}

func (a *API) countTemplates(ctx context.Context, q *request) (answer, error) {
	templates, err := a.templates(ctx, q)
	if err != nil {
		return answer{}, err
	}
	templates, err = filterWire(templates, q.options.Filter)
	return count(int64(len(templates))), err
}

func (a *API) template(ctx context.Context, q *request) (wireTemplate, error) {
	templates, err := a.templates(ctx, q)
	if err != nil {
		return wireTemplate{}, err
	}
	for _, t := range templates {
		if strings.EqualFold(t.ID, q.key("templateId")) {
			return t, nil
		}
	}
	return wireTemplate{}, errs.New(errs.NotFound, "Request_ResourceNotFound",
		"The application offers no synchronization template '%.64s'. GET …/synchronization/templates lists those it offers.", q.key("templateId"))
}

func (a *API) getTemplate(ctx context.Context, q *request) (answer, error) {
	t, err := a.template(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return entity(q.context().Entity(q.synchronizationPath("templates"), q.options.Select...), t, q.options.Select)
}

func (a *API) getTemplateSchema(ctx context.Context, q *request) (answer, error) {
	t, err := a.template(ctx, q)
	if err != nil {
		return answer{}, err
	}
	path := q.synchronizationPath("templates(" + odata.Quote(t.ID) + ")/schema")
	return entity(q.context().Entity(path, q.options.Select...), t.Schema, q.options.Select)
}

// filled returns a copy of v in which no collection is nil, so that none is null on
// the wire. Pointers that are nil stay so: they are Graph's nullable members.
func filled[T any](v T) T {
	out := reflect.New(reflect.TypeOf(v)).Elem()
	fill(out, reflect.ValueOf(v))
	filledCopy, ok := reflect.TypeAssert[T](out)
	if !ok {
		return v
	}
	return filledCopy
}

func fill(to, from reflect.Value) {
	switch from.Kind() { //nolint:exhaustive // every other kind is copied as it is
	case reflect.Struct:
		to.Set(from)
		if from.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range from.NumField() {
			fill(to.Field(i), from.Field(i))
		}
	case reflect.Slice:
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			fill(to.Index(i), from.Index(i))
		}
	case reflect.Pointer:
		if from.IsNil() {
			return
		}
		to.Set(reflect.New(from.Type().Elem()))
		fill(to.Elem(), from.Elem())
	default:
		to.Set(from)
	}
}
