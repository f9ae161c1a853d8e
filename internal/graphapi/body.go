package graphapi

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/provisor/provisor/internal/errs"
)

// The bounds of a request body, after decompression as well as before.
const (
	maxBody      = 1 << 20
	maxLargeBody = 16 << 20 // a schema with its directories
)

// readBody returns the body of a request, decompressed.
func readBody(r *http.Request, rule bodyRule) ([]byte, error) {
	limit := int64(maxBody)
	if rule == jsonLarge {
		limit = maxLargeBody
	}
	body, err := readBounded(r, limit)
	if err != nil {
		return nil, err
	}
	switch {
	case rule == noBody:
		return nil, nil
	case len(bytes.TrimSpace(body)) == 0:
		if rule == jsonOptional {
			return nil, nil
		}
		return nil, errs.New(errs.Invalid, "BadRequest", "Empty Payload. JSON content expected.")
	}
	if err := checkType(r.Header.Get("Content-Type")); err != nil {
		return nil, err
	}
	return body, checkJSON(body)
}

// readBounded reads at most limit bytes, before and after decompression.
func readBounded(r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	wire := &bounded{r: r.Body, left: limit}
	encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding")))
	switch encoding {
	case "", "identity":
		return readAll(wire, limit)
	case "gzip", "x-gzip":
	default:
		return nil, errs.New(errs.UnsupportedMediaType, "UnsupportedMediaType",
			"The body has Content-Encoding %.32q. Send it as it is, or with gzip.", encoding)
	}
	unzip, err := gzip.NewReader(wire)
	if errors.Is(err, io.EOF) {
		return nil, nil // nothing was sent, so nothing was compressed
	}
	if err != nil {
		return nil, unreadable(err, limit)
	}
	return readAll(&bounded{r: unzip, left: limit}, limit)
}

func readAll(r io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, unreadable(err, limit)
	}
	return body, nil
}

// unreadable says why a body could not be read.
func unreadable(err error, limit int64) error {
	switch {
	case errors.Is(err, errTooLarge):
		return errs.New(errs.TooLarge, "RequestEntityTooLarge", "The body is larger than %d bytes, which is the most that is read here.", limit)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return errs.Wrap(err, errs.Invalid, "BadRequest", "The body is not the gzip that its Content-Encoding promises.")
	default:
		return errs.Wrap(err, errs.Invalid, "BadRequest", "The body ended early or is damaged. Send the request again.")
	}
}

// tooLarge is the type of errTooLarge; a constant of it compares with errors.Is.
type tooLarge string

func (e tooLarge) Error() string { return string(e) }

const errTooLarge tooLarge = "body too large"

// bounded fails, unlike io.LimitReader, when there is more than left.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n, errTooLarge
	}
	return n, err
}

// checkType admits JSON, and a body whose type nobody named.
func checkType(contentType string) error {
	if contentType == "" {
		return nil
	}
	kind, parameters, err := mime.ParseMediaType(contentType)
	charset := parameters["charset"]
	if err != nil || kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return errs.New(errs.UnsupportedMediaType, "UnsupportedMediaType",
			"The body has Content-Type %.64q. Send JSON, as application/json in UTF-8.", contentType)
	}
	return nil
}

// checkJSON finds the first place where body stops being JSON.
func checkJSON(body []byte) error {
	if !utf8.Valid(body) {
		return errs.New(errs.Invalid, "BadRequest", "Unable to read JSON request payload: it is not valid UTF-8.")
	}
	if json.Valid(body) {
		return nil
	}
	var ignored any
	return malformed(body, json.Unmarshal(body, &ignored))
}

func malformed(body []byte, err error) error {
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return errs.Wrap(err, errs.Invalid, "BadRequest", "Unable to read JSON request payload.")
	}
	before := body[:min(int(syntax.Offset), len(body))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return errs.Wrap(err, errs.Invalid, "BadRequest",
		"Unable to read JSON request payload: %s at line %d, column %d.", syntax.Error(), line, max(column, 1))
}

// decode reads a JSON body into v. An error names the member whose type is wrong.
func decode(body []byte, v any) error {
	err := json.Unmarshal(body, v)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e // a member knew better what is wrong with it
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return wrongType(e.Field, e.Value, typeName(e.Type.String()))
	}
	return errs.Wrap(err, errs.Invalid, "BadRequest", "Unable to read JSON request payload: %s.", shortError(err))
}

func shortError(err error) string {
	const most = 200
	text := err.Error()
	return text[:min(len(text), most)]
}

func wrongType(member, got, want string) error {
	if member == "" {
		member = "body"
	}
	e := errs.New(errs.Invalid, "RequestParameterInvalid", "%s is a JSON %s where %s is expected.", member, got, want)
	return e.WithTarget(member)
}

// typeName says what a Go type is in JSON.
func typeName(goType string) string {
	switch {
	case strings.HasPrefix(goType, "[]"):
		return "an array"
	case strings.HasSuffix(goType, "string"):
		return "a string"
	case goType == "bool":
		return "true or false"
	case strings.HasPrefix(goType, "int"), strings.HasPrefix(goType, "float"):
		return "a number"
	default:
		return "an object"
	}
}

// jsonKind names the kind of a decoded JSON value.
func jsonKind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64, json.Number:
		return "number"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	default:
		return fmt.Sprintf("%T", v)
	}
}
