package jobs

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/engine"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

const (
	// onDemandPatience is how long a call waits for a running cycle to let go.
	onDemandPatience = 20 * time.Second
	// onDemandLease is how long a call may hold the job: a few objects, each with a
	// few requests.
	onDemandLease = 2 * time.Minute
	// onDemandTime is how much of that the objects may take.
	onDemandTime = 90 * time.Second
	// onDemandWish is how long the job is kept free for a call that waits. It is wished
	// anew with every look, so that one who has gone keeps nobody out.
	onDemandWish = 2 * time.Second
	// onDemandPoll is the pause between two looks at a job that somebody holds.
	onDemandPoll = 25 * time.Millisecond
)

// ProvisionOnDemand provisions a few objects now, whether or not the job is started,
// and says what was done. A cycle that is running records what it has done, lets go,
// and goes on afterwards: only one of the two writes to the application at a time.
//
// The error is NotFound for an unknown job or object, Invalid for parameters beyond
// what is taken on demand and when no credentials are stored (CredentialsMissing), and
// Unavailable when the running cycle did not let go in time. What the application
// refuses is part of the result.
func (s *Service) ProvisionOnDemand(ctx context.Context, call OnDemandCall) (synchronization.OnDemandResult, error) {
	none := synchronization.OnDemandResult{}
	if err := s.checkOnDemand(ctx, address{call.Tenant, call.ServicePrincipal, call.Job}, call.Parameters); err != nil {
		return none, err
	}
	claim, err := s.seize(ctx, store.Address{Tenant: call.Tenant, Job: call.Job})
	if err != nil {
		return none, err
	}
	ending := asItIs
	defer func() {
		s.giveBack(ctx, claim, ending)
	}()
	options, err := s.build(ctx, claim)
	if err != nil {
		return none, err
	}
	options.InitiatedBy = call.By
	ctx, cancel := context.WithTimeout(ctx, onDemandTime)
	defer cancel()
	if err := s.testConnection(ctx, options); err != nil {
		return s.onDemandFault(ctx, claim, err)
	}
	ending = func(j synchronization.Job) synchronization.Job { return j.Mended(s.Now()) }
	told, err := engine.New(options, claim).OnDemand(ctx, subjectsOf(call.Parameters))
	if err != nil && !applicationFault(err) {
		return none, err
	}
	if err != nil {
		ending = asItIs // it answered the test well, and then no more
		return s.onDemandFault(ctx, claim, err)
	}
	return synchronization.NewOnDemandResult(claim.Job.TemplateID, told), nil
}

// asItIs changes nothing of a job.
func asItIs(j synchronization.Job) synchronization.Job { return j }

// checkOnDemand refuses what cannot be begun.
func (s *Service) checkOnDemand(ctx context.Context, at address, parameters []synchronization.OnDemandParameters) error {
	schema, err := s.Schema(ctx, at.tenant, at.servicePrincipal, at.id)
	if err != nil {
		return err
	}
	if err := synchronization.CheckOnDemand(at.id, schema, parameters); err != nil {
		return err
	}
	secrets, err := s.Credentials.List(ctx, at.tenant, at.servicePrincipal)
	if err == nil && len(secrets) == 0 {
		err = errs.New(errs.Invalid, "CredentialsMissing",
			"Please provide credentials for the application: the service principal %s has none. PUT them to …/synchronization/secrets.", at.servicePrincipal)
	}
	return err
}

// seize takes the job, and makes a cycle that holds it let go.
func (s *Service) seize(ctx context.Context, a store.Address) (store.Claim, error) {
	ctx, cancel := context.WithTimeout(ctx, onDemandPatience)
	defer cancel()
	visit := store.Visit{Holder: s.Holder + " on demand " + s.NewID(), Lease: onDemandLease, Wish: onDemandWish}
	for {
		claim, ok, err := s.Store.SeizeJob(ctx, a, visit, s.Now())
		if err != nil || ok {
			return claim, err
		}
		s.running.cancel(a.Job)
		timer := time.NewTimer(onDemandPoll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return store.Claim{}, errs.Wrap(context.Cause(ctx), errs.Unavailable, "JobIsBusy",
				"The job %s is at work and did not let go within %v. Try again; the next cycle provisions the object as well.", a.Job, onDemandPatience)
		}
	}
}

// giveBack ends the claim with a last change of the job: when the application was seen
// to answer well, a quarantine for the contrary is over.
func (s *Service) giveBack(ctx context.Context, claim store.Claim, ending func(synchronization.Job) synchronization.Job) {
	_ = s.Store.ReleaseClaim(context.WithoutCancel(ctx), claim, ending) // else the lease ends by itself
	s.Wake()
}

// testConnection asks the application for an object that nobody has, as Entra does at
// the start of every activity on demand.
func (s *Service) testConnection(ctx context.Context, o engine.Options) error {
	if len(o.Mappings) == 0 {
		return errs.New(errs.Invalid, "RequestParameterInvalid", "The job has no enabled object mapping. Enable one in its schema.")
	}
	return s.probe(ctx, o.Target, o.Mappings[0])
}

// applicationFault reports whether err is what the application, or the way to it, is
// to blame for.
func applicationFault(err error) bool {
	return errs.Is(err, errs.Unavailable) || hasCode(err, "InvalidCredentials", "CredentialValidationUnavailable", "CredentialsMissing")
}

func hasCode(err error, codes ...string) bool {
	e, ok := errors.AsType[*errs.Error](err)
	return ok && slices.Contains(codes, e.Code)
}

// onDemandFault is the result when the application is to blame. Credentials that do
// not hold put a job that is scheduled into quarantine.
func (s *Service) onDemandFault(ctx context.Context, claim store.Claim, err error) (synchronization.OnDemandResult, error) {
	if !applicationFault(err) {
		return synchronization.OnDemandResult{}, err
	}
	fault := executionError(err)
	if hasCode(err, "InvalidCredentials", "SystemForCrossDomainIdentityManagementInvalidCredentials") && claim.Job.Schedule.State == synchronization.ScheduleActive {
		_, updateErr := s.Store.UpdateJob(context.WithoutCancel(ctx), claim.Job.Tenant, claim.Job.ID, store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
			return j.Quarantined(synchronization.ReasonOnDemand, fault, s.Now()), nil
		})
		if updateErr != nil {
			return synchronization.OnDemandResult{}, updateErr
		}
	}
	return synchronization.OnDemandFault(fault.Code, fault.Message, s.Now().UTC()), nil
}

func subjectsOf(parameters []synchronization.OnDemandParameters) []engine.Subject {
	var subjects []engine.Subject
	for _, p := range parameters {
		for _, s := range p.Subjects {
			subjects = append(subjects, subjectOf(s))
		}
	}
	return subjects
}

func subjectOf(s synchronization.OnDemandSubject) engine.Subject {
	subject := engine.Subject{Kind: directory.User, ID: s.ObjectID}
	if s.Is(directory.Group) {
		subject.Kind = directory.Group
	}
	if s.Links == nil {
		return subject
	}
	subject.Links = map[directory.Relation][]directory.ObjectID{}
	for r, linked := range map[directory.Relation][]synchronization.OnDemandSubject{directory.Members: s.Links.Members, directory.Manager: s.Links.Manager} {
		for _, one := range linked {
			subject.Links[r] = append(subject.Links[r], one.ObjectID)
		}
	}
	return subject
}

// CredentialsChanged makes jobs that are in quarantine for credentials due at once:
// new ones were stored.
func (s *Service) CredentialsChanged(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID) error {
	jobs, err := s.Store.Jobs(ctx, tenant, sp)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if j.Status.Quarantine == nil {
			continue
		}
		if _, err := s.Store.UpdateJob(ctx, tenant, j.ID, store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) { return j.Recheck(s.Now()), nil }); err != nil {
			return err
		}
	}
	s.Wake()
	return nil
}
