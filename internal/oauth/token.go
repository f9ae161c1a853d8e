package oauth

import (
	"log/slog"
	"time"
)

// Token is what a token endpoint granted. Printing it shows no secret.
type Token struct {
	AccessToken string
	// RefreshToken is empty when none came; the one that was used stays valid then
	// (RFC 6749 section 6).
	RefreshToken string
	// Obtained is when the request was begun, so that Obtained+Lifetime is never
	// later than the endpoint meant.
	Obtained time.Time
	// Lifetime is how long the access token is valid from Obtained. Zero means that
	// the endpoint did not say (RFC 6749 section 5.1).
	Lifetime time.Duration
	Scope    string // what was granted, when the endpoint said so
	Method   Method // how the client authenticated in the end
}

// Expiry is when the access token ends, or the zero time when nobody knows.
func (t Token) Expiry() time.Time {
	if t.Lifetime == 0 {
		return time.Time{}
	}
	return t.Obtained.Add(t.Lifetime)
}

// String says nothing of the tokens.
func (t Token) String() string {
	return "token[redacted] obtained " + t.Obtained.UTC().Format(time.RFC3339) + " for " + t.Lifetime.String()
}

// GoString is String.
func (t Token) GoString() string { return t.String() }

// LogValue is String.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }
