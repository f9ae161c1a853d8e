package app

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"
)

// readyWithin is how long the database may take to answer before the service
// counts as not ready.
const readyWithin = 2 * time.Second

// health answers the questions of whoever supervises the process.
type health struct {
	ping     func(context.Context) error
	workers  atomic.Bool // the workers run
	stopping atomic.Bool
}

// live answers /healthz: the process serves requests.
func (h *health) live(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// ready answers /readyz: send requests here, or not.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	checks := map[string]string{"database": "ok", "workers": "ok"}
	status := http.StatusOK
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	if err := h.ping(ctx); err != nil {
		checks["database"], status = "does not answer", http.StatusServiceUnavailable
	}
	switch {
	case h.stopping.Load():
		checks["workers"], status = "stopping", http.StatusServiceUnavailable
	case !h.workers.Load():
		checks["workers"], status = "not running", http.StatusServiceUnavailable
	}
	checks["status"] = map[bool]string{true: "ready", false: "not ready"}[status == http.StatusOK]
	writeJSON(w, status, checks)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the asker went away
}
