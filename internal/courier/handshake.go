package courier

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/provisor/provisor/internal/egress"
	"github.com/provisor/provisor/internal/errs"
)

// longestURL bounds the addresses of endpoints, in bytes.
const longestURL = 2048

// ask sends an endpoint a token, which it has to give back: it consents to be called,
// and belongs to who names it.
func (s *Service) ask(ctx context.Context, member, endpoint string) error {
	u, err := s.admit(member, endpoint)
	if err != nil {
		return err
	}
	token := "Validation: Testing client application reachability for subscription Request-Id: " + s.NewID()
	separator := "?"
	if u.RawQuery != "" {
		separator = "&"
	}
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	answer, err := s.post(ctx, endpoint+separator+"validationToken="+url.QueryEscape(token), "text/plain; charset=utf-8", nil)
	if err != nil {
		return unanswered(member, u, err)
	}
	defer func() { _ = answer.Body.Close() }() // what matters was read
	return consents(answer, member, token)
}

// admit checks an address before anything is sent there.
func (s *Service) admit(member, endpoint string) (*url.URL, error) {
	if len(endpoint) > longestURL {
		return nil, invalid(member, "%s is longer than %d bytes.", member, longestURL)
	}
	u, err := s.Policy.CheckURL(endpoint)
	if err != nil {
		return nil, refused(member, err)
	}
	return u, nil
}

// refused says of an address that the egress policy does not let it be called.
func refused(member string, err error) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return err
	}
	return errs.Wrap(err, errs.Invalid, codeInvalid, "%s: %s", member, e.Message).WithTarget(member)
}

// unanswered words a request that had no answer.
func unanswered(member string, u *url.URL, err error) error {
	switch {
	case errs.Is(err, errs.Invalid):
		return refused(member, err)
	case errors.Is(err, context.DeadlineExceeded):
		return errs.Wrap(err, errs.Invalid, validationFailed, "Subscription validation request timed out.").WithTarget(member)
	}
	return errs.Wrap(err, errs.Invalid, validationFailed,
		"Subscription validation request failed. %s at %s could not be reached.", member, u.Host).WithTarget(member)
}

// consents checks the answer to a token.
func consents(answer *http.Response, member, token string) error {
	fail := func(format string, args ...any) error {
		return errs.New(errs.Invalid, validationFailed, "Subscription validation request failed. "+format, args...).WithTarget(member)
	}
	if answer.StatusCode != http.StatusOK {
		return fail("HTTP status code is '%s'. Notification endpoint must respond with 200 OK to validation request.",
			strings.ReplaceAll(http.StatusText(answer.StatusCode), " ", ""))
	}
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil || kind != "text/plain" {
		return fail("Notification endpoint must respond with Content-Type text/plain, and this one said %.64q.", answer.Header.Get("Content-Type"))
	}
	const enough = 4 << 10
	body, err := io.ReadAll(egress.Limit(answer.Body, enough))
	if err != nil || string(body) != token {
		return fail("Response must exactly match validationToken query parameter.")
	}
	return nil
}
