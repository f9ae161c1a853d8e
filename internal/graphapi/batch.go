package graphapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// maxBatch is how many requests Graph takes in one batch.
const maxBatch = 20

// batchRequest is one request of a batch.
type batchRequest struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`
}

// batchResponse is the answer to one.
type batchResponse struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body,omitempty"`
}

// batch answers POST $batch. Each request of it goes the way of any other: it is
// authenticated, authorized, throttled and logged for itself. One that depends on a
// request that failed is not carried out.
func (a *API) batch(ctx context.Context, q *request) (answer, error) {
	requests, err := readBatch(q.body)
	if err != nil {
		return answer{}, err
	}
	order, err := batchOrder(requests)
	if err != nil {
		return answer{}, err
	}
	responses := make([]batchResponse, len(requests))
	failed := map[string]bool{}
	for _, i := range order {
		request := requests[i]
		if slices.ContainsFunc(request.DependsOn, func(id string) bool { return failed[id] }) {
			responses[i] = failedDependency(request.ID)
		} else {
			responses[i] = a.batched(ctx, q, request)
		}
		failed[request.ID] = responses[i].Status >= http.StatusBadRequest
	}
	body, err := marshal(map[string]any{"responses": responses}, nil)
	return answer{status: http.StatusOK, contentType: jsonType, body: body}, err
}

func readBatch(body []byte) ([]batchRequest, error) {
	var in struct {
		Requests []batchRequest `json:"requests"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if len(in.Requests) == 0 || len(in.Requests) > maxBatch {
		return nil, badBatch("'requests' has %d requests; a batch has from 1 to %d", len(in.Requests), maxBatch)
	}
	known := map[string]bool{}
	for i, r := range in.Requests {
		switch {
		case r.ID == "":
			return nil, badBatch("requests[%d] has no id", i)
		case known[r.ID]:
			return nil, badBatch("the id '%.64s' is used twice", r.ID)
		case r.URL == "":
			return nil, badBatch("the request '%.64s' has no url", r.ID)
		case strings.Contains(r.URL, "://"):
			return nil, badBatch("the url of the request '%.64s' is absolute; write it relative to the version, such as /users", r.ID)
		case shortMethod(strings.ToUpper(r.Method)) != strings.ToUpper(r.Method):
			return nil, badBatch("the request '%.64s' has the method '%.16s'", r.ID, r.Method)
		}
		known[r.ID] = true
	}
	return in.Requests, nil
}

func badBatch(format string, args ...any) error {
	return errs.New(errs.Invalid, "BadRequest", "Invalid batch payload format: "+format+".", args...)
}

// batchOrder returns the order of execution: as written, but each request after those
// it depends on.
func batchOrder(requests []batchRequest) ([]int, error) {
	index := map[string]int{}
	for i, r := range requests {
		index[r.ID] = i
	}
	var order []int
	done := map[int]bool{}
	for len(order) < len(requests) {
		ready := slices.IndexFunc(requests, func(r batchRequest) bool {
			return !done[index[r.ID]] && !slices.ContainsFunc(r.DependsOn, func(id string) bool {
				i, known := index[id]
				return known && !done[i]
			})
		})
		if ready < 0 {
			return nil, badBatch("requests depend on one another in a circle")
		}
		for _, id := range requests[ready].DependsOn {
			if _, known := index[id]; !known {
				return nil, badBatch("the request '%.64s' depends on '%.64s', which is not in the batch", requests[ready].ID, id)
			}
		}
		done[ready] = true
		order = append(order, ready)
	}
	return order, nil
}

// batched carries one request out.
func (a *API) batched(ctx context.Context, q *request, in batchRequest) batchResponse {
	r, err := q.inner(ctx, in)
	if err != nil {
		return batchError(in.ID, http.StatusBadRequest, err)
	}
	if m, _ := a.router.find(r.Method, r.URL.EscapedPath()); m.route != nil && m.route.Pattern == batchPattern {
		return batchError(in.ID, http.StatusBadRequest, badBatch("a batch cannot be inside of a batch"))
	}
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	a.ServeHTTP(w, r)
	return w.response(in.ID)
}

// inner makes the HTTP request of a request of the batch. The caller is the caller
// of the batch, whatever the headers say.
func (q *request) inner(ctx context.Context, in batchRequest) (*http.Request, error) {
	body, err := batchBody(in)
	if err != nil {
		return nil, err
	}
	target := q.root() + "/" + strings.TrimPrefix(in.URL, "/")
	r, err := http.NewRequestWithContext(ctx, strings.ToUpper(in.Method), strings.ReplaceAll(target, " ", "%20"), bytes.NewReader(body))
	if err != nil {
		return nil, badBatch("the url of the request '%.64s' cannot be read", in.ID)
	}
	for name, value := range in.Headers {
		r.Header.Set(name, value)
	}
	if len(body) > 0 && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Del("Content-Encoding") // the batch was decompressed as a whole
	r.Header["Authorization"] = q.http.Header["Authorization"]
	r.Host, r.TLS, r.RemoteAddr, r.RequestURI = q.http.Host, q.http.TLS, q.http.RemoteAddr, r.URL.RequestURI()
	return r, nil
}

// batchBody is a body as it would have been sent: JSON, or what a text holds in
// Base64.
func batchBody(in batchRequest) ([]byte, error) {
	if len(in.Body) == 0 || string(in.Body) == "null" {
		return nil, nil
	}
	contentType := ""
	for name, value := range in.Headers {
		if strings.EqualFold(name, "Content-Type") {
			contentType = strings.ToLower(value)
		}
	}
	if in.Body[0] != '"' || strings.Contains(contentType, "json") && !isBase64JSON(in.Body) {
		return in.Body, nil
	}
	var text string
	if err := json.Unmarshal(in.Body, &text); err != nil {
		return nil, badBatch("the body of the request '%.64s' is no JSON", in.ID)
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if body, err := encoding.DecodeString(text); err == nil {
			return body, nil
		}
	}
	return nil, badBatch("the body of the request '%.64s' is a text that is no Base64", in.ID)
}

// isBase64JSON reports whether a JSON text holds an encoded JSON object.
func isBase64JSON(body []byte) bool {
	var text string
	if json.Unmarshal(body, &text) != nil {
		return false
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	return err == nil && len(decoded) > 0 && decoded[0] == '{' && json.Valid(decoded)
}

// failedDependency is the answer to a request that was not carried out.
func failedDependency(id string) batchResponse {
	return batchError(id, http.StatusFailedDependency, errs.New(errs.Invalid, "FailedDependency",
		"The request was not carried out, because a request that it depends on failed."))
}

func batchError(id string, status int, err error) batchResponse {
	e := visible(err)
	body, err := marshal(map[string]any{"error": map[string]string{"code": e.Code, "message": e.Message}}, nil)
	if err != nil {
		body = []byte("{}")
	}
	return batchResponse{ID: id, Status: status, Headers: map[string]string{"Content-Type": "application/json"}, Body: body}
}

// recorder keeps an answer instead of sending it.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the headers of the answer.
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader keeps the status.
func (w *recorder) WriteHeader(status int) { w.status = status }

// Write keeps the body.
func (w *recorder) Write(p []byte) (int, error) { return w.body.Write(p) }

// response is the answer as a batch tells it: a body that is JSON as it is, any
// other in Base64.
func (w *recorder) response(id string) batchResponse {
	out := batchResponse{ID: id, Status: w.status, Headers: map[string]string{}}
	for name, values := range w.header {
		if name != "Content-Length" {
			out.Headers[name] = strings.Join(values, ", ")
		}
	}
	body := bytes.TrimSpace(w.body.Bytes())
	switch {
	case len(body) == 0:
	case json.Valid(body):
		out.Body = body
	default:
		out.Body = []byte(`"` + base64.StdEncoding.EncodeToString(w.body.Bytes()) + `"`)
	}
	return out
}
