package odata

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// NewSkipToken makes the $skiptoken that continues a listing after the position
// that the store named. Query is what selects and orders the listing, such as
// path, filter and order; the token holds for the same query only. It is opaque
// to callers, and not secret.
func NewSkipToken(position string, query ...string) string {
	return base64.RawURLEncoding.EncodeToString(append(fingerprint(query), position...))
}

// ResumeSkipToken returns the position in token. The error is errs.Invalid when
// the token is not one of [NewSkipToken], or was made for another query.
func ResumeSkipToken(token string, query ...string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	mark := fingerprint(query)
	if err != nil || len(raw) <= len(mark) || string(raw[:len(mark)]) != string(mark) {
		return "", errs.New(errs.Invalid, "Directory_ExpiredPageToken",
			"The $skiptoken does not belong to this request. Follow @odata.nextLink as it was given, or begin again without it.")
	}
	return string(raw[len(mark):]), nil
}

// fingerprint tells queries apart; six bytes suffice against accidents, and a
// forged token reaches nothing that the caller may not read anyway.
func fingerprint(query []string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(query, "\x00")))
	return sum[:6]
}
