package demo

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/go-oauth2/oauth2/v4"
	oautherrors "github.com/go-oauth2/oauth2/v4/errors"
	"github.com/go-oauth2/oauth2/v4/models"
)

// newCode makes authorization codes, newTokens access and refresh tokens: random
// text of 256 bits.
type (
	newCode   struct{}
	newTokens struct{}
)

// Token makes an authorization code.
func (newCode) Token(context.Context, *oauth2.GenerateBasic) (string, error) {
	return randomText(), nil
}

// Token makes an access token and, when asked, a refresh token.
func (newTokens) Token(_ context.Context, _ *oauth2.GenerateBasic, refresh bool) (string, string, error) { //nolint:revive // the library's signature
	if refresh {
		return randomText(), randomText(), nil
	}
	return randomText(), "", nil
}

func randomText() string { return rand.Text() + rand.Text() }

// oneClient is the register of clients: it holds the one that the application
// was started with.
type oneClient struct{ client models.Client }

// GetByID returns the client when the id is its own.
func (c oneClient) GetByID(_ context.Context, id string) (oauth2.ClientInfo, error) {
	if id != c.client.ID {
		return nil, oautherrors.ErrInvalidClient
	}
	return &c.client, nil
}

// tokenStore remembers codes and tokens until they expire. It hands out copies:
// the library changes what it was given.
type tokenStore struct {
	now func() time.Time

	mu      sync.Mutex
	code    map[string]models.Token
	access  map[string]models.Token
	refresh map[string]models.Token
}

func newTokenStore(now func() time.Time) *tokenStore {
	return &tokenStore{
		now: now, code: map[string]models.Token{}, access: map[string]models.Token{}, refresh: map[string]models.Token{},
	}
}

// Create keeps a code or a token.
func (s *tokenStore) Create(_ context.Context, info oauth2.TokenInfo) error {
	token, ok := info.(*models.Token)
	if !ok {
		return oautherrors.ErrServerError
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetExpired()
	if token.Code != "" {
		s.code[token.Code] = *token
		return nil
	}
	s.access[token.Access] = *token
	if token.Refresh != "" {
		s.refresh[token.Refresh] = *token
	}
	return nil
}

func (s *tokenStore) forgetExpired() {
	now := s.now()
	for key, t := range s.code {
		if now.After(t.CodeCreateAt.Add(t.CodeExpiresIn)) {
			delete(s.code, key)
		}
	}
	for key, t := range s.access {
		if now.After(t.AccessCreateAt.Add(t.AccessExpiresIn)) {
			delete(s.access, key)
		}
	}
	for key, t := range s.refresh {
		if now.After(t.RefreshCreateAt.Add(t.RefreshExpiresIn)) {
			delete(s.refresh, key)
		}
	}
}

// RemoveByCode forgets a code.
func (s *tokenStore) RemoveByCode(_ context.Context, code string) error {
	return s.remove(s.code, code)
}

// RemoveByAccess forgets an access token.
func (s *tokenStore) RemoveByAccess(_ context.Context, access string) error {
	return s.remove(s.access, access)
}

// RemoveByRefresh forgets a refresh token.
func (s *tokenStore) RemoveByRefresh(_ context.Context, refresh string) error {
	return s.remove(s.refresh, refresh)
}

// GetByCode returns what a code stands for.
func (s *tokenStore) GetByCode(_ context.Context, code string) (oauth2.TokenInfo, error) {
	return s.get(s.code, code, oautherrors.ErrInvalidAuthorizeCode)
}

// GetByAccess returns what an access token stands for.
func (s *tokenStore) GetByAccess(_ context.Context, access string) (oauth2.TokenInfo, error) {
	return s.get(s.access, access, oautherrors.ErrInvalidAccessToken)
}

// GetByRefresh returns what a refresh token stands for.
func (s *tokenStore) GetByRefresh(_ context.Context, refresh string) (oauth2.TokenInfo, error) {
	return s.get(s.refresh, refresh, oautherrors.ErrInvalidRefreshToken)
}

func (s *tokenStore) remove(from map[string]models.Token, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(from, key)
	return nil
}

func (s *tokenStore) get(from map[string]models.Token, key string, unknown error) (oauth2.TokenInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, ok := from[key]
	if !ok {
		return nil, unknown
	}
	return &token, nil
}
