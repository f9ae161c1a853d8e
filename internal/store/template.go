package store

import (
	"context"
	"encoding/json"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/synchronization"
)

// Templates keeps the synchronization templates that were made or changed for one
// application, by the service principal that owns them. The templates that the
// program brings are not kept: one that is stored under the id of such a template
// stands in its place.
type Templates interface {
	// Templates returns the owner's ordered by id; none is no error.
	Templates(ctx context.Context, tenant directory.TenantID, owner directory.ObjectID) ([]synchronization.Template, error)
	// ChangeTemplate stores what fn makes of the owner's template with the id, in one
	// durable transaction; fn gets nil when there is none, and removes it by returning
	// nil. Ids are compared ignoring case. An error of fn aborts and is returned as it
	// is.
	ChangeTemplate(ctx context.Context, tenant directory.TenantID, owner directory.ObjectID, id string, fn func(*synchronization.Template) (*synchronization.Template, error)) error
}

// Schemas reads a job's schema as text, and changes parts of it.
type Schemas interface {
	// SchemaText returns the job's schema as JSON, as it was written: a reader that
	// only hands it on need not take it apart. NotFound when there is no such job.
	SchemaText(ctx context.Context, tenant directory.TenantID, id synchronization.JobID) (json.RawMessage, error)
	// ChangeSchema stores what fn makes of the job and its schema, in one durable
	// transaction, so that of two changes at the same time none is lost. NotFound when
	// there is no such job. An error of fn aborts and is returned as it is.
	ChangeSchema(ctx context.Context, tenant directory.TenantID, id synchronization.JobID, fn func(synchronization.Job, synchronization.Schema) (synchronization.Job, synchronization.Schema, error)) error
}
