package jobs

import (
	"context"
	"net/http"

	"github.com/provisor/provisor/internal/engine"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// build gathers what the claimed job's cycle needs: its schema compiled, its
// target, and the settings that are kept among the secrets.
func (s *Service) build(ctx context.Context, claim store.Claim) (engine.Options, error) {
	job := claim.Job
	sp, err := s.Store.Object(ctx, job.Tenant, store.Ref{ID: job.ServicePrincipal})
	if err != nil {
		return engine.Options{}, err
	}
	schema, err := s.Store.Schema(ctx, job.Tenant, job.ID)
	if err != nil {
		return engine.Options{}, err
	}
	mappings, err := mapping.Compile(schema)
	if err != nil {
		return engine.Options{}, err
	}
	settings, err := s.settings(ctx, job)
	if err != nil {
		return engine.Options{}, err
	}
	target, err := s.target(job, settings)
	if err != nil {
		return engine.Options{}, err
	}
	matching, err := synchronization.ParseMatching(job.Setting(synchronization.SettingMatching))
	if err != nil {
		return engine.Options{}, err
	}
	domain, err := s.domain(ctx, job)
	if err != nil {
		return engine.Options{}, err
	}
	return engine.Options{
		Store: s.Store, Target: target, Mappings: mappings,
		TakeAll:         synchronization.ParseFlag(settings[synchronization.SecretSyncAll]),
		KeepOutOfScope:  synchronization.ParseFlag(settings[synchronization.SecretSkipOutOfScopeDeletions]),
		DeleteThreshold: job.DeleteThreshold(settings[synchronization.SecretSyncNotificationSettings]),
		DefaultDomain:   domain, AppRoles: mapping.NewAppRoles(sp.Attributes["appRoles"]),
		Matching: matching, Concurrency: s.Concurrency, Now: s.Now, NewID: s.NewID, Observe: s.Observe.Outcome,
		ServicePrincipal: synchronization.SummaryServicePrincipal{ID: string(sp.ID), DisplayName: sp.Attributes.String("displayName")},
	}, nil
}

// domain returns the default domain of the job's tenant.
func (s *Service) domain(ctx context.Context, job synchronization.Job) (string, error) {
	tenants, err := s.Store.Tenants(ctx)
	for _, t := range tenants {
		if t.ID == job.Tenant {
			return t.Domain, err
		}
	}
	return "", err
}

// settings returns the listed secrets by key; sensitive values are masked and not
// needed here.
func (s *Service) settings(ctx context.Context, job synchronization.Job) (map[synchronization.Secret]string, error) {
	pairs, err := s.Credentials.List(ctx, job.Tenant, job.ServicePrincipal)
	if err != nil {
		return nil, err
	}
	settings := make(map[synchronization.Secret]string, len(pairs))
	for _, p := range pairs {
		settings[p.Key] = p.Value
	}
	return settings, nil
}

// target returns the client of the job's application.
func (s *Service) target(job synchronization.Job, settings map[synchronization.Secret]string) (*scimclient.Client, error) {
	base := settings[synchronization.SecretBaseAddress]
	if base == "" {
		return nil, errs.New(errs.Invalid, "SystemForCrossDomainIdentityManagementInvalidCredentials",
			"Please provide a valid tenant URL for your application: the secret BaseAddress is missing. PUT it to …/synchronization/secrets.")
	}
	dialect, err := dialectOf(job)
	if err != nil {
		return nil, err
	}
	transport := s.Credentials.Transport(job.Tenant, job.ServicePrincipal, s.Outbound)
	return scimclient.New(scimclient.Options{
		BaseURL: base, Dialect: dialect, Now: s.Now,
		HTTP: &http.Client{Transport: transport, Timeout: s.Timeout}, Most: s.Concurrency, Grace: s.grace(),
	})
}

// dialectOf reads the job's setting; a job without one speaks as Entra does.
func dialectOf(job synchronization.Job) (scim.Dialect, error) {
	name := job.Setting(synchronization.SettingDialect)
	if name == "" {
		return scim.Entra, nil
	}
	return scim.ParseDialect(name)
}

// checkSettings refuses settings that a cycle could not use.
func checkSettings(settings []synchronization.KeyValue) error {
	for _, one := range settings {
		if err := synchronization.CheckSettingName(one.Name); err != nil {
			return errs.Wrap(err, errs.Invalid, "RequestParameterInvalid", "The settings cannot be stored: %v.", err)
		}
	}
	j := synchronization.Job{Settings: settings}
	if text := j.Setting(synchronization.SettingDeleteThreshold); text != "" {
		if _, err := synchronization.ParseDeleteThreshold(text); err != nil {
			return errs.Wrap(err, errs.Invalid, "RequestParameterInvalid",
				"The setting %s is %.64q; it takes the number of deletions and disablings that one cycle may not exceed.", synchronization.SettingDeleteThreshold, text)
		}
	}
	if _, err := synchronization.ParseMatching(j.Setting(synchronization.SettingMatching)); err != nil {
		return errs.Wrap(err, errs.Invalid, "RequestParameterInvalid", "The setting %s cannot be used: %v.", synchronization.SettingMatching, err)
	}
	if text := j.Setting(synchronization.SettingNestedGroups); !synchronization.IsFlag(text) {
		return errs.New(errs.Invalid, "RequestParameterInvalid", "The setting %s is %.64q; it takes true and false.", synchronization.SettingNestedGroups, text)
	}
	if _, err := dialectOf(j); err != nil {
		return errs.Wrap(err, errs.Invalid, "RequestParameterInvalid",
			"The setting %s is %.64q; it takes entra, entra-scim062020 and rfc7644.", synchronization.SettingDialect, j.Setting(synchronization.SettingDialect))
	}
	return nil
}
