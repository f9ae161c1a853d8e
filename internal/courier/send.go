package courier

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/provisor/provisor/internal/subscription"
)

// post sends a body to an endpoint. The error does not repeat the address, whose
// query may hold a key.
func (s *Service) post(ctx context.Context, endpoint, kind string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, bare(err)
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("User-Agent", "Provisor")
	answer, err := s.client.Do(request)
	return answer, bare(err)
}

// bare is an error of net/http without the address that it quotes.
func bare(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// send delivers notifications; nil means that they were accepted.
func (t *turn) send(ctx context.Context, endpoint string, value []subscription.Notification) error {
	state, err := t.clientState()
	if err != nil {
		return err
	}
	for i := range value {
		value[i].ClientState = state
	}
	body, err := json.Marshal(subscription.Notifications{Value: value})
	if err != nil {
		return err
	}
	ctx, cancel := patient(ctx, t.Timeout)
	defer cancel()
	answer, err := t.post(ctx, endpoint, "application/json; charset=utf-8", body)
	if err != nil {
		return refusal{err}
	}
	defer func() { _ = answer.Body.Close() }() // what it says does not matter
	const politeness = 64 << 10
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, politeness)) // lets the connection be used again
	if answer.StatusCode/100 != 2 {
		return refusal{fmt.Errorf("the endpoint answered %d", answer.StatusCode)}
	}
	return nil
}

// lastWords is how long a request that is under way may go on when its process is
// asked to stop: one that is accepted meanwhile need not be sent again.
const lastWords = 2 * time.Second

// patient returns a context that ends after a time, or a moment after ctx.
func patient(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(lastWords):
			cancel()
		case <-inner.Done():
		}
	})
	return inner, func() {
		stop()
		cancel()
	}
}

// refusal is the error of an endpoint that did not accept.
type refusal struct{ cause error }

func (r refusal) Error() string { return r.cause.Error() }

func (r refusal) Unwrap() error { return r.cause }

func isRefusal(err error) bool {
	_, ok := errors.AsType[refusal](err)
	return ok
}

// clientState opens what the subscriber wants to hear with each notification.
func (t *turn) clientState() (*string, error) {
	if t.sub.Sealed == nil {
		return nil, nil //nolint:nilnil // no state is a state
	}
	plain, err := t.Keyring.Open(t.sub.Sealed, place(t.sub))
	if err != nil {
		return nil, err
	}
	state := string(plain)
	return &state, nil
}

// doors lets few requests of this process be under way to one host at a time, so that
// one slow host cannot have all the workers. The zero value is ready.
type doors struct {
	mu    sync.Mutex
	hosts map[string]*door
}

// door is what goes on at one host.
type door struct{ inside, turnedAway int }

const (
	// perHost is how many may be under way to one host.
	perHost = 4
	// longestWait bounds how long a subscription waits before it comes again.
	longestWait = 30 * time.Second
)

// enter takes a place at a host, or returns how long to stay away: the longer, the more
// were turned away before, so that many who wait for one slow host do not come and go
// all the time.
func (d *doors) enter(host string) (time.Duration, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.hosts == nil {
		d.hosts = map[string]*door{}
	}
	at := d.hosts[host]
	if at == nil {
		at = &door{}
		d.hosts[host] = at
	}
	if at.inside >= perHost {
		at.turnedAway++
		return min(longestWait, time.Duration(1+at.turnedAway/perHost)*elsewhere), false
	}
	at.inside++
	return 0, true
}

// leave gives the place back.
func (d *doors) leave(host string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.hosts[host]
	at.turnedAway = max(0, at.turnedAway-1)
	if at.inside--; at.inside == 0 {
		delete(d.hosts, host)
	}
}

// host is whom an endpoint belongs to, for the log and for doors.
func host(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return u.Host
}
