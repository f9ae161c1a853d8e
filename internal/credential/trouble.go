package credential

import (
	"errors"
	"strings"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/oauth"
)

// forbidden names the key whose URL the egress policy refuses.
func forbidden(key Key, err error) error {
	if typed, ok := errors.AsType[*errs.Error](err); ok {
		return errs.Wrap(err, errs.Invalid, invalid, "%s: %s", key, typed.Message).WithTarget(string(key))
	}
	return err
}

// trouble words the failure of an exchange for people: which endpoint, which OAuth
// error, what to do. Kind is errs.Invalid, because an answer of 5xx would make
// clients send the same code again.
func (o Owner) trouble(r oauth.Request, err error) error {
	failed, ok := errors.AsType[*oauth.Error](err)
	if !ok {
		return err
	}
	if cause, ok := errors.AsType[*errs.Error](failed.Unwrap()); ok && cause.Kind == errs.Invalid {
		return forbidden(tokenURI, cause)
	}
	told := errs.Wrap(err, errs.Invalid, codeOf(failed), "No access token for service principal %s: %s. %s", o.ServicePrincipal, summary(failed), advice(r, failed))
	told.RetryAfter = failed.RetryAfter
	if failed.Code != "" {
		told = told.WithDetails(errs.Detail{Code: failed.Code, Message: failed.Description, Target: failed.Endpoint})
	}
	return told
}

// codeOf tells a refusal from an endpoint that is of no help.
func codeOf(failed *oauth.Error) string {
	switch failed.Kind {
	case oauth.Refused:
		if failed.Temporary() {
			return unavailable
		}
		return refused
	case oauth.Misconfigured:
		return invalid
	case oauth.Unreachable, oauth.TimedOut, oauth.Canceled, oauth.Redirected, oauth.Throttled,
		oauth.ServerFailed, oauth.Garbled, oauth.Unusable, oauth.TooLarge:
		return unavailable
	}
	return unavailable
}

// summary is the error in its own words, which hold no secret.
func summary(failed *oauth.Error) string { return strings.TrimRight(failed.Error(), ". ") }

// advice says what to do next.
func advice(r oauth.Request, failed *oauth.Error) string {
	switch failed.Kind {
	case oauth.Refused:
		return refusalAdvice(r, failed)
	case oauth.Misconfigured:
		return "Correct the setting and acquire again."
	case oauth.Unreachable:
		return again(r, failed, "Check Oauth2TokenExchangeUri, and that this machine can reach it (DNS, firewall, certificate).")
	case oauth.TimedOut, oauth.Canceled, oauth.Throttled, oauth.ServerFailed:
		return again(r, failed, "The application has to answer; ask its operator if it goes on.")
	case oauth.Redirected:
		return again(r, failed, "Set Oauth2TokenExchangeUri to the final URL.")
	case oauth.Garbled, oauth.Unusable, oauth.TooLarge:
		return again(r, failed, "Check that Oauth2TokenExchangeUri is the token endpoint and not a page for people.")
	}
	return ""
}

// again adds what a used code means for the next attempt.
func again(r oauth.Request, failed *oauth.Error, text string) string {
	if r.Grant == oauth.AuthorizationCode && failed.Sent {
		return text + " The authorization code counts as used: authorize again."
	}
	return text + " Then acquire again."
}

func refusalAdvice(r oauth.Request, failed *oauth.Error) string {
	switch failed.Code {
	case "invalid_grant":
		if r.Grant == oauth.ClientCredentials {
			return "Ask the application's administrator what it holds against this client."
		}
		if r.Grant == oauth.AuthorizationCode {
			return "The code was used before, has expired, or belongs to another client or redirect URI. Authorize again, with the same Oauth2RedirectUri in both steps."
		}
		return "The refresh token was revoked, has expired, or was used elsewhere. Authorize the application again."
	case "invalid_client":
		return again(r, failed, "Check Oauth2ClientId and Oauth2ClientSecret, and how the application wants them (provisor.clientAuthentication: client_secret_basic, client_secret_post, private_key_jwt).")
	case "unauthorized_client", "unsupported_grant_type":
		return again(r, failed, "Let the application's administrator allow the grant "+string(r.Grant)+" to this client, or set AuthenticationType to another one.")
	case "invalid_scope":
		return again(r, failed, "Correct provisor.scope.")
	case "invalid_target":
		return again(r, failed, "Correct provisor.resource or provisor.audience.")
	default:
		return again(r, failed, "Look the error up in the application's documentation.")
	}
}
