package app

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/synchronization"
)

// Setting is one thing that can be configured: by a flag, by an environment
// variable when the flag is not given, by Default when neither is.
type Setting struct {
	Name        string // of the flag, without dashes; empty when there is only a variable
	Variable    string
	Placeholder string // what to write for the value in help texts
	Default     string
	Usage       string
	// read stores text in c, or says what is expected instead.
	read func(c *Config, text string) error
	// redact hides what is secret in text; nil when nothing is.
	redact func(text string) string
}

// Settings returns the table behind the flags of `provisor serve`, the
// environment and the documentation.
func Settings() []Setting {
	all := slices.Concat(serviceSettings(), storageSettings(), callerSettings(), provisioningSettings(), compatibilitySettings())
	for i, s := range all {
		if s.Variable == "" {
			all[i].Variable = "PROVISOR_" + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
		}
	}
	return all
}

func serviceSettings() []Setting {
	return []Setting{
		{
			Name: "data", Placeholder: "DIR", Default: "./provisor-data",
			Usage: "directory that holds the database and the keys; serve, quickstart and migrate create it when it is missing",
			read:  func(c *Config, t string) error { return readText(&c.Data, t, "a directory") },
		},
		{
			Name: "listen", Placeholder: "ADDR", Default: "127.0.0.1:8480",
			Usage: "address to listen on, HOST:PORT; port 0 takes a free one",
			read:  func(c *Config, t string) error { return readAddress(&c.Listen, t) },
		},
		{
			Name: "tls", Placeholder: "off|auto|CERT,KEY", Default: "off",
			Usage: "off; auto makes a certificate authority and a certificate in the data directory; CERT,KEY names PEM files",
			read:  func(c *Config, t string) error { return readTLS(&c.TLS, t) },
		},
		{
			Name: "base-url", Placeholder: "URL",
			Usage: "URL under which clients reach the service, when that is not the address it listens on",
			read:  func(c *Config, t string) error { return readBaseURL(&c.BaseURL, t) },
		},
		{
			Name: "bootstrap-file", Placeholder: "FILE",
			Usage: "file to write, once the service is ready, that holds its URLs and an administrator client",
			read:  func(c *Config, t string) error { c.BootstrapFile = t; return nil },
		},
		{
			Name: "log-level", Placeholder: "LEVEL", Default: "info",
			Usage: "debug, info, warn or error",
			read:  func(c *Config, t string) error { return readLevel(&c.LogLevel, t) },
		},
		{
			Name: "log-format", Placeholder: "text|json", Default: "text",
			Usage: "form of the log lines on standard error",
			read:  func(c *Config, t string) error { return readOneOf(&c.LogFormat, t, "text", "json") },
		},
		{
			Name: "metrics", Placeholder: "true|false", Default: "true",
			Usage: "offer Prometheus metrics at /metrics",
			read:  func(c *Config, t string) error { return readBool(&c.Metrics, t) },
		},
		{
			Name: "grace", Placeholder: "DURATION", Default: "20s",
			Usage: "how long requests may take to finish when the service stops",
			read:  func(c *Config, t string) error { return readDuration(&c.Grace, t, 0, time.Hour) },
		},
	}
}

func provisioningSettings() []Setting {
	return []Setting{
		{
			Name: "egress-allow", Placeholder: "CIDR,…",
			Usage: "networks that targets and token endpoints may be in although they are loopback, link-local or reserved; private ones need not be named",
			read:  func(c *Config, t string) error { return readNetworks(&c.EgressAllow, t) },
		},
		{
			Name: "allow-http", Placeholder: "auto|true|false", Default: "auto",
			Usage: "let tokens and users travel over plain http; auto allows it, and loopback targets, when the service itself listens on loopback without TLS",
			read:  func(c *Config, t string) error { return readChoice(&c.AllowHTTP, t) },
		},
		{
			Name: "interval", Placeholder: "DURATION", Default: synchronization.DefaultInterval.String(),
			Usage: "time between the starts of two cycles of one job, 1s or more",
			read:  func(c *Config, t string) error { return readDuration(&c.Interval, t, time.Second, 30*24*time.Hour) },
		},
		{
			Name: "role", Placeholder: "all|api|worker", Default: roleAll,
			Usage: "api serves requests and leaves cycles to others that share the database; worker runs cycles, and serves health and metrics only",
			read:  func(c *Config, t string) error { return readOneOf(&c.Role, t, roleAll, roleAPI, roleWorker) },
		},
		{
			Name: "workers", Placeholder: "N", Default: "2",
			Usage: "how many jobs run their cycles at the same time, 0 to 64; 0 only serves the API",
			read:  func(c *Config, t string) error { return readNumber(&c.Workers, t, 0, 64) },
		},
		{
			Name: "log-retention", Placeholder: "DURATION", Default: "720h",
			Usage: "age at which records of the provisioning log are removed; 0 keeps them for ever",
			read:  func(c *Config, t string) error { return readDuration(&c.LogRetention, t, 0, 10*365*24*time.Hour) },
		},
	}
}

func readText(to *string, text, what string) error {
	if strings.TrimSpace(text) == "" {
		return fmt.Errorf("%s is expected", what)
	}
	*to = text
	return nil
}

func readAddress(to *string, text string) error {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return fmt.Errorf("HOST:PORT is expected, such as 127.0.0.1:8480, or :8480 for every interface")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("the port must be a number from 0 to 65535")
	}
	*to = text
	return nil
}

func readTLS(to *string, text string) error {
	cert, key, pair := strings.Cut(text, ",")
	if text != "off" && text != "auto" && (!pair || cert == "" || key == "") {
		return fmt.Errorf("off, auto or two PEM files CERT,KEY are expected")
	}
	*to = text
	return nil
}

func readBaseURL(to **url.URL, text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("a URL is expected, such as https://provisor.example.com")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("only scheme, host and port are expected: the service answers at the root of its host")
	}
	u.Path = ""
	*to = u
	return nil
}

func readLevel(to *slog.Level, text string) error {
	if err := to.UnmarshalText([]byte(text)); err != nil {
		return fmt.Errorf("debug, info, warn or error is expected")
	}
	return nil
}

func readOneOf(to *string, text string, choices ...string) error {
	for _, c := range choices {
		if strings.EqualFold(text, c) {
			*to = c
			return nil
		}
	}
	return fmt.Errorf("%s is expected", strings.Join(choices, " or "))
}

func readBool(to *bool, text string) error {
	b, err := strconv.ParseBool(text)
	if err != nil {
		return fmt.Errorf("true or false is expected")
	}
	*to = b
	return nil
}

func readChoice(to *Choice, text string) error {
	if strings.EqualFold(text, "auto") {
		*to = Auto
		return nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return fmt.Errorf("auto, true or false is expected")
	}
	*to = Off
	if on {
		*to = On
	}
	return nil
}

func readDuration(to *time.Duration, text string, least, most time.Duration) error {
	d, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("a duration is expected, such as 90s, 40m or 24h")
	}
	if d < least || d > most {
		return fmt.Errorf("a duration from %s to %s is expected", least, most)
	}
	*to = d
	return nil
}

func readNumber(to *int, text string, least, most int) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return fmt.Errorf("a number from %d to %d is expected", least, most)
	}
	*to = n
	return nil
}

func readNetworks(to *[]netip.Prefix, text string) error {
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil {
			address, bad := netip.ParseAddr(part)
			if bad != nil {
				return fmt.Errorf("%q is no network; networks are expected as CIDR, such as 10.0.0.0/8,fd00::/8", part)
			}
			network = netip.PrefixFrom(address, address.BitLen())
		}
		*to = append(*to, network.Masked())
	}
	return nil
}
