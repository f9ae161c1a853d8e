package scimserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/provisor/provisor/internal/scim"
)

// answer is what a request comes to.
type answer struct {
	status   int
	body     any    // nil for no body
	location string // may be empty
	etag     string // may be empty
}

func (a answer) write(w http.ResponseWriter) {
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	if a.etag != "" {
		w.Header().Set("ETag", a.etag)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	respond(w, a.status, a.body)
}

func respond(w http.ResponseWriter, status int, body any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		status = http.StatusInternalServerError
		b.Reset()
		b.WriteString(`{"schemas":["` + scim.ErrorURN + `"],"status":"500"}`)
	}
	w.Header().Set("Content-Type", scim.MediaType)
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

func respondError(w http.ResponseWriter, err error) {
	e, ok := errors.AsType[*scim.Error](err)
	if !ok {
		e = &scim.Error{Status: http.StatusInternalServerError, Detail: "the request could not be carried out"}
	}
	respond(w, e.Status, e)
}

// refusal turns the answer of the multiplexer to a path or method that is not
// served into a SCIM error.
type refusal struct {
	http.ResponseWriter

	path string
}

// WriteHeader answers with a SCIM error of the given status.
func (f *refusal) WriteHeader(status int) {
	f.Header().Del("X-Content-Type-Options")
	respondError(f.ResponseWriter, &scim.Error{Status: status, Detail: http.StatusText(status) + ": " + f.path})
}

// Write drops the text of the multiplexer.
func (f *refusal) Write(b []byte) (int, error) { return len(b), nil }

// readBody returns the body of a POST, PUT or PATCH.
func readBody(r *http.Request) ([]byte, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != scim.MediaType && mediaType != "application/json" {
		return nil, &scim.Error{Status: http.StatusUnsupportedMediaType, Detail: "the body must be of type " + scim.MediaType}
	}
	body, err := io.ReadAll(r.Body)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &scim.Error{
			Status: http.StatusRequestEntityTooLarge,
			Detail: "the body exceeds " + strconv.FormatInt(tooLarge.Limit, 10) + " bytes",
		}
	}
	if err != nil {
		return nil, invalid(scim.InvalidSyntax, "the body ended early")
	}
	return body, nil
}

func readResource(r *http.Request) (scim.Resource, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	return scim.DecodeResource(body)
}

func invalid(scimType, detail string) *scim.Error {
	return &scim.Error{Status: http.StatusBadRequest, ScimType: scimType, Detail: detail}
}

func notFound(t *scim.Type, id string) *scim.Error {
	return &scim.Error{Status: http.StatusNotFound, Detail: "there is no " + t.Name() + " with the id " + id}
}
