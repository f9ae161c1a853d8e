package store

import (
	"context"
	"time"

	"github.com/provisor/provisor/internal/directory"
)

// IssuedGrant is something that the token issuer gave out and takes back once: an
// authorization code, a device code, a refresh token (RFC 6749, RFC 8628). Of what
// the client holds, only a digest is kept.
type IssuedGrant struct {
	Digest   []byte // names the grant; unique in the tenant
	Family   string // what descends from one sign-in, revoked together
	Document []byte // what it stands for, known to the issuer
	Expires  time.Time
	Redeemed time.Time // zero until it is
}

// Redemption is the taking back of a grant.
type Redemption struct {
	Digest []byte
	At     time.Time
	// Grace is how long after its first redemption the grant may be redeemed again;
	// zero is not at all.
	Grace time.Duration
	Next  []IssuedGrant // what follows from it
}

// IssuedGrants keeps what the token issuer gave out. That a grant is redeemed once holds
// across processes.
type IssuedGrants interface {
	// AddIssued stores grants, all or none, durably. Conflict when a digest is taken.
	AddIssued(ctx context.Context, tenant directory.TenantID, grants ...IssuedGrant) error
	// Issued returns one, expired or not. NotFound when it was never given, was
	// revoked or is pruned.
	Issued(ctx context.Context, tenant directory.TenantID, digest []byte) (IssuedGrant, error)
	// ChangeIssued stores what fn makes of the document of a grant, durably. NotFound
	// as above. An error of fn aborts and is returned as it is.
	ChangeIssued(ctx context.Context, tenant directory.TenantID, digest []byte, fn func(IssuedGrant) ([]byte, error)) error
	// RedeemIssued marks a grant as redeemed and adds those that follow from it, in
	// one durable transaction. It returns false, and has done nothing, when the grant
	// was redeemed longer ago than the redemption's grace. NotFound as above: of a
	// family that is revoked meanwhile nothing stays.
	RedeemIssued(ctx context.Context, tenant directory.TenantID, r Redemption) (bool, error)
	// RevokeIssued removes the grants of a family, durably. None is no error.
	RevokeIssued(ctx context.Context, tenant directory.TenantID, family string) error
	// PruneIssued removes those of every tenant that have expired at now, and returns
	// how many that were.
	PruneIssued(ctx context.Context, now time.Time) (int, error)
}

// Replies remembers for a while how requests were answered that may be sent again,
// across processes. It outlives a crash of the process, not one of the machine.
type Replies interface {
	// BeginReply notes until expires that the request named by digest is being
	// answered, and returns true. When that is noted already and has not expired at
	// now, it returns false and the answer; a nil answer is still to come.
	BeginReply(ctx context.Context, tenant directory.TenantID, digest []byte, now, expires time.Time) (document []byte, first bool, err error)
	// EndReply stores the answer; nil forgets the request. Nothing happens when the
	// request is not noted.
	EndReply(ctx context.Context, tenant directory.TenantID, digest, document []byte) error
	// PruneReplies removes those of every tenant that have expired at now, and returns
	// how many that were.
	PruneReplies(ctx context.Context, now time.Time) (int, error)
}
