package issuer

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/google/uuid"

	"github.com/provisor/provisor/internal/errs"
)

// The error codes of RFC 6749 section 5.2 and Entra's additions.
const (
	invalidRequest       = "invalid_request"
	invalidClient        = "invalid_client"
	invalidGrant         = "invalid_grant"
	unauthorizedClient   = "unauthorized_client"
	unsupportedGrantType = "unsupported_grant_type"
	invalidScope         = "invalid_scope"
	invalidResource      = "invalid_resource"
	invalidInstance      = "invalid_instance"
	serverError          = "server_error"
	unavailable          = "temporarily_unavailable"
	// Of the authorization endpoint (RFC 6749 section 4.1.2.1, OpenID Connect Core
	// section 3.1.2.6).
	unsupportedResponseType = "unsupported_response_type"
	loginRequired           = "login_required"
	consentRequired         = "consent_required"
	// Of devices (RFC 8628 section 3.5).
	authorizationPending  = "authorization_pending"
	authorizationDeclined = "authorization_declined"
	expiredToken          = "expired_token"
	badVerificationCode   = "bad_verification_code"
)

// failure is an answer that gives no token: an OAuth error code and the number that
// Entra uses for the same, by which scripts recognise it.
type failure struct {
	code   string
	number int
	text   string
}

func fault(code string, number int, format string, args ...any) *failure {
	return &failure{code: code, number: number, text: fmt.Sprintf(format, args...)}
}

// Error implements error.
func (f *failure) Error() string { return fmt.Sprintf("AADSTS%d: %s", f.number, f.text) }

func (f *failure) status() int {
	switch f.code {
	case invalidClient:
		return http.StatusUnauthorized
	case serverError:
		return http.StatusInternalServerError
	case unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// asFailure translates what the ports return. The text of an error that is not ours
// to show stays in the log.
func asFailure(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if errs.Is(err, errs.Unavailable) {
		return fault(unavailable, 90033, "A transient error has occurred. Please try again.")
	}
	return fault(serverError, 90000, "The server failed to answer; the operator's log tells why under the trace id.")
}

// failureBody is Entra's error answer.
type failureBody struct {
	Error         string `json:"error"`
	Description   string `json:"error_description"`
	Codes         []int  `json:"error_codes"`
	Timestamp     string `json:"timestamp"`
	TraceID       string `json:"trace_id"`
	CorrelationID string `json:"correlation_id"`
}

// refuse answers a program with err and leaves a line in the log.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := asFailure(err)
	now := s.cfg.Now().UTC()
	trace, correlation := uuid.NewString(), correlationID(r)
	s.cfg.Log.LogAttrs(r.Context(), slog.LevelWarn, "token request refused",
		slog.String("request_id", trace), slog.String("client_request_id", correlation), slog.Any("err", err))
	if _, _, basic := r.BasicAuth(); basic && f.status() == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="`+s.base(r)+`"`)
	}
	const stamp = "2006-01-02 15:04:05Z"
	s.write(w, r, f.status(), failureBody{
		Error: f.code,
		Description: fmt.Sprintf("%s Trace ID: %s Correlation ID: %s Timestamp: %s",
			f.Error(), trace, correlation, now.Format(stamp)),
		Codes: []int{f.number}, Timestamp: now.Format(stamp), TraceID: trace, CorrelationID: correlation,
	})
}

// correlationID is the client's own id of its request, where it sent one.
func correlationID(r *http.Request) string {
	for _, given := range []string{r.Header.Get("client-request-id"), r.URL.Query().Get("client-request-id")} {
		if id, err := uuid.Parse(given); err == nil {
			return id.String()
		}
	}
	return uuid.NewString()
}

// write answers in JSON that nobody may keep (RFC 6749 section 5.1).
func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
		h.Set("Pragma", "no-cache")
	}
	if id := r.Header.Get("client-request-id"); id != "" && r.Header.Get("return-client-request-id") == "true" {
		h.Set("client-request-id", correlationID(r))
	}
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		// The client hung up; nobody is left to tell.
		s.cfg.Log.LogAttrs(r.Context(), slog.LevelDebug, "answer not written", slog.Any("err", err))
	}
}

// shown is a word of the request, short enough to repeat in an answer.
func shown(word string) string {
	const most = 200
	if len(word) > most {
		return word[:most] + "…"
	}
	return word
}
