package graphapi

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// codePrecondition is the one error code that answers 412.
const codePrecondition = "PreconditionFailed"

// etagOf is the entity tag of what a resource is made of: weak, because the same
// state can be written in several ways (RFC 9110, 8.8.3). State that changes by
// itself, such as how far a cycle is, is not part of it.
func etagOf(parts ...any) string {
	sum := sha256.New()
	for _, part := range parts {
		text, err := marshal(part, nil)
		if err != nil {
			return ""
		}
		_, _ = sum.Write(append(text, 0))
	}
	return `W/"` + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:12]) + `"`
}

// tagged returns the answer with an entity tag.
func (a answer) tagged(etag string) answer {
	if etag == "" || a.status == 0 {
		return a
	}
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("ETag", etag)
	a.header = header
	return a
}

// unchanged refuses a request whose If-Match names another state of the resource than
// the one it has (RFC 9110, 13.1.1; weak tags are compared as OData does). The state
// is read only when that is needed.
func (q *request) unchanged(etag func() (string, error)) error {
	wanted := strings.Join(q.http.Header.Values("If-Match"), ",")
	if strings.TrimSpace(wanted) == "" || strings.TrimSpace(wanted) == "*" {
		return nil
	}
	is, err := etag()
	if err != nil {
		return err
	}
	for tag := range strings.SplitSeq(wanted, ",") {
		if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == strings.TrimPrefix(is, "W/") {
			return nil
		}
	}
	return errs.New(errs.Conflict, codePrecondition,
		"The resource is not in the state that If-Match names; it was changed meanwhile. GET it again, look at the change, and send the request with the new ETag.")
}
