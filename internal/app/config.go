package app

import (
	"log/slog"
	"net/netip"
	"net/url"
	"time"

	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/identity/token"
)

// Config is how one `provisor serve` runs. [Settings] says what each member
// means, where it comes from and what it is when nobody says anything.
type Config struct {
	Data           string
	Database       string // empty: a file in Data
	Listen         string
	TLS            string
	BaseURL        *url.URL // nil: made from the address that is listened on
	LogLevel       slog.Level
	LogFormat      string
	BootstrapFile  string
	SealingKey     string
	SealingKeyFile string
	EgressAllow    []netip.Prefix
	AllowHTTP      Choice
	TrustedIssuers []TrustedIssuer
	SignIn         string // one of the signIn constants
	Throttle       graphapi.Limits
	CORSOrigins    []string
	Forbidden401   bool
	Interval       time.Duration
	Role           string // one of the role constants
	Workers        int
	Metrics        bool
	LogRetention   time.Duration
	Grace          time.Duration

	StrictSchemaPatch bool
	OnDemandAnswer    string // one of the onDemand constants
}

// employed refuses a worker that would do nothing.
func (c Config) employed() error {
	if c.Role == roleWorker && c.Workers == 0 {
		return usage("--role worker with --workers 0 would do nothing", "give --workers 1 or more, or --role api for a process that only serves the API")
	}
	return nil
}

// Choice is a switch that decides for itself when nobody sets it.
type Choice uint8

// The choices. The zero Choice is Auto.
const (
	Auto Choice = iota
	On
	Off
)

// Or returns whether c is on, or what auto says.
func (c Choice) Or(auto bool) bool {
	switch c {
	case On:
		return true
	case Off:
		return false
	case Auto:
		return auto
	}
	return auto
}

// The values of --sign-in.
const (
	signInOff      = "off"
	signInPassword = "password"
	signInPick     = "pick"
	// signInPickOpen is pick where others than this machine can reach the service.
	signInPickOpen = "pick-open"
)

// TrustedIssuer is an external issuer whose tokens are accepted.
type TrustedIssuer struct {
	Issuer   string
	Tenant   string // the tenant its callers act in; empty means the only one
	Audience []string
	// Discovery is where its keys are found, when that is not below Issuer.
	Discovery string
	// Claims says where its tokens keep what Entra's tokens keep elsewhere.
	Claims token.ClaimNames
}
