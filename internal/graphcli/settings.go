package graphcli

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// settings say where Graph is and who signs in. The zero settings say nothing.
// All are text, so that flags and environment variables are one table.
type settings struct {
	cloud, graphEndpoint, authority, bootstrapFile             string
	tenantID, clientID                                         string
	clientSecret, clientSecretFile                             string
	accessToken, accessTokenFile                               string
	caCertificate, apiVersion, allowPlainHTTP, output, verbose string
}

// role tells which settings belong together: when a flag names one place, no
// variable may name another, and no secret may travel to a place that it was not
// given for.
type role uint8

const (
	free   role = iota // stands alone
	place              // names the service
	person             // names who signs in
	secret             // proves it
	token              // is used instead of signing in
)

type setting struct {
	name  string
	role  role
	field func(*settings) *string
	usage string
}

// settingsTable lists the settings in the order of the help page.
func settingsTable() []setting {
	return []setting{
		{"cloud", place, func(s *settings) *string { return &s.cloud }, "which cloud: global, usgov, usgovdod or china"},
		{"graph-endpoint", place, func(s *settings) *string { return &s.graphEndpoint }, "URL of a Graph without version, such as https://localhost:8443"},
		{"authority", place, func(s *settings) *string { return &s.authority }, "URL that signs in, with or without tenant, for --graph-endpoint"},
		{"bootstrap-file", place, func(s *settings) *string { return &s.bootstrapFile }, "`FILE` that provisor serve wrote: endpoint, authority and an administrator client"},
		{"tenant-id", person, func(s *settings) *string { return &s.tenantID }, "tenant to sign in to"},
		{"client-id", person, func(s *settings) *string { return &s.clientID }, "client that signs in (client credentials)"},
		{"client-secret", secret, func(s *settings) *string { return &s.clientSecret }, "its secret; other users of this machine may see it, prefer the file or the variable"},
		{"client-secret-file", secret, func(s *settings) *string { return &s.clientSecretFile }, "file that holds the secret"},
		{"access-token", token, func(s *settings) *string { return &s.accessToken }, "access token to use instead of signing in"},
		{"access-token-file", token, func(s *settings) *string { return &s.accessTokenFile }, "file that holds the access token"},
		{"ca-certificate", free, func(s *settings) *string { return &s.caCertificate }, "PEM file with a certificate authority to trust as well"},
		{"allow-plain-http", free, func(s *settings) *string { return &s.allowPlainHTTP }, "allow http to hosts other than this machine"},
		{"api-version", free, func(s *settings) *string { return &s.apiVersion }, "v1.0 or beta (default v1.0)"},
		{"output", free, func(s *settings) *string { return &s.output }, "json, table or none (default json)"},
		{"verbose", free, func(s *settings) *string { return &s.verbose }, "say on standard error what is sent and what came back, without secrets"},
	}
}

// registerSettings adds a flag for every setting, except those named.
func registerSettings(s *settings, flags *pflag.FlagSet, except ...string) {
	for _, one := range settingsTable() {
		if slices.Contains(except, one.name) {
			continue
		}
		flags.StringVar(one.field(s), one.name, "", one.usage+" ["+variable(one.name)+"]")
		if one.name == "verbose" || one.name == "allow-plain-http" {
			flags.Lookup(one.name).NoOptDefVal = "true"
		}
	}
}

// variable returns the environment variable of a flag.
func variable(flag string) string {
	return "PROVISOR_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func fromEnvironment(getenv func(string) string) settings {
	var s settings
	for _, one := range settingsTable() {
		*one.field(&s) = getenv(variable(one.name))
	}
	return s
}

// over returns s, the command line, completed by the environment.
func (s settings) over(environment settings) settings {
	merged := s
	for _, one := range settingsTable() {
		mine := one.field(&merged)
		if *mine == "" && !s.setsAside(one.role) {
			*mine = *one.field(&environment)
		}
	}
	return merged
}

// setsAside reports whether what s names leaves no room for what the
// environment names in the same role.
func (s settings) setsAside(r role) bool {
	proven := s.bootstrapFile + s.clientSecret + s.clientSecretFile + s.accessToken + s.accessTokenFile
	switch r {
	case place:
		return s.cloud+s.graphEndpoint+s.bootstrapFile != ""
	case person:
		return s.bootstrapFile != ""
	case secret:
		return proven != ""
	case token:
		return proven+s.clientID != ""
	case free:
	}
	return false
}

func isTrue(text string) bool { return strings.EqualFold(text, "true") || text == "1" }
