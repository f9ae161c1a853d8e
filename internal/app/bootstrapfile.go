package app

import (
	"encoding/json"

	"github.com/provisor/provisor/internal/errs"
)

// bootstrap is what a script needs to use the service: the content of
// --bootstrap-file.
type bootstrap struct {
	GraphEndpoint string `json:"graphEndpoint"` // without version
	Authority     string `json:"authority"`     // with tenant
	TenantID      string `json:"tenantId"`
	ClientID      string `json:"clientId"`
	ClientSecret  string `json:"clientSecret"`
	CACertificate string `json:"caCertificate,omitempty"` // path, with --tls auto
}

// write writes the file at once, readable by its owner only.
func (b bootstrap) write(path string) error {
	text, err := json.MarshalIndent(b, "", "  ") //nolint:gosec // the file is made to hold the secret, with mode 0600
	if err != nil {
		return errs.Wrap(err, errs.Internal, "BootstrapFile", "The bootstrap file cannot be made.")
	}
	if err := writeFile(path, append(text, '\n')); err != nil {
		return errs.Wrap(err, errs.Invalid, "BootstrapFile", "The bootstrap file %s cannot be written: %s. Name another with --bootstrap-file.", path, cause(err))
	}
	return nil
}
