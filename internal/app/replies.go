package app

import (
	"context"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/keyring"
	"github.com/provisor/provisor/internal/store"
)

// sealedReplies keeps answers sealed: that of addPassword holds a client secret.
type sealedReplies struct {
	store store.Replies
	ring  *keyring.Keyring
}

// BeginReply notes that a request is being answered, or opens the answer.
func (s sealedReplies) BeginReply(ctx context.Context, tenant directory.TenantID, digest []byte, now, expires time.Time) ([]byte, bool, error) {
	sealed, first, err := s.store.BeginReply(ctx, tenant, digest, now, expires)
	if err != nil || first || sealed == nil {
		return nil, first, err
	}
	document, err := s.ring.Open(sealed, replyPlace(tenant, digest))
	if err != nil {
		return nil, false, errs.Wrap(err, errs.Internal, "InternalServerError", "A kept answer cannot be opened.")
	}
	return document, false, nil
}

// EndReply seals the answer; nil forgets the request.
func (s sealedReplies) EndReply(ctx context.Context, tenant directory.TenantID, digest, document []byte) error {
	if document == nil {
		return s.store.EndReply(ctx, tenant, digest, nil)
	}
	sealed, err := s.ring.Seal(document, replyPlace(tenant, digest))
	if err != nil {
		return err
	}
	return s.store.EndReply(ctx, tenant, digest, sealed)
}

// replyPlace binds a sealed answer to its request.
func replyPlace(tenant directory.TenantID, digest []byte) []byte {
	return append([]byte("reply/"+string(tenant)+"/"), digest...)
}
