package app

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The times that one connection may take.
const (
	headerTime = 15 * time.Second
	readTime   = 2 * time.Minute
	writeTime  = 3 * time.Minute
	idleTime   = 2 * time.Minute
)

// httpServer serves handler on a listener until it is stopped.
type httpServer struct {
	server *http.Server
	ended  chan error
}

func startServer(l net.Listener, handler http.Handler, config *tls.Config, log *slog.Logger) *httpServer {
	s := &httpServer{
		server: &http.Server{
			Handler: handler, TLSConfig: config,
			ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
			MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		},
		ended: make(chan error, 1),
	}
	go func() {
		if config != nil {
			s.ended <- s.server.ServeTLS(l, "", "") // HTTP/2 comes with it
			return
		}
		s.ended <- s.server.Serve(l)
	}()
	return s
}

// stop lets the running requests finish within grace, then cuts them off.
func (s *httpServer) stop(ctx context.Context, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.server.Close()
	}
	return err
}
