package credential

import (
	"log/slog"
	"time"
)

const redacted = "[redacted]"

// Secret is a text that prints, marshals and logs as "[redacted]". Only Reveal
// returns it.
type Secret string

// Reveal returns the text. Hand it to nothing that prints.
func (s Secret) Reveal() string { return string(s) }

// String returns "[redacted]".
func (s Secret) String() string { return redacted }

// GoString returns "[redacted]".
func (s Secret) GoString() string { return redacted }

// MarshalText returns "[redacted]", and makes JSON show the same.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Bearer is what authenticates a request to the application (RFC 6750).
type Bearer struct {
	Token Secret
	// Expiry is when the token ends; the zero time means that nobody knows.
	Expiry time.Time
	// Static tells a long-lived token that an administrator entered (SecretToken)
	// from one that this package acquired and renews.
	Static bool
}
