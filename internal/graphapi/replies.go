package graphapi

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
)

// Replies remembers answers to requests that may be sent again. See store.Replies.
type Replies interface {
	BeginReply(ctx context.Context, tenant directory.TenantID, digest []byte, now, expires time.Time) (document []byte, first bool, err error)
	EndReply(ctx context.Context, tenant directory.TenantID, digest, document []byte) error
}

const (
	// replyLife is how long a request may be sent again and get its first answer.
	replyLife = 10 * time.Minute
	// replyWait is how long a request that is sent again waits for the first, and
	// replyPoll how often it looks.
	replyWait = 15 * time.Second
	replyPoll = 100 * time.Millisecond
)

// once carries a request out, or repeats the answer to it when it is the same
// request sent again.
//
// Clients made with Microsoft's libraries send a request again, POST too, when an
// answer was 429, 503 or 504, be it of a proxy that lost patience while the request
// was carried out. They mark what they send again with Retry-Attempt and keep the
// client-request-id. Only both together, from the same caller, with the same path
// and body, make it the same request: some programs use one client-request-id for
// everything, and two equal requests may both be meant.
func (a *API) once(ctx context.Context, q *request) (answer, error) {
	if a.Replies == nil || !q.mayReturn() {
		return q.route.handle(ctx, q)
	}
	digest, now := q.digest(), a.Now()
	expires := now.Add(replyLife)
	if !q.returned() {
		now = expires // it begins anew, whatever was noted
	}
	document, first, err := a.Replies.BeginReply(ctx, q.tenant, digest, now, expires)
	if err != nil {
		return answer{}, err
	}
	if first {
		return a.answerOnce(ctx, q, digest)
	}
	return a.repeat(ctx, q, digest, document)
}

// mayReturn reports whether q may be sent again and must not act twice then. Only
// requests of clients that say who they are in SdkVersion come again by themselves;
// the others cost nothing.
func (q *request) mayReturn() bool {
	h := q.http.Header
	return q.http.Method == http.MethodPost && !q.route.Public && isCorrelationID(h.Get("client-request-id")) &&
		(h.Get("SdkVersion") != "" || q.returned())
}

// returned reports whether q says that it was sent before.
func (q *request) returned() bool {
	attempt := q.http.Header.Get("Retry-Attempt")
	return attempt != "" && attempt != "0"
}

// digest names a request: who sends what to where.
func (q *request) digest() []byte {
	hash := sha256.New()
	for _, part := range []string{
		string(q.tenant), q.caller.Kind.String(), string(q.caller.ObjectID), q.caller.AppID,
		q.http.URL.EscapedPath(), q.http.URL.RawQuery, q.http.Header.Get("client-request-id"), string(q.body),
	} {
		_ = binary.Write(hash, binary.BigEndian, int64(len(part))) // a hash takes everything
		_, _ = hash.Write([]byte(part))
	}
	return hash.Sum(nil)
}

// reply is an answer as it is kept.
type reply struct {
	Status      int         `json:"status"`
	ContentType string      `json:"contentType,omitempty"`
	Location    string      `json:"location,omitempty"`
	Header      http.Header `json:"header,omitempty"`
	Body        []byte      `json:"body,omitempty"`
}

// answerOnce carries q out and keeps the answer. What failed is forgotten: it may be
// carried out when it comes again. A caller who leaves meanwhile, such as a proxy that
// lost patience, does not end it half-way: that is what comes again.
func (a *API) answerOnce(ctx context.Context, q *request, digest []byte) (answer, error) {
	ctx = context.WithoutCancel(ctx)
	var document []byte
	defer func() {
		if err := a.Replies.EndReply(ctx, q.tenant, digest, document); err != nil {
			a.Log.LogAttrs(ctx, slog.LevelWarn, "the answer to a request could not be kept", slog.String("error", err.Error()))
		}
	}()
	out, err := q.route.handle(ctx, q)
	if err != nil || out.status >= http.StatusMultipleChoices {
		return out, err
	}
	document, err = json.Marshal(reply{out.status, out.contentType, out.location, out.header, out.body})
	if err != nil {
		document = nil
	}
	return out, nil
}

// repeat returns the kept answer, once it is there.
func (a *API) repeat(ctx context.Context, q *request, digest, document []byte) (answer, error) {
	deadline := time.NewTimer(replyWait)
	defer deadline.Stop()
	poll := time.NewTicker(replyPoll)
	defer poll.Stop()
	for document == nil {
		select {
		case <-ctx.Done():
			return answer{}, stillUnderWay()
		case <-deadline.C:
			return answer{}, stillUnderWay()
		case <-poll.C:
		}
		now := a.Now()
		kept, first, err := a.Replies.BeginReply(ctx, q.tenant, digest, now, now.Add(replyLife))
		if err != nil {
			return answer{}, err
		}
		if first { // the first attempt failed meanwhile
			return a.answerOnce(ctx, q, digest)
		}
		document = kept
	}
	var r reply
	if err := json.Unmarshal(document, &r); err != nil {
		return answer{}, errs.Wrap(err, errs.Internal, "InternalServerError", "A kept answer could not be read.")
	}
	header := r.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Provisor-Repeated", "true")
	return answer{status: r.Status, contentType: r.ContentType, location: r.Location, header: header, body: r.Body}, nil
}

func stillUnderWay() error {
	err := errs.New(errs.Unavailable, "ServiceUnavailable",
		"This request was sent before, and what became of it is not known yet. Look whether it was carried out before you send it as a new one.")
	err.RetryAfter = 5 * time.Second
	return err
}
