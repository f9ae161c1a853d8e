package issuer

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// How long what is handed out may be redeemed.
const (
	codeLife    = 10 * time.Minute
	deviceLife  = 15 * time.Minute
	refreshLife = 90 * 24 * time.Hour // from its last use
	pageLife    = 24 * time.Hour      // of the refresh token of a script in a browser
	// repeat is how long a refresh token may be shown again after it was redeemed: the
	// answer may have been lost, or two programs share a cache.
	repeat = 30 * time.Second
)

// session is a sign-in, as it is kept behind what the client holds: an authorization
// code, a device code or a refresh token.
type session struct {
	Kind     string             `json:"kind"`
	Client   string             `json:"client"`
	User     directory.ObjectID `json:"user,omitempty"`
	At       time.Time          `json:"at"` // when the person signed in
	Family   string             `json:"family"`
	Version  version            `json:"version"`
	Scope    string             `json:"scope,omitempty"`
	Resource string             `json:"resource,omitempty"`
	// Of an authorization code.
	Redirect     string       `json:"redirect,omitempty"`
	RedirectKind RedirectKind `json:"redirectKind,omitempty"`
	Challenge    string       `json:"challenge,omitempty"` // RFC 7636
	Nonce        string       `json:"nonce,omitempty"`
	// Device is the digest of the device code that a user code stands for, and Tenant
	// where that is kept: the page on which people enter codes is the same for all.
	Device []byte             `json:"device,omitempty"`
	Tenant directory.TenantID `json:"tenant,omitempty"`
	// Declined is set when the person refused a device.
	Declined bool `json:"declined,omitempty"`
}

// The kinds of session.
const (
	codeKind    = "code"
	deviceKind  = "device"
	userKind    = "userCode"
	refreshKind = "refresh"
)

// newHandle returns what a client holds: 256 random bits.
func newHandle() string {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // never fails, as crypto/rand says
	return base64.RawURLEncoding.EncodeToString(b)
}

// handleDigest names what is kept behind a handle. The kind is part of it, so that a
// handle of one kind is never taken for one of another.
func handleDigest(kind, handle string) []byte {
	sum := sha256.Sum256([]byte(kind + "\x00" + handle))
	return sum[:]
}

// issued returns what is to be stored behind a handle.
func issued(handle string, sign session, expires time.Time) (store.IssuedGrant, error) {
	document, err := json.Marshal(sign)
	return store.IssuedGrant{Digest: handleDigest(sign.Kind, handle), Family: sign.Family, Document: document, Expires: expires}, err
}

// keep stores a session and returns its handle.
func (s *Server) keep(ctx context.Context, tenant directory.TenantID, sign session, expires time.Time) (string, error) {
	handle := newHandle()
	g, err := issued(handle, sign, expires)
	if err != nil {
		return "", err
	}
	return handle, s.cfg.Issued.AddIssued(ctx, tenant, g)
}

// find returns the session behind a handle, and what is stored of it.
func (s *Server) find(ctx context.Context, tenant directory.TenantID, kind, handle string) (session, store.IssuedGrant, error) {
	if s.cfg.Issued == nil {
		return session{}, store.IssuedGrant{}, notOffered()
	}
	return s.findDigest(ctx, tenant, handleDigest(kind, handle))
}

func (s *Server) findDigest(ctx context.Context, tenant directory.TenantID, digest []byte) (session, store.IssuedGrant, error) {
	g, err := s.cfg.Issued.Issued(ctx, tenant, digest)
	if err != nil {
		return session{}, g, err
	}
	var sign session
	err = json.Unmarshal(g.Document, &sign)
	return sign, g, err
}

// nextRefresh makes the refresh token that follows from a sign-in, and what is
// stored of it; neither when none is wanted.
func (s *Server) nextRefresh(sign session, t target) (string, []store.IssuedGrant, error) {
	if !t.wants("offline_access") {
		return "", nil, nil
	}
	next := sign
	next.Kind, next.Challenge, next.Nonce, next.Redirect = refreshKind, "", "", ""
	life := refreshLife
	if sign.RedirectKind == SinglePage {
		life = pageLife
	}
	handle := newHandle()
	g, err := issued(handle, next, s.cfg.Now().Add(life))
	return handle, []store.IssuedGrant{g}, err
}

// redeem takes a grant back, once, and returns the refresh token that follows. Who
// shows it a second time makes the whole family void: one of the two stole it. A
// refresh token may be shown again for a moment.
func (s *Server) redeem(ctx context.Context, tenant directory.TenantID, g store.IssuedGrant, sign session, t target) (string, error) {
	refresh, next, err := s.nextRefresh(sign, t)
	if err != nil {
		return "", err
	}
	r := store.Redemption{Digest: g.Digest, At: s.cfg.Now(), Next: next}
	if sign.Kind == refreshKind {
		r.Grace = repeat
	}
	accepted, err := s.cfg.Issued.RedeemIssued(ctx, tenant, r)
	switch {
	case errs.Is(err, errs.NotFound):
		return "", revoked()
	case err != nil:
		return "", err
	case !accepted:
		return "", s.revoke(ctx, tenant, sign)
	}
	return refresh, nil
}

// revoke makes a family void and returns what to answer.
func (s *Server) revoke(ctx context.Context, tenant directory.TenantID, sign session) error {
	if err := s.cfg.Issued.RevokeIssued(ctx, tenant, sign.Family); err != nil {
		return err
	}
	if sign.Kind == refreshKind {
		return fault(invalidGrant, 50132, "The refresh token was redeemed before, so it may have been stolen; everything that came of this sign-in is revoked. Sign in again.")
	}
	return fault(invalidGrant, 54005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.")
}

func revoked() *failure {
	return fault(invalidGrant, 50173, "The grant is unknown, has expired or was revoked. Sign in again.")
}
