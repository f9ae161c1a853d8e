package store

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/synchronization"
)

// Connection is the link between an object and its account that a job remembers.
type Connection struct {
	Object      directory.ObjectID
	Kind        directory.Kind
	DisplayName string // of the object; empty when it is purged
	TargetID    string
}

// Connections looks at single links of a job and forgets them.
type Connections interface {
	// Connection returns the link of an object, named by its id or, when no object
	// with that id is linked, by the id of its account. NotFound when the job has none,
	// and when the job is not there.
	Connection(ctx context.Context, tenant directory.TenantID, id synchronization.JobID, named string) (Connection, error)
	// Disconnect forgets the link, with the failure and the written references of the
	// object, in one durable transaction; the next cycle matches the object anew once
	// it changes or the job restarts. The account stays as it is. Nothing happens when
	// there is no such link. NotFound when the job is not there. Check is asked before
	// anything is done; its error aborts and is returned as it is.
	Disconnect(ctx context.Context, tenant directory.TenantID, id synchronization.JobID, named string, check func(synchronization.Job) error) error
}
