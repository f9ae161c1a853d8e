package tlsauto

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// Step is one way in which programs come to trust an authority.
type Step struct {
	// For names the programs.
	For string
	// Commands are what to type, in order.
	Commands []string
	// Note says what else to know; empty is nothing.
	Note string
}

// TrustSteps returns how the certificate in file is trusted on an operating system,
// in the words of runtime.GOOS: first by the whole machine, then by single programs
// that keep authorities of their own.
func TrustSteps(file, system string) []Step {
	return append(machineSteps(quoted(file, system), system), programSteps(quoted(file, system), system)...)
}

func machineSteps(file, system string) []Step {
	switch system {
	case "windows":
		return []Step{{
			For:      "Windows: .NET, PowerShell, Go, curl, Edge and Chrome of this user",
			Commands: []string{"certutil -user -addstore Root " + file},
		}}
	case "darwin":
		return []Step{{
			For:      "macOS: Go, curl, Safari and Chrome",
			Commands: []string{"sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain " + file},
		}}
	default:
		return []Step{
			{
				For: "Debian, Ubuntu and Alpine, the whole machine",
				Commands: []string{
					"sudo cp " + file + " /usr/local/share/ca-certificates/provisor.crt", "sudo update-ca-certificates",
				},
			},
			{
				For: "Fedora and Red Hat, the whole machine",
				Commands: []string{
					"sudo cp " + file + " /etc/pki/ca-trust/source/anchors/provisor.pem", "sudo update-ca-trust",
				},
			},
		}
	}
}

func programSteps(file, system string) []Step {
	steps := []Step{
		{For: "Node.js", Commands: []string{set(system, "NODE_EXTRA_CA_CERTS", file)}, Note: "besides its own; set it before node starts"},
		{
			For:      "Python (azure-identity and msal use requests, msgraph-sdk uses httpx)",
			Commands: []string{set(system, "REQUESTS_CA_BUNDLE", file), set(system, "SSL_CERT_FILE", file)},
			Note:     "instead of its own: to reach other hosts as well, name a file that holds both",
		},
		{
			For: "Java",
			Commands: []string{
				"keytool -importcert -noprompt -alias provisor -file " + file + " -keystore provisor-trust.p12 -storetype PKCS12 -storepass changeit",
				set(system, "JAVA_TOOL_OPTIONS", `"-Djavax.net.ssl.trustStore=provisor-trust.p12 -Djavax.net.ssl.trustStorePassword=changeit"`),
			},
			Note: "instead of its own; with -cacerts in place of the keystore options it is added to Java's own",
		},
	}
	if system == "windows" || system == "darwin" {
		return steps
	}
	return append([]Step{{
		For:      "one shell: Go, Terraform, curl, PowerShell and .NET, PHP, Ruby",
		Commands: []string{set(system, "SSL_CERT_FILE", file)},
		Note:     "instead of the machine's own, but Go still reads those in /etc/ssl/certs",
	}}, steps...)
}

// set is how a shell sets a variable.
func set(system, name, value string) string {
	if system == "windows" {
		return "$env:" + name + " = '" + strings.Trim(value, `"'`) + "'"
	}
	return "export " + name + "=" + value
}

// quoted is a path as a shell takes it.
func quoted(path, system string) string {
	if !strings.ContainsAny(path, " '\"$()&;") {
		return path
	}
	if system == "windows" {
		return `"` + path + `"`
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// Fingerprint is the SHA-256 of the certificate in a PEM file, in hexadecimal. The
// error is NotFound when there is no such file, Invalid when it holds no certificate.
func Fingerprint(file string) (string, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the caller names the file
	if err != nil {
		return "", errs.Wrap(err, errs.NotFound, code, "There is no certificate authority at %s: start the service with --tls auto, which makes one.", file)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return "", errs.New(errs.Invalid, code, "The file %s holds no certificate.", file)
	}
	sum := sha256.Sum256(block.Bytes)
	return hex.EncodeToString(sum[:]), nil
}

// AuthorityFile is where the authority's certificate is kept in a folder.
func AuthorityFile(dir string) string { return filepath.Join(dir, caFile) }
