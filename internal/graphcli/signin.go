package graphcli

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/provisor/provisor/internal/errs"
)

// tokenSource returns the given access token, or signs the client in with its
// secret (RFC 6749, section 4.4) when the first request asks.
func (c connection) tokenSource(ctx context.Context) oauth2.TokenSource {
	if c.accessToken != "" {
		return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: c.accessToken})
	}
	grant := &clientcredentials.Config{
		ClientID:     c.clientID,
		ClientSecret: c.clientSecret,
		TokenURL:     c.tokenURL,
		Scopes:       []string{scopeAt(c.endpoint)},
		AuthStyle:    oauth2.AuthStyleInParams,
	}
	return grant.TokenSource(ctx)
}

// signInFailure explains why no token came.
func (c *client) signInFailure(err error) error {
	refusal, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return c.unreachableAt(c.at.tokenURL, err)
	}
	kind, status := errs.Unauthenticated, 0
	next := "check --client-id, --client-secret-file and --tenant-id; a secret may have expired."
	if refusal.Response != nil {
		status = refusal.Response.StatusCode
		if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
			kind = KindOfStatus(status)
			next = "try again later; nothing is wrong with the client or its secret."
		}
	}
	code := refusal.ErrorCode
	message := "The token endpoint " + c.at.tokenURL + " gave no token to the client " + c.at.clientID + "."
	failure := &Failure{
		Status: status,
		Next:   next,
		Err:    errs.New(kind, code, "%s", c.scrub(message)),
	}
	if refusal.ErrorDescription != "" {
		failure.Err = failure.Err.WithDetails(errs.Detail{Code: code, Message: c.scrub(refusal.ErrorDescription)})
	}
	return failure
}

func (c *client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return c.unreachableAt(c.at.endpoint.String(), err)
}

func (c *client) unreachableAt(where string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	cause := err
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		cause = wrapped.Err
	}
	return &Failure{
		Next: "check that the service runs and that the address is right; a certificate of its own needs --ca-certificate.",
		Err:  errs.Wrap(err, errs.Unavailable, "ServiceUnreachable", "%s does not answer: %s.", where, c.scrub(cause.Error())),
	}
}
