package oauth

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

const (
	redacted       = "[redacted]"
	maxDescription = 300 // runes
	shortSecret    = 4   // bytes; a shorter one cannot be told from ordinary text
)

// clean makes a text of a stranger fit for a log line: printable, on one line, and
// bounded in runes.
func clean(text string, limit int) string {
	var out strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(text, "?") {
		if n == limit {
			out.WriteString("…")
			break
		}
		if !unicode.IsPrint(r) {
			r = ' '
		}
		out.WriteRune(r)
		n++
	}
	return strings.TrimSpace(out.String())
}

// redact cleans what came from the endpoint, and hides every secret of r that it
// echoes, be it in a broken answer that net/http quotes.
func (e *Error) redact(r Request) {
	if e.cause != nil {
		e.reason = clean(hide(clean(e.cause.Error(), maxAnswer), r), maxDescription)
	}
	e.Code = clean(hide(clean(e.Code, maxAnswer), r), 64)
	e.Description = clean(hide(clean(e.Description, maxAnswer), r), maxDescription)
	e.URI = clean(hide(clean(e.URI, maxAnswer), r), maxDescription)
}

// hide replaces the secrets of r in text, in every notation in which they were
// sent. A text with a secret too short to be told from words is hidden whole.
func hide(text string, r Request) string {
	for _, secret := range r.secrets() {
		if len(secret) < shortSecret && strings.Contains(text, secret) {
			return redacted
		}
		text = strings.ReplaceAll(text, secret, redacted)
	}
	return text
}

// secrets lists what must not be echoed, as it is and as it travels.
func (r Request) secrets() []string {
	var all []string
	for _, secret := range []string{r.ClientSecret, r.Code, r.CodeVerifier, r.RefreshToken} {
		if secret != "" {
			all = append(all, secret, url.QueryEscape(secret), url.PathEscape(secret))
		}
	}
	if r.ClientSecret != "" {
		pair := url.QueryEscape(r.ClientID) + ":" + url.QueryEscape(r.ClientSecret)
		all = append(all, base64.StdEncoding.EncodeToString([]byte(pair)))
	}
	// The longest first: one secret may be a part of another.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}
