package oauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxLifetime bounds what an endpoint may claim, so that no sum overflows.
const maxLifetime = 10 * 365 * 24 * time.Hour

// answer is a token endpoint's answer by member name, whatever its notation.
type answer map[string]any

// judge makes a token or an error of an answer (RFC 6749 sections 5.1 and 5.2).
func judge(resp *http.Response, body []byte, now time.Time) (Token, *Error) {
	if len(body) > maxAnswer {
		return Token{}, &Error{Kind: TooLarge, Status: resp.StatusCode, Description: fmt.Sprintf("more than %d bytes came", maxAnswer)}
	}
	a, readable := decode(resp.Header.Get("Content-Type"), body)
	code, description := a.failure()
	failed := &Error{
		Status: resp.StatusCode, Code: code, Description: description, URI: a.text("error_uri"),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), now),
	}
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode <= 399:
		failed.Kind, failed.Description = Redirected, "to "+redirectHost(resp)+"; redirects are not followed, so that secrets stay where they were meant to go"
	case resp.StatusCode == http.StatusTooManyRequests:
		failed.Kind = Throttled
	case resp.StatusCode >= 500:
		failed.Kind = ServerFailed
	case code != "":
		failed.Kind = Refused
	case resp.StatusCode >= 400 || !readable:
		failed.Kind, failed.Description = Garbled, "it sent "+describe(resp.Header.Get("Content-Type"), body)
	default:
		return a.token(failed)
	}
	return Token{}, failed
}

// decode reads JSON, whatever the media type says, or the form notation that some
// endpoints use. It returns false when the body is neither.
func decode(contentType string, body []byte) (answer, bool) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	if bytes.HasPrefix(body, []byte("{")) {
		var a answer
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		if decoder.Decode(&a) != nil {
			return nil, false
		}
		_, err := decoder.Token()
		return a, errors.Is(err, io.EOF) // else something follows the object
	}
	media, _, _ := mime.ParseMediaType(contentType) // an unreadable type is no type
	switch media {
	case "application/x-www-form-urlencoded", "text/plain", "":
		return decodeForm(string(body))
	}
	return nil, false
}

func decodeForm(body string) (answer, bool) {
	values, err := url.ParseQuery(body)
	if err != nil || !values.Has("access_token") && !values.Has("error") {
		return nil, false
	}
	a := answer{}
	for name := range values {
		a[name] = values.Get(name)
	}
	return a, true
}

// text returns the member when it is a string, else "".
func (a answer) text(name string) string {
	s, _ := a[name].(string)
	return s
}

// failure returns OAuth's error and its description. Some endpoints nest both in an
// object, and some send them with status 200.
func (a answer) failure() (string, string) {
	if nested, ok := a["error"].(map[string]any); ok {
		inner := answer(nested)
		for _, name := range []string{"code", "status", "type"} {
			if code := inner.text(name); code != "" {
				return code, inner.text("message")
			}
		}
		return "unknown_error", inner.text("message")
	}
	return a.text("error"), a.text("error_description")
}

// token makes a token of a successful answer, or completes failed. An absent
// token_type counts as Bearer: RFC 6749 requires it, well-known endpoints omit it,
// and no other type could be meant by an endpoint that says nothing.
func (a answer) token(failed *Error) (Token, *Error) {
	failed.Kind = Unusable
	access := a.text("access_token")
	switch kind := a.text("token_type"); {
	case access == "":
		failed.Description = "the answer has no access_token"
	case !sendable(access):
		failed.Description = "its access_token holds characters that cannot stand in a header"
	case kind != "" && !strings.EqualFold(kind, "Bearer"):
		failed.Description = fmt.Sprintf("its token_type is %q, and only Bearer tokens can be used", clean(kind, 40))
	default:
		return Token{
			AccessToken: access, RefreshToken: a.text("refresh_token"), Scope: a.text("scope"), Lifetime: lifetime(a["expires_in"]),
		}, nil
	}
	return Token{}, failed
}

// sendable reports whether token can stand in an Authorization header.
func sendable(token string) bool {
	for i := range len(token) {
		if token[i] <= ' ' || token[i] >= 0x7f {
			return false
		}
	}
	return true
}

// lifetime reads expires_in: seconds as a number or as a string. What is absent,
// not positive or no number says nothing, and gives zero.
func lifetime(value any) time.Duration {
	var text string
	switch v := value.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(seconds) || seconds <= 0 {
		return 0
	}
	if seconds >= maxLifetime.Seconds() {
		return maxLifetime
	}
	return time.Duration(seconds * float64(time.Second))
}

// retryAfter reads a Retry-After header in either form (RFC 9110 section 10.2.3),
// bounded to a day.
func retryAfter(value string, now time.Time) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), 24*time.Hour)
}

func redirectHost(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil || to.Host == "" {
		return "nowhere"
	}
	return clean(to.Host, 253)
}

// describe says in words what came instead of a token endpoint's answer. It does
// not quote the body.
func describe(contentType string, body []byte) string {
	body = bytes.ToLower(bytes.TrimSpace(body))
	media, _, _ := mime.ParseMediaType(contentType) // an unreadable type is no type
	switch {
	case len(body) == 0:
		return "an empty answer"
	case media == "text/html", bytes.HasPrefix(body, []byte("<!doctype html")), bytes.HasPrefix(body, []byte("<html")):
		return "a web page (HTML) instead of JSON; is this the token endpoint?"
	case bytes.HasPrefix(body, []byte("{")):
		return "JSON that is broken off, damaged, or no OAuth answer"
	case media == "":
		return "something that is neither JSON nor a form"
	}
	return clean(media, 80) + " that is neither JSON nor a form"
}
