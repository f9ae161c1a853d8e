package credential

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// view is what the store says of an owner's token.
type view struct {
	settings Settings // as a renewal sees them
	bearer   Bearer   // zero when there is none
	renewAt  time.Time
}

// view reads the token that is to be used. SecretToken is, unless AuthenticationType
// asks for OAuth or a token was acquired after it was entered.
func (v vault) view() view {
	settings := v.over(v.remembered(), nil)
	delete(settings, code) // a renewal never sends a code
	delete(settings, codeVerifier)
	w := view{settings: settings}
	if static := settings[secretToken]; static != "" && settings.prefersStatic() {
		w.bearer = Bearer{Token: Secret(static), Static: true}
		return w
	}
	if settings.flow() == flowStatic {
		return w
	}
	created := parseTime(settings[creationTime])
	w.bearer = Bearer{Token: Secret(settings[accessToken]), Expiry: expiry(settings[expiration], created)}
	w.renewAt = renewAt(w.bearer.Expiry, created)
	return w
}

func (s Settings) prefersStatic() bool {
	switch s.flow() {
	case flowStatic:
		return true
	case flowCode, flowRefresh, flowClient:
		return false
	case flowOpen, flowUnknown:
	}
	return s[authenticates] == ""
}

// serves reports whether the token can be used now and needs no renewal. A token
// that the application rejected does not.
func (w view) serves(rejected Secret, now time.Time) bool {
	due := !w.renewAt.IsZero() && !now.Before(w.renewAt)
	return w.bearer.Token != "" && w.bearer.Token != rejected && !due
}

// lasts reports whether the token has not ended yet, though it may be time to
// renew it.
func (w view) lasts(rejected Secret, now time.Time) bool {
	ended := !w.bearer.Expiry.IsZero() && !now.Before(w.bearer.Expiry)
	return w.bearer.Token != "" && w.bearer.Token != rejected && !ended
}

// fingerprint tells settings apart as far as a renewal depends on them.
func (w view) fingerprint() string {
	sum := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(w.settings)) {
		if key != fault {
			_, _ = fmt.Fprintf(sum, "%s\x00%s\x00", key, w.settings[key])
		}
	}
	return base64.RawStdEncoding.EncodeToString(sum.Sum(nil))
}

// expiry reads TokenExpiration: a time, seconds from the token's creation, or
// seconds of the Unix epoch. Anything else says nothing.
func expiry(text string, created time.Time) time.Time {
	const epochFrom = 1_000_000_000 // no token lives for 30 years
	seconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	switch {
	case err != nil:
		return parseTime(text)
	case seconds >= epochFrom && seconds < 100*epochFrom:
		return time.Unix(seconds, 0)
	case seconds > 0 && seconds < epochFrom && !created.IsZero():
		return created.Add(time.Duration(seconds) * time.Second)
	}
	return time.Time{}
}

// parseTime reads ISO 8601 as far as it is seen here; no zone means UTC.
func parseTime(text string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return t
		}
	}
	return time.Time{}
}

// renewAt is when to renew: five minutes before the end, or a tenth of the lifetime
// when that is less. Zero means that the clock does not tell.
func renewAt(expiry, created time.Time) time.Time {
	if expiry.IsZero() {
		return time.Time{}
	}
	margin := renewMargin
	if lifetime := expiry.Sub(created); !created.IsZero() && lifetime > 0 {
		margin = min(margin, lifetime/marginFactor)
	}
	return expiry.Add(-margin)
}
