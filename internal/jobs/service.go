// Package jobs keeps the synchronization jobs of a tenant: the orders that the API
// gives them, and the workers that run their cycles.
//
// The job row in the store is the truth. An order changes the row and wakes the
// workers; a worker claims a due row, runs one slice of its cycle, and writes what
// it reached. A worker that was overtaken by an order or by another worker can
// record nothing.
package jobs

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// Store is what this package asks of the database.
type Store interface {
	store.Tenants
	store.Directory
	store.Jobs
	store.DueJobs
	store.Seats
	store.Schemas
	store.Templates
	store.Connections
	store.Provisioning
}

// Credentials is what this package asks of the credential service.
type Credentials interface {
	// List returns the secrets of a service principal, sensitive values masked.
	List(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID) ([]synchronization.SecretPair, error)
	// Try returns the address and the token that a trial of credentials is about.
	Try(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, t credential.Trial) (credential.Tried, error)
	// Transport returns a transport that authenticates to the application.
	Transport(tenant directory.TenantID, servicePrincipal directory.ObjectID, base http.RoundTripper) http.RoundTripper
}

// Options configure a [Service]. Store, Credentials, Outbound, Log, Now, NewID and
// Holder are required.
type Options struct {
	Store       Store
	Credentials Credentials
	// Outbound carries the requests to applications; it keeps the egress policy.
	Outbound http.RoundTripper
	Log      *slog.Logger
	Now      func() time.Time
	NewID    func() string
	// Holder names this process among the workers.
	Holder string
	// Interval is the schedule interval of all jobs; zero means 40 minutes.
	Interval time.Duration
	// Notify makes a runner look for due jobs; nil leaves it to look by itself.
	Notify func()
	// Concurrency caps the requests to one application; below it, their number adapts
	// to what the application bears. Zero means 64.
	Concurrency int
	// Slice is the longest that a worker works on one job before it writes its
	// position and lets the others have their turn; zero means 60 s.
	Slice time.Duration
	// Lease is how long a claim lasts unless renewed, and so how long a job of a
	// process that died waits for another; zero means 15 s.
	Lease time.Duration
	// Timeout bounds one request to an application; zero means 60 s.
	Timeout time.Duration
	// Observe is told of outcomes and of cycles; nil is silence.
	Observe Observer
}

// Observer is told what cycles do. Its methods must be quick and may be called
// from several goroutines.
type Observer interface {
	// Outcome counts one record of the provisioning log.
	Outcome(action, status string)
	// CycleEnded counts one cycle, or one that a fault ended.
	CycleEnded(result string, took time.Duration)
}

// Service takes the orders of the API.
type Service struct {
	Options
	running running
}

// New returns a service with the defaults filled in.
func New(o Options) *Service {
	o.Interval = orElse(o.Interval, synchronization.DefaultInterval)
	o.Slice = orElse(o.Slice, time.Minute)
	o.Lease = orElse(o.Lease, 15*time.Second)
	o.Timeout = orElse(o.Timeout, time.Minute)
	if o.Observe == nil {
		o.Observe = silence{}
	}
	return &Service{Options: o}
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

type silence struct{}

// Outcome is not heard.
func (silence) Outcome(string, string) {}

// CycleEnded is not heard.
func (silence) CycleEnded(string, time.Duration) {}

// Create makes a job of the service principal from a template. It is not started.
// Invalid when the template is unknown, and when the service principal has a job of
// it already.
func (s *Service) Create(ctx context.Context, tenant directory.TenantID, sp directory.Object, templateID string) (synchronization.Job, error) {
	template, err := s.template(ctx, tenant, sp.ID, templateID)
	if err != nil {
		return synchronization.Job{}, err
	}
	code, err := s.initialCode(ctx, tenant, sp.ID)
	if err != nil {
		return synchronization.Job{}, err
	}
	job := synchronization.Job{
		ID: synchronization.NewJobID(template.ID, tenant, sp.Attributes.String("appId")), Tenant: tenant, ServicePrincipal: sp.ID, TemplateID: template.ID,
		Schedule: synchronization.Schedule{State: synchronization.ScheduleDisabled, Interval: s.Interval},
		Status:   synchronization.Status{Code: code}, Created: s.Now(), Generation: 1,
	}
	schema := template.Schema
	schema.ID = string(job.ID)
	if err := s.Store.CreateJob(ctx, job, schema); err != nil {
		if errs.Is(err, errs.Conflict) {
			// no Conflict, which Terraform would send again for minutes
			return synchronization.Job{}, errs.Wrap(err, errs.Invalid, "RequestParameterInvalid",
				"The service principal %s has a job of template %s already: %s. Use it, or delete it first.", sp.ID, template.ID, job.ID)
		}
		return synchronization.Job{}, err
	}
	return job, nil
}

// initialCode is NotConfigured until there are credentials.
func (s *Service) initialCode(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID) (synchronization.StatusCode, error) {
	secrets, err := s.Credentials.List(ctx, tenant, sp)
	if err != nil {
		return "", err
	}
	if len(secrets) == 0 {
		return synchronization.NotConfigured, nil
	}
	return synchronization.Paused, nil
}

// List returns the jobs of a service principal.
func (s *Service) List(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID) ([]synchronization.Job, error) {
	return s.Store.Jobs(ctx, tenant, sp)
}

// Get returns one job. NotFound also when it belongs to another service principal.
func (s *Service) Get(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID) (synchronization.Job, error) {
	job, err := s.Store.Job(ctx, tenant, id)
	if err == nil && job.ServicePrincipal == sp {
		return job, nil
	}
	if err == nil || errs.Is(err, errs.NotFound) {
		return synchronization.Job{}, errs.New(errs.NotFound, "Request_ResourceNotFound",
			"The service principal %s has no synchronization job %.200q. GET …/synchronization/jobs lists those it has.", sp, string(id))
	}
	return synchronization.Job{}, err
}

// Delete removes a job; accounts that it wrote stay as they are.
func (s *Service) Delete(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID) error {
	if _, err := s.Get(ctx, tenant, sp, id); err != nil {
		return err
	}
	err := s.Store.DeleteJob(ctx, tenant, id)
	if err == nil {
		s.running.cancel(id)
	}
	return err
}

// Start makes a job run: from where it was when it was paused, at once when it
// waits for its next cycle. What failed and waits for another attempt gets it at once:
// who starts a job has mended something.
func (s *Service) Start(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID) error {
	if err := s.startable(ctx, address{tenant, sp, id}); err != nil {
		return err
	}
	job, err := s.Get(ctx, tenant, sp, id)
	if err != nil {
		return err
	}
	reset := store.Reset{Failures: !job.Runs(s.Now())}
	return s.order(ctx, address{tenant, sp, id}, reset, func(j synchronization.Job) synchronization.Job { return j.Start(s.Now()) })
}

// Pause stops a job and keeps everything. A running cycle records nothing from now
// on, and ends when the writes that are on their way are answered.
func (s *Service) Pause(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID) error {
	return s.overtake(ctx, address{tenant, sp, id}, store.Reset{}, synchronization.Job.Pause)
}

// Restart clears what scope names and starts the job anew.
func (s *Service) Restart(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID, scope synchronization.ResetScope) error {
	if err := s.startable(ctx, address{tenant, sp, id}); err != nil {
		return err
	}
	reset := store.Reset{Links: scope.Has(synchronization.ResetConnectorDataStore), Failures: scope.Has(synchronization.ResetEscrows)}
	return s.overtake(ctx, address{tenant, sp, id}, reset, func(j synchronization.Job) synchronization.Job { return j.Restart(scope, s.Now()) })
}

// SetSettings replaces the settings of the job that are named and keeps the others. One
// that changes who is in scope makes the next cycle an initial one, as a schema does.
func (s *Service) SetSettings(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID, settings []synchronization.KeyValue) (synchronization.Job, error) {
	if _, err := s.Get(ctx, tenant, sp, id); err != nil {
		return synchronization.Job{}, err
	}
	if err := checkSettings(settings); err != nil {
		return synchronization.Job{}, err
	}
	rescoped := false
	job, err := s.Store.UpdateJob(ctx, tenant, id, store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		before := j.NestedGroups()
		j.Settings = synchronization.MergeSettings(j.Settings, settings)
		if rescoped = j.NestedGroups() != before; rescoped {
			j = j.SchemaChanged(s.Now())
		}
		return j, nil
	})
	if err == nil && rescoped {
		s.running.cancel(id)
		s.Wake()
	}
	return job, err
}

// address names one job as the API does.
type address struct {
	tenant           directory.TenantID
	servicePrincipal directory.ObjectID
	id               synchronization.JobID
}

// order applies a pure change to the job row and wakes the workers.
func (s *Service) order(ctx context.Context, at address, reset store.Reset, change func(synchronization.Job) synchronization.Job) error {
	if _, err := s.Get(ctx, at.tenant, at.servicePrincipal, at.id); err != nil {
		return err
	}
	_, err := s.Store.UpdateJob(ctx, at.tenant, at.id, reset, func(j synchronization.Job) (synchronization.Job, error) { return change(s.paced(j)), nil })
	if err == nil {
		s.Wake()
	}
	return err
}

// paced gives a job the interval that this process was told. Nothing else sets it, so
// a new setting reaches jobs that were made under another.
func (s *Service) paced(j synchronization.Job) synchronization.Job {
	j.Schedule.Interval = s.Interval
	return j
}

// overtake is an order after which a running cycle can record nothing: one of this
// process ends at once, another's when it notices.
func (s *Service) overtake(ctx context.Context, at address, reset store.Reset, change func(synchronization.Job) synchronization.Job) error {
	err := s.order(ctx, at, reset, change)
	if err == nil {
		s.running.cancel(at.id)
	}
	return err
}

// Wake makes a runner look for due jobs.
func (s *Service) Wake() {
	if s.Notify != nil {
		s.Notify()
	}
}

// Schema returns the schema of a job.
func (s *Service) Schema(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID) (synchronization.Schema, error) {
	if _, err := s.Get(ctx, tenant, sp, id); err != nil {
		return synchronization.Schema{}, err
	}
	return s.Store.Schema(ctx, tenant, id)
}

// PutSchema replaces the schema of a job. The next cycle is an initial one and
// keeps the links. Invalid, naming every fault, when the schema does not compile;
// nothing is stored then.
func (s *Service) PutSchema(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID, schema synchronization.Schema) error {
	before, err := s.Schema(ctx, tenant, sp, id)
	if err != nil {
		return err
	}
	if _, err := mapping.Compile(schema); err != nil {
		return err
	}
	schema.ID, schema.Version = string(id), synchronization.NextVersion(before.Version)
	err = s.Store.PutSchema(ctx, tenant, id, schema, func(j synchronization.Job) synchronization.Job { return j.SchemaChanged(s.Now()) })
	if err == nil {
		s.running.cancel(id)
		s.Wake()
	}
	return err
}

// ResetSchema gives the job the default schema of its template.
func (s *Service) ResetSchema(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID) error {
	job, err := s.Get(ctx, tenant, sp, id)
	if err != nil {
		return err
	}
	template, err := s.template(ctx, tenant, sp, job.TemplateID)
	if err != nil {
		return err
	}
	return s.PutSchema(ctx, tenant, sp, id, template.Schema)
}
