package jobs

import (
	"context"
	"errors"
	"net/http"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/engine"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/synchronization"
)

// ValidateCredentials asks the application for an object that nobody has, by the
// first matching attribute of every object mapping, and expects an empty list. With
// useSaved the stored secrets take part under the given ones. Nothing is stored.
// The error is errs.Invalid with the code InvalidCredentials or
// CredentialValidationUnavailable and says what the application answered.
func (s *Service) ValidateCredentials( //nolint:revive // as many arguments as the action has parameters
	ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, templateID string, useSaved bool, given []credential.Given,
) error {
	mappings, err := s.defaultMappings(ctx, tenant, sp, templateID)
	if err != nil {
		return err
	}
	tried, err := s.Credentials.Try(ctx, tenant, sp, credential.Trial{Stored: useSaved, Given: given})
	if err != nil {
		return err
	}
	client, err := scimclient.New(scimclient.Options{
		BaseURL: tried.BaseAddress, Now: s.Now, Attempts: 1,
		HTTP: &http.Client{Transport: bearing{tried.Bearer, s.Outbound}, Timeout: s.Timeout},
	})
	if err != nil {
		return err
	}
	for _, m := range mappings {
		if err := s.probe(ctx, client, m); err != nil {
			return err
		}
	}
	return nil
}

// defaultMappings compiles the schema of a template; "" is the preferred one.
func (s *Service) defaultMappings(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, templateID string) ([]*mapping.Mapping, error) {
	if templateID == "" {
		templateID = synchronization.Templates()[0].ID
	}
	template, err := s.template(ctx, tenant, sp, templateID)
	if err != nil {
		return nil, err
	}
	return mapping.Compile(template.Schema)
}

// probe looks for a value that nobody has.
func (s *Service) probe(ctx context.Context, client engine.Target, m *mapping.Mapping) error {
	hits, err := client.Find(ctx, m.ResourceType, scimclient.Match{Path: m.MatchingPath(), Value: s.NewID()})
	if err == nil && len(hits) > 0 {
		return errs.New(errs.Invalid, "CredentialValidationUnavailable",
			"The application found %d %ss by a value that nobody has. It must honour the filter on %s.", len(hits), m.ResourceType, m.MatchingPath())
	}
	if err == nil {
		return nil
	}
	fault, ok := errors.AsType[*scimclient.Error](err)
	if !ok {
		return err
	}
	if fault.Class == scimclient.Unauthorized || fault.Class == scimclient.Denied {
		return errs.Wrap(err, errs.Invalid, "InvalidCredentials",
			"The application refused the credentials: %v. Enter a token that is valid, or acquire one.", fault)
	}
	return errs.Wrap(err, errs.Invalid, "CredentialValidationUnavailable",
		"The application could not be asked for a %s: %v. Check BaseAddress; it must be the SCIM base, and a filter without match must be answered 200 with an empty list.", m.ResourceType, fault).
		WithDetails(errs.Detail{Code: scimclient.Code(err), Message: fault.Error()})
}

// bearing adds one token to every request.
type bearing struct {
	bearer credential.Bearer
	base   http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (b bearing) RoundTrip(req *http.Request) (*http.Response, error) {
	c := req.Clone(req.Context())
	c.Header.Set("Authorization", "Bearer "+b.bearer.Token.Reveal())
	return b.base.RoundTrip(c)
}
