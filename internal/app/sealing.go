package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity/issuer"
	"github.com/provisor/provisor/internal/keyring"
)

// signingKeys is the setting that holds the issuer's sealed signing keys.
const signingKeys = "issuer-signing-keys"

// openKeyring returns the keys that seal secrets: those of PROVISOR_SEALING_KEY, or
// of a file: --sealing-key-file, or keys.json in the data directory, which the first
// start makes. It never makes new ones beside a database that was sealed with others.
func (b *base) openKeyring(ctx context.Context, c Config) (*keyring.Keyring, error) {
	if c.SealingKey != "" {
		return readKeyring([]byte(c.SealingKey), "PROVISOR_SEALING_KEY")
	}
	path := b.dir.keysFile(c)
	ring, err := readKeys(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return ring, err
	}
	_, err = b.store.Setting(ctx, signingKeys)
	switch {
	case errs.Is(err, errs.NotFound):
		return newKeyring(path)
	case err != nil:
		return nil, err
	}
	return nil, usage("the sealing keys "+path+" are missing, and the database holds secrets sealed with them",
		"restore the file from a backup, name another with --sealing-key-file, give the keys as PROVISOR_SEALING_KEY, or start over with another --data")
}

// keysFile is the file of the keys, when they are in one.
func (d dataDir) keysFile(c Config) string {
	if c.SealingKeyFile != "" {
		return c.SealingKeyFile
	}
	return d.file(keysFile)
}

// readKeys reads the keys of a file, and reads it again when they are rotated.
func readKeys(path string) (*keyring.Keyring, error) {
	read := func() ([]byte, error) { return os.ReadFile(path) } //nolint:gosec // a file that the operator named
	text, err := read()
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, err // the caller says what that means
		}
		return nil, usage("the sealing keys "+path+" cannot be read: "+cause(err), "make the file readable for the user of the service, or name another with --sealing-key-file")
	}
	ring, err := readKeyring(text, path)
	if err != nil {
		return nil, err
	}
	return ring.Follow(read), nil
}

func readKeyring(text []byte, from string) (*keyring.Keyring, error) {
	ring, err := keyring.Load(text)
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "SealingKeys", "The sealing keys in %s cannot be used. Restore them from a backup: without them the stored secrets cannot be read.", from)
	}
	return ring, nil
}

// newKeyring makes keys.json.
func newKeyring(path string) (*keyring.Keyring, error) {
	ring, err := keyring.New()
	if err != nil {
		return nil, err
	}
	text, err := ring.Marshal()
	if err != nil {
		return nil, err
	}
	if err := writeFile(path, text); err != nil {
		return nil, dataError(err, path)
	}
	return readKeys(path)
}

// openSigningKeys returns the issuer's signing keys; the first start makes them.
func (b *base) openSigningKeys(ctx context.Context, ring *keyring.Keyring, now func() time.Time) (*issuer.Ring, error) {
	sealed, err := b.store.Setting(ctx, signingKeys)
	if errs.Is(err, errs.NotFound) {
		return b.newSigningKeys(ctx, ring, now)
	}
	if err != nil {
		return nil, err
	}
	text, err := ring.Open(sealed, settingPlace(signingKeys))
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "SealingKeys",
			"The database was sealed with other keys than those given. Start with the %s (or PROVISOR_SEALING_KEY) that belongs to it.", keysFile)
	}
	set, err := issuer.ParseKeySet(text)
	if err != nil {
		return nil, err
	}
	return issuer.NewRing(set), nil
}

func (b *base) newSigningKeys(ctx context.Context, ring *keyring.Keyring, now func() time.Time) (*issuer.Ring, error) {
	set, err := issuer.NewKeySet(now())
	if err != nil {
		return nil, err
	}
	text, err := set.Marshal()
	if err != nil {
		return nil, err
	}
	sealed, err := ring.Seal(text, settingPlace(signingKeys))
	if err != nil {
		return nil, err
	}
	return issuer.NewRing(set), b.store.PutSetting(ctx, signingKeys, sealed)
}

// settingPlace binds a sealed setting to its name.
func settingPlace(name string) []byte { return []byte("setting/" + name) }
