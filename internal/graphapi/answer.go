package graphapi

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
)

// jsonType is the content type of every JSON answer.
const jsonType = "application/json;odata.metadata=minimal;charset=utf-8"

// answer is what a handler returns: a status, and a body that is not written yet.
type answer struct {
	status      int
	contentType string
	location    string
	body        []byte
	header      http.Header // further headers; nil is none
}

// noContent is the answer 204.
func noContent() answer { return answer{status: http.StatusNoContent} }

// entity is the answer 200 with one entity and its context URL.
func entity(contextURL string, v any, selected []string) (answer, error) {
	body, err := marshal(v, selected)
	if err != nil {
		return answer{}, err
	}
	body, err = withContext(contextURL, body)
	return answer{status: http.StatusOK, contentType: jsonType, body: body}, err
}

// created is the answer 201 with the entity that now exists, and where.
func created(contextURL, location string, v any) (answer, error) {
	a, err := entity(contextURL, v, nil)
	a.status, a.location = http.StatusCreated, location
	return a, err
}

// listing is one page of a collection.
type listing struct {
	Context string `json:"@odata.context"`
	Count   *int64 `json:"@odata.count,omitempty"`
	Next    string `json:"@odata.nextLink,omitempty"`
	Value   any    `json:"value"`
}

// collection is the answer 200 with a page.
func collection(page listing, selected []string) (answer, error) {
	value, err := marshal(page.Value, selected)
	if err != nil {
		return answer{}, err
	}
	page.Value = json.RawMessage(value)
	body, err := marshal(page, nil)
	return answer{status: http.StatusOK, contentType: jsonType, body: body}, err
}

// count is the answer to a $count segment.
func count(n int64) answer {
	return answer{status: http.StatusOK, contentType: "text/plain", body: strconv.AppendInt(nil, n, 10)}
}

// marshal writes v as JSON. With a selection it keeps the selected members of v,
// or of each element of v.
func marshal(v any, selected []string) ([]byte, error) {
	if selected != nil {
		projected, err := project(v, selected)
		if err != nil {
			return nil, err
		}
		v = projected
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "InternalServerError", "The answer could not be written.")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// project goes through JSON, so that it knows the members' names on the wire.
func project(v any, selected []string) (any, error) {
	raw, err := marshal(v, nil)
	if err != nil {
		return nil, err
	}
	var decoded any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&decoded); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "InternalServerError", "The answer could not be read back.")
	}
	switch decoded := decoded.(type) {
	case map[string]any:
		return odata.Project(decoded, selected), nil
	case []any:
		for i, element := range decoded {
			if object, ok := element.(map[string]any); ok {
				decoded[i] = odata.Project(object, selected)
			}
		}
	}
	return decoded, nil
}

// withContext puts the context URL first into a JSON object.
func withContext(contextURL string, object []byte) ([]byte, error) {
	head, err := marshal(map[string]string{"@odata.context": contextURL}, nil)
	if err != nil {
		return nil, err
	}
	rest := bytes.TrimPrefix(object, []byte("{"))
	if !bytes.Equal(rest, []byte("}")) {
		head[len(head)-1] = ','
		return append(head, rest...), nil
	}
	return head, nil
}

// write sends the answer.
func (a answer) write(w http.ResponseWriter) error {
	h := w.Header()
	maps.Copy(h, a.header)
	if a.location != "" {
		h.Set("Location", a.location)
	}
	if a.contentType != "" {
		h.Set("Content-Type", a.contentType)
	}
	if a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if len(a.body) == 0 {
		return nil // HTTP/2 refuses even an empty body after 204
	}
	_, err := w.Write(a.body)
	return err
}
