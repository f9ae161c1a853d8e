package app

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/graphapi"
)

// callerSettings are about who calls and how often.
func callerSettings() []Setting {
	return []Setting{
		{
			Name: "sign-in", Placeholder: "password|pick|pick-open|off", Default: signInPassword,
			Usage: "how people of the directory sign in to the built-in issuer: with the password of their passwordProfile; by choosing from a list without any (pick, for a laptop and for tests, only when listening on loopback; pick-open, anywhere); or not at all",
			read: func(c *Config, t string) error {
				return readOneOf(&c.SignIn, t, signInPassword, signInPick, signInPickOpen, signInOff)
			},
		},
		{
			Name: "trusted-issuer", Placeholder: "issuer=URL,audience=AUD[,tenant=ID][,discovery=URL][,claim=NAME]",
			Usage: "external issuer whose access tokens are accepted (OIDC discovery); several are separated by blanks; oid=NAME, scp=NAME, roles=NAME, wids=NAME and tid=NAME say under which claim it keeps what Entra keeps under that name, with dots into nested ones, such as roles=realm_access.roles",
			read:  func(c *Config, t string) error { return readIssuers(&c.TrustedIssuers, t) },
		},
		{
			Name: "throttle", Placeholder: "NAME=CALLS/PERIOD,…|off", Default: "provisionOnDemand=5/10s,bulkUpload=40/5s",
			Usage: "how often each application may call: provisionOnDemand, bulkUpload, and all for any calls together; what is not named is not limited; off limits nothing",
			read:  func(c *Config, t string) error { return readLimits(&c.Throttle, t) },
		},
		{
			Name: "cors-origin", Placeholder: "ORIGIN,…",
			Usage: "origins of pages whose scripts may call the Graph API, such as https://app.example; * is any",
			read:  func(c *Config, t string) error { return readOrigins(&c.CORSOrigins, t) },
		},
		{
			Name: "forbidden-as-401", Placeholder: "true|false", Default: "false",
			Usage: "answer a caller without the permission 401 UnknownError without a reason, as the original service does, instead of 403 with one",
			read:  func(c *Config, t string) error { return readBool(&c.Forbidden401, t) },
		},
	}
}

func readLimits(to *graphapi.Limits, text string) error {
	*to = graphapi.Limits{}
	if strings.EqualFold(text, "off") {
		return nil
	}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		rate, err := readRate(value)
		if err != nil {
			return err
		}
		switch strings.ToLower(name) {
		case "all":
			to.All = rate
		case "provisionondemand":
			to.ProvisionOnDemand = rate
		case "bulkupload":
			to.BulkUpload = rate
		default:
			return fmt.Errorf("%q is unknown; all, provisionOnDemand and bulkUpload can be limited, such as all=600/1m", name)
		}
	}
	return nil
}

func readRate(text string) (graphapi.Rate, error) {
	calls, period, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(calls)
	length, bad := time.ParseDuration(period)
	if err != nil || bad != nil || n < 1 || length <= 0 {
		return graphapi.Rate{}, fmt.Errorf("a rate is expected as CALLS/PERIOD, such as 5/10s")
	}
	return graphapi.Rate{Calls: n, Period: length}, nil
}

func readOrigins(to *[]string, text string) error {
	*to = nil
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		u, err := url.Parse(part)
		if part != "*" && (err != nil || u.Host == "" || u.Scheme+"://"+u.Host != part) {
			return fmt.Errorf("%q is no origin; a scheme and a host are expected, such as https://app.example", part)
		}
		*to = append(*to, part)
	}
	return nil
}

func readIssuers(to *[]TrustedIssuer, text string) error {
	for one := range strings.FieldsSeq(text) {
		var issuer TrustedIssuer
		for part := range strings.SplitSeq(one, ",") {
			name, value, _ := strings.Cut(part, "=")
			if err := issuer.set(name, value); err != nil {
				return err
			}
		}
		if issuer.Issuer == "" || len(issuer.Audience) == 0 {
			return fmt.Errorf("issuer=URL and audience=AUD are expected, both")
		}
		*to = append(*to, issuer)
	}
	return nil
}

// set takes one part of a trusted issuer.
func (i *TrustedIssuer) set(name, value string) error {
	switch name {
	case "issuer":
		i.Issuer = value
	case "audience":
		i.Audience = append(i.Audience, value)
	case "tenant":
		i.Tenant = value
	case "discovery":
		i.Discovery = value
	default:
		claim := i.claim(name)
		if claim == nil {
			return fmt.Errorf("%q is unknown; issuer=URL,audience=AUD[,tenant=ID][,discovery=URL][,claim=NAME] is expected", name)
		}
		*claim = value
	}
	return nil
}

// claim is where the name of one of Entra's claims is kept; nil when it is none.
func (i *TrustedIssuer) claim(entra string) *string {
	c := &i.Claims
	switch entra {
	case "tid":
		return &c.Tenant
	case "oid":
		return &c.ObjectID
	case "scp":
		return &c.Scopes
	case "roles":
		return &c.Roles
	case "wids":
		return &c.DirectoryRoles
	default:
		return nil
	}
}
