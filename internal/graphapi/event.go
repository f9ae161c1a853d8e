package graphapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
)

// event is what the log line of one request says; it is filled on the way. It
// never holds a body, a query, a header or a secret.
type event struct {
	began           time.Time
	requestID       string
	clientRequestID string
	method          string
	version         Versions
	route           *Route
	allowed         []string
	caller          identity.Caller
	code            string
	cause           error
	stack           []byte
}

// begin opens the event of a request.
func (a *API) begin(r *http.Request) *event {
	ev := &event{began: a.Now(), requestID: a.NewID(), method: shortMethod(r.Method)}
	ev.clientRequestID = ev.requestID
	if id := r.Header.Get("client-request-id"); isCorrelationID(id) {
		ev.clientRequestID = id
	}
	return ev
}

// isCorrelationID reports whether a caller's id is fit to be echoed and logged.
func isCorrelationID(id string) bool {
	const longest = 64
	if id == "" || len(id) > longest {
		return false
	}
	for i := range len(id) {
		if c := id[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '<' {
			return false
		}
	}
	return true
}

// name is the route for logs and metrics: one of a small set.
func (ev *event) name() string {
	if ev.route == nil {
		return "unmatched"
	}
	return "/" + ev.route.Pattern
}

// panicked turns what was recovered into an error, with the stack for the log.
func (ev *event) panicked(recovered any) error {
	ev.stack = debug.Stack()
	return errs.Wrap(fmt.Errorf("panic: %v", recovered), errs.Internal, "InternalServerError", "The handler failed.")
}

// end writes the log line and tells the observer.
func (a *API) end(ctx context.Context, ev *event, status int) {
	took := a.Now().Sub(ev.began)
	if a.Observe != nil {
		a.Observe(ev.method+" "+ev.name(), status, took)
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError && status != http.StatusNotImplemented {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("request_id", ev.requestID),
		slog.String("client_request_id", ev.clientRequestID),
		slog.String("method", ev.method),
		slog.String("version", ev.version.String()),
		slog.String("route", ev.name()),
		slog.Int("status", status),
		slog.Duration("took", took),
	}
	attrs = append(attrs, ev.who()...)
	attrs = append(attrs, ev.why()...)
	a.Log.LogAttrs(ctx, level, "request", attrs...)
}

func (ev *event) who() []slog.Attr {
	if ev.caller.Kind == identity.Nobody {
		return nil
	}
	attrs := []slog.Attr{
		slog.String("tenant", string(ev.caller.TenantID)),
		slog.String("caller", string(ev.caller.ObjectID)),
		slog.String("caller_kind", ev.caller.Kind.String()),
		slog.String("app_id", ev.caller.AppID),
	}
	if ev.route != nil && ev.route.Operation != "" {
		attrs = append(attrs, slog.String("operation", string(ev.route.Operation)))
	}
	return attrs
}

func (ev *event) why() []slog.Attr {
	if ev.cause == nil {
		return nil
	}
	attrs := []slog.Attr{slog.String("code", ev.code), slog.String("error", ev.cause.Error())}
	if ev.stack != nil {
		attrs = append(attrs, slog.String("stack", string(ev.stack)))
	}
	return attrs
}
