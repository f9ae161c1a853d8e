package tlsauto

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"

	"github.com/provisor/provisor/internal/errs"
)

const (
	publicMode  = 0o644
	privateMode = 0o600
)

// tighten takes a private key away from everybody but its owner, should somebody
// have copied it with another mode.
func tighten(path string) error {
	if err := os.Chmod(path, privateMode); err != nil {
		return errs.Wrap(err, errs.Internal, code, "The private key %s cannot be protected.", path)
	}
	return nil
}

// writePair stores a certificate and its key, the key first.
func writePair(certificate, key string, raw []byte, private *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return errs.Wrap(err, errs.Internal, code, "The private key for TLS cannot be written down.")
	}
	if err := write(key, "PRIVATE KEY", der, privateMode); err != nil {
		return err
	}
	return write(certificate, "CERTIFICATE", raw, publicMode)
}

// write puts a PEM block in place at once: a reader sees the old file or the new
// one, and a file that is not for everybody never is, not for a moment.
func write(path, kind string, content []byte, mode os.FileMode) error {
	err := replace(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), mode)
	if err != nil {
		return errs.Wrap(err, errs.Internal, code, "The file %s cannot be written.", path)
	}
	return nil
}

func replace(path string, content []byte, mode os.FileMode) error {
	draft, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name()) //nolint:errcheck // gone already when all went well
	if _, err := draft.Write(content); err != nil {
		_ = draft.Close() // the write's error tells more
		return err
	}
	if err := draft.Chmod(mode); err != nil {
		_ = draft.Close()
		return err
	}
	if err := draft.Sync(); err != nil {
		_ = draft.Close()
		return err
	}
	if err := draft.Close(); err != nil {
		return err
	}
	return os.Rename(draft.Name(), path)
}
