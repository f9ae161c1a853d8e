package app

import (
	"log/slog"
	"net/http"
	"time"
)

// observed logs and counts the requests of a handler that does not do so itself.
// route names it in both; level is that of the log line.
type observed struct {
	next  http.Handler
	route string
	level slog.Level
	log   *slog.Logger
	now   func() time.Time
	count func(route string, status int, took time.Duration)
}

// ServeHTTP answers one request.
func (o *observed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := o.now()
	seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	o.next.ServeHTTP(seen, r)
	took := o.now().Sub(began)
	method := knownMethod(r.Method)
	o.count(method+" "+o.route, seen.status, took)
	level := o.level
	if seen.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	o.log.LogAttrs(r.Context(), level, "request",
		slog.String("method", method), slog.String("route", o.route), slog.Int("status", seen.status), slog.Duration("took", took))
}

// knownMethod keeps invented methods out of labels.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "OTHER"
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter

	status  int
	written bool
}

// WriteHeader passes the status on; the first one counts.
func (w *statusWriter) WriteHeader(status int) {
	if !w.written {
		w.status, w.written = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap gives http.ResponseController the writer behind.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
