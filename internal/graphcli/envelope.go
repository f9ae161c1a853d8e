package graphcli

import (
	"encoding/json"
	"fmt"
	"mime"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// envelope is Graph's OData error with the tolerance that older services need:
// message as an object, details as one object, innererror in lower case.
type envelope struct {
	Error struct {
		Code       string          `json:"code"`
		Message    json.RawMessage `json:"message"`
		Target     string          `json:"target"`
		Details    json.RawMessage `json:"details"`
		InnerError struct {
			RequestID       string `json:"request-id"`
			OldRequestID    string `json:"requestId"`
			ClientRequestID string `json:"client-request-id"`
		} `json:"innerError"` // encoding/json matches innererror too
	} `json:"error"`
}

type envelopeDetail struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Target  string `json:"target"`
}

// failure reads the error of an answer.
func (c *client) failure(got answer) *Failure {
	f := &Failure{Status: got.status, RequestID: got.header.Get("request-id"), ClientRequestID: got.header.Get("client-request-id")}
	kind := KindOfStatus(got.status)
	var e envelope
	if json.Unmarshal(got.body, &e) != nil || e.Error.Code == "" {
		f.Err = errs.New(kind, "", "%s", c.scrub(describeBody(got)))
		f.Next = nextStep(got.status, "")
		return f
	}
	inner := e.Error.InnerError
	f.RequestID = firstOf(f.RequestID, inner.RequestID, inner.OldRequestID)
	f.ClientRequestID = firstOf(f.ClientRequestID, inner.ClientRequestID)
	f.Err = errs.New(kind, c.scrub(e.Error.Code), "%s", c.scrub(messageText(e.Error.Message)))
	f.Err.Target = c.scrub(e.Error.Target)
	for _, d := range detailsOf(e.Error.Details) {
		f.Err = f.Err.WithDetails(errs.Detail{Code: c.scrub(d.Code), Message: c.scrub(d.Message), Target: c.scrub(d.Target)})
	}
	f.Err.RetryAfter, _ = c.options.retryAfter(got.header)
	f.Next = nextStep(got.status, e.Error.Code)
	if f.Err.RetryAfter > 0 {
		f.Next = fmt.Sprintf("try again in %s.", f.Err.RetryAfter)
	}
	return f
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func messageText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return firstOf(text, "(the service gave no message)")
	}
	var wrapped struct {
		Value string `json:"value"`
	}
	if json.Unmarshal(raw, &wrapped) == nil && wrapped.Value != "" {
		return wrapped.Value
	}
	return "(the service gave no message)"
}

func detailsOf(raw json.RawMessage) []envelopeDetail {
	var many []envelopeDetail
	if json.Unmarshal(raw, &many) == nil {
		return many
	}
	var one envelopeDetail
	if json.Unmarshal(raw, &one) == nil && one != (envelopeDetail{}) {
		return []envelopeDetail{one}
	}
	return nil
}

// isPage reports whether an answer is a page for people: whatever its status, something
// else than Graph has answered.
func isPage(got answer) bool {
	media, _, err := mime.ParseMediaType(got.header.Get("Content-Type"))
	return err == nil && (media == "text/html" || media == "application/xhtml+xml")
}

// describeBody says what came instead of a Graph error, with its beginning.
func describeBody(got answer) string {
	if got.status >= 300 && got.status < 400 {
		return "The answer is a redirect to " + firstOf(got.header.Get("Location"), "nowhere") + ", which is not followed: it would carry the token along."
	}
	media, _, err := mime.ParseMediaType(got.header.Get("Content-Type"))
	if err != nil {
		media = "no content type"
	}
	beginning := []rune(strings.Join(strings.Fields(string(got.body[:min(len(got.body), 400)])), " "))
	if len(beginning) == 0 {
		return "The answer has no body."
	}
	return fmt.Sprintf("The answer is not JSON of Graph (%s, %d bytes) and begins: %s", media, len(got.body), string(beginning[:min(len(beginning), 160)]))
}

// nextStep says what a person can do about a status and code.
func nextStep(status int, code string) string {
	switch code {
	case "CredentialsMissing":
		return "send the credentials along, or store them first with `synchronization secrets put`."
	case "InvalidCredentials":
		return "check the client id, the secret and the redirect URI at the application; an authorization code works once and for minutes only."
	case "CredentialValidationUnavailable":
		return "check the address of the application's token endpoint, and that the service may reach it."
	}
	switch status {
	case 200, 201, 202, 203:
		return "check --graph-endpoint: something else than Graph answers there."
	case 301, 302, 303, 307, 308:
		return "give the final address with --graph-endpoint."
	case 400:
		return "correct what the message names; `help` of the command shows the parameters."
	case 401:
		return "sign in again; Graph also answers 401 when the permission Synchronization.ReadWrite.All is missing."
	case 403:
		return "grant the caller Synchronization.ReadWrite.All (or Application.ReadWrite.OwnedBy and ownership), or for a person also the role Application Administrator."
	case 404:
		return "check the ids; --service-principal-id and --application-id want object ids, not the client id (appId), and they differ."
	case 409, 412:
		return "read the object again, then repeat."
	case 429, 500, 502, 503, 504:
		return "try again later; quote the request-id to whoever runs the service."
	}
	return ""
}
