package graphcli

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// Options is the world in which the commands run. Nothing is taken from
// elsewhere: not the environment, not the clock, not a file.
type Options struct {
	Stdin  io.Reader // bodies named "-", the cmdlets' pipeline, answers to questions; nil is empty
	Stdout io.Writer // answers; nil discards
	Stderr io.Writer // questions, waiting, warnings; nil discards

	// HTTP carries the requests, token requests included. Its CheckRedirect is
	// replaced: a redirect is never followed, for it would carry a credential
	// along. Nil means a client of its own with a time-out of 100 s.
	HTTP *http.Client

	Getenv    func(name string) string                   // the PROVISOR_… variables; nil means none is set
	ReadFile  func(name string) ([]byte, error)          // bodies, secrets, certificates; nil refuses every file
	WriteFile func(name string, text []byte) error       // exported schemas, the history; for the owner's eyes only; nil refuses every file
	NewFile   func(name string, text []byte) error       // the same for a file that must not exist: fs.ErrExist when it does; nil refuses every file
	Now       func() time.Time                           // measures Retry-After dates and the time that a cycle takes; nil ignores both
	Wait      func(context.Context, time.Duration) error // between tries; nil waits on a timer

	NewRequestID func() string // the client-request-id of a command; nil means a random GUID

	// IsTerminal tells that a person sits at Stdin, or that nothing is piped into
	// it (the null device). When false, the cmdlets read their pipeline from Stdin.
	IsTerminal bool

	// HistoryFile keeps what was typed at the interactive prompt; empty keeps nothing.
	HistoryFile string

	Version string // of the program, for User-Agent; may be empty
}

// withDefaults fills what was left nil.
func (o Options) withDefaults() Options {
	if o.Stdin == nil {
		o.Stdin = http.NoBody
	}
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: 100 * time.Second}
	}
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.ReadFile == nil {
		o.ReadFile = func(string) ([]byte, error) { return nil, errors.New("files are not read here") }
	}
	if o.WriteFile == nil {
		o.WriteFile = func(string, []byte) error { return errors.New("files are not written here") }
	}
	if o.NewFile == nil {
		o.NewFile = func(string, []byte) error { return errors.New("files are not written here") }
	}
	if o.Wait == nil {
		o.Wait = waitOnTimer
	}
	if o.NewRequestID == nil {
		o.NewRequestID = uuid.NewString
	}
	return o
}

func waitOnTimer(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
