package keyring

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Sealed is a secret as it is stored: encrypted, authenticated, and marked with the
// key that sealed it. It holds nothing that needs hiding.
type Sealed []byte

// Tink's output prefix: one version byte, then the key id, big-endian.
const (
	prefixVersion = 1
	prefixSize    = 5
)

// KeyID returns the id of the key that sealed s, and false when s is not a sealed
// value.
func (s Sealed) KeyID() (uint32, bool) {
	if len(s) < prefixSize || s[0] != prefixVersion {
		return 0, false
	}
	return binary.BigEndian.Uint32(s[1:prefixSize]), true
}

// Primary returns the id of the key that seals.
func (k *Keyring) Primary() uint32 { return k.keys.Load().handle.KeysetInfo().GetPrimaryKeyId() }

// Keys returns the ids of all keys, oldest first.
func (k *Keyring) Keys() []uint32 {
	var ids []uint32
	for _, info := range k.keys.Load().handle.KeysetInfo().GetKeyInfo() {
		ids = append(ids, info.GetKeyId())
	}
	return ids
}

func (k *Keyring) has(id uint32) bool { return slices.Contains(k.Keys(), id) }

// Stale reports whether s was sealed with a key other than the newest, and should
// be opened and sealed anew.
func (k *Keyring) Stale(s Sealed) bool {
	id, ok := s.KeyID()
	return !ok || id != k.Primary()
}

// Rotate returns a keyring with one more key, which seals from now on; the old
// keys still open. Marshal and keep the result before sealing with it.
func (k *Keyring) Rotate() (*Keyring, error) {
	manager := keyset.NewManagerFromHandle(k.keys.Load().handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("rotate the encryption key: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, fmt.Errorf("rotate the encryption key: %w", err)
	}
	return rewrap(manager)
}

// Retire returns a keyring without the key id. Values that it sealed can never be
// opened again, so first seal every [Keyring.Stale] value anew. The key that seals
// cannot be retired.
func (k *Keyring) Retire(id uint32) (*Keyring, error) {
	manager := keyset.NewManagerFromHandle(k.keys.Load().handle)
	if err := manager.Delete(id); err != nil {
		return nil, fmt.Errorf("retire encryption key %d: %w", id, err)
	}
	return rewrap(manager)
}

func rewrap(manager *keyset.Manager) (*Keyring, error) {
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("change the encryption keys: %w", err)
	}
	return wrap(handle)
}
