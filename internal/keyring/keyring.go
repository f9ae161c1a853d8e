// Package keyring seals and opens secrets.
//
// A [Keyring] holds one or more AES-256-GCM keys (package tink). The newest key
// seals, any key of the ring opens, and a [Sealed] value tells which key made it,
// so that old values can be found and sealed anew after [Keyring.Rotate].
//
// A keyring that follows a source ([Keyring.Follow]) reads it again when it meets a
// value of a key that it lacks: so several processes take up a new key while they run.
//
// Every value is bound to associated data: the place it belongs to, such as an
// owner and a name. A value that was moved to another place does not open.
//
// Errors of this package never hold a secret. They are faults of the
// installation (a lost key file, a damaged database), never of a caller.
package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Keyring seals and opens values. All its methods may be called from any goroutine.
// The zero Keyring is not usable; call [New] or [Load].
type Keyring struct {
	keys   atomic.Pointer[keys]
	source func() ([]byte, error) // where newer keys are read from; nil when there are none
}

// keys are those of a keyring at one time. They do not change.
type keys struct {
	handle *keyset.Handle
	aead   tink.AEAD
}

// New returns a keyring with one fresh random key.
func New() (*Keyring, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make an encryption key: %w", err)
	}
	return wrap(handle)
}

// Load reads what [Keyring.Marshal] wrote.
func Load(data []byte) (*Keyring, error) {
	read, err := parse(data)
	if err != nil {
		return nil, err
	}
	k := &Keyring{}
	k.keys.Store(read)
	return k, nil
}

func parse(data []byte) (*keys, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(data)))
	if err != nil {
		// The parser's error may quote its input, and its input is keys.
		return nil, errors.New("read the encryption keys: the data is not a keyset; restore the key file from a backup")
	}
	return open(handle)
}

func wrap(handle *keyset.Handle) (*Keyring, error) {
	opened, err := open(handle)
	if err != nil {
		return nil, err
	}
	k := &Keyring{}
	k.keys.Store(opened)
	return k, nil
}

func open(handle *keyset.Handle) (*keys, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, errors.New("read the encryption keys: the keyset holds a key that is not for authenticated encryption; restore the key file from a backup")
	}
	return &keys{handle: handle, aead: primitive}, nil
}

// Follow returns a keyring with the keys of k that reads newer ones from source: when
// [Keyring.Refresh] is called, and when it is to open what a key sealed that it
// lacks. source returns what [Keyring.Marshal] wrote and may be called from any
// goroutine.
func (k *Keyring) Follow(source func() ([]byte, error)) *Keyring {
	f := &Keyring{source: source}
	f.keys.Store(k.keys.Load())
	return f
}

// Refresh takes up the keys of the source. On an error, and without a source, the
// keys stay as they are.
func (k *Keyring) Refresh() error {
	if k.source == nil {
		return nil
	}
	data, err := k.source()
	if err != nil {
		return fmt.Errorf("read the encryption keys again: %w", err)
	}
	read, err := parse(data)
	if err != nil {
		return err
	}
	k.keys.Store(read)
	return nil
}

// Marshal returns the keys in clear, as JSON. Whoever reads it reads every secret:
// keep it in a file that only its owner can read, apart from the database.
func (k *Keyring) Marshal() ([]byte, error) {
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(k.keys.Load().handle, keyset.NewJSONWriter(&out)); err != nil {
		return nil, fmt.Errorf("write the encryption keys: %w", err)
	}
	return out.Bytes(), nil
}

// Seal encrypts plain and binds it to associated.
func (k *Keyring) Seal(plain, associated []byte) (Sealed, error) {
	sealed, err := k.keys.Load().aead.Encrypt(plain, associated)
	if err != nil {
		return nil, fmt.Errorf("seal a secret: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal made with the same associated data. Any other value, a
// value of another place and a damaged one give the same error.
func (k *Keyring) Open(sealed Sealed, associated []byte) ([]byte, error) {
	id, marked := sealed.KeyID()
	if marked && !k.has(id) {
		_ = k.Refresh() // without newer keys the value does not open, which is told below
	}
	plain, err := k.keys.Load().aead.Decrypt(sealed, associated)
	if err == nil {
		return plain, nil
	}
	if marked && !k.has(id) {
		return nil, fmt.Errorf("open a secret: it was sealed with key %d, which this keyring lacks (it has %v); start with the key file that belongs to this database", id, k.Keys())
	}
	return nil, errors.New("open a secret: it was altered, or it was sealed for another owner or name; enter the secret again")
}

// String hides the keys from formatted output.
func (k *Keyring) String() string { return "keyring[redacted]" }

// GoString hides the keys from %#v.
func (k *Keyring) GoString() string { return k.String() }
