package app_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/app"
	"github.com/provisor/provisor/internal/graphcli"
)

// TestEverySettingRefusesNonsense: what is wrong is said with the flag that it was
// given by, what was given, and what is expected.
func TestEverySettingRefusesNonsense(t *testing.T) {
	t.Parallel()

	for flag, cases := range map[string]map[string]string{
		"data":           {"": "a directory is expected", " ": "a directory is expected"},
		"listen":         {"8480": "HOST:PORT", "localhost:http": "0 to 65535", "localhost:65536": "0 to 65535", "": "HOST:PORT"},
		"tls":            {"on": "off, auto", "cert.pem": "CERT,KEY", ",key.pem": "CERT,KEY", "cert.pem,": "CERT,KEY"},
		"base-url":       {"provisor.example.com": "a URL", "ftp://provisor.example.com": "a URL", "https://a/b": "only scheme, host and port", "https://u@a": "only scheme"},
		"log-level":      {"loud": "debug, info, warn or error"},
		"log-format":     {"xml": "text or json"},
		"metrics":        {"perhaps": "true or false"},
		"grace":          {"20": "a duration", "-1s": "from 0s", "2h": "to 1h"},
		"egress-allow":   {"intranet": "CIDR", "10.0.0.0/8,10.0.0/24": `"10.0.0/24" is no network`},
		"allow-http":     {"perhaps": "auto, true or false"},
		"trusted-issuer": {"https://a": "issuer=URL", "issuer=https://a": "both", "issuer=https://a,audience=b,colour=red": `"colour" is unknown`},
		"interval":       {"0": "from 1s", "999ms": "from 1s", "soon": "such as 90s"},
		"workers":        {"-1": "from 0 to 64", "65": "from 0 to 64", "many": "from 0 to 64"},
		"log-retention":  {"-1h": "from 0s", "month": "a duration"},
	} {
		for value, want := range cases {
			t.Run(flag+"="+value, func(t *testing.T) {
				t.Parallel()
				code, _, stderr := run(t, "serve", "--"+flag+"="+value)
				require.Equal(t, graphcli.ExitUsage, code)
				require.Contains(t, stderr, "--"+flag)
				require.Contains(t, stderr, want)
				require.Contains(t, stderr, "Next:")
			})
		}
	}
}

func TestEverySettingHasAVariableAndADescription(t *testing.T) {
	t.Parallel()

	seen := map[string]bool{}
	for _, s := range app.Settings() {
		require.True(t, strings.HasPrefix(s.Variable, "PROVISOR_"), s.Name)
		require.False(t, seen[s.Variable], s.Variable)
		seen[s.Variable] = true
		require.NotEmpty(t, s.Usage, s.Variable)
		require.NotEmpty(t, s.Placeholder, s.Variable)
		if s.Name != "" {
			require.Equal(t, "PROVISOR_"+strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_")), s.Variable)
		}
	}
	_, help, _ := run(t, "serve", "--help")
	for _, s := range app.Settings() {
		if s.Name != "" {
			require.Contains(t, help, "--"+s.Name)
			require.Contains(t, help, s.Variable)
		}
	}
}

func TestExitCodesAreOneTable(t *testing.T) {
	t.Parallel()

	code, page, _ := run(t, "help", "exit-codes")
	require.Zero(t, code)
	seen := map[int]bool{}
	for _, row := range app.ExitMeanings() {
		require.False(t, seen[row.Code], "exit code %d has two meanings", row.Code)
		seen[row.Code] = true
		require.Contains(t, page, row.Meaning)
	}
}

func TestQuickstartFlagsThatDoNotGoTogether(t *testing.T) {
	t.Parallel()

	for _, tc := range []struct{ args, want string }{
		{"--bearer x", "add --target-url"},
		{"--client-id a", "add --target-url"},
		{"--target-url http://127.0.0.1:1", "--token-url, --client-id, --client-secret missing"},
		{"--target-url http://127.0.0.1:1 --token-url http://127.0.0.1:1 --client-id a", "--client-secret missing"},
		{"--target-url http://127.0.0.1:1 --bearer x --client-id a", "exclude each other"},
		{"--dialect klingon", "klingon"},
		{"now", "takes no argument"},
	} {
		code, stdout, stderr := run(t, append([]string{"quickstart"}, strings.Fields(tc.args)...)...)
		require.Equal(t, graphcli.ExitUsage, code, tc.args)
		require.Contains(t, stderr, tc.want)
		require.Contains(t, stderr, "Next:")
		require.Empty(t, stdout, "nothing was begun")
	}
}

func TestTheDemonstrationStaysOnThisMachine(t *testing.T) {
	t.Parallel()

	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "nowhere"} {
		code, stdout, stderr := run(t, "demo-application", "--listen", address)
		require.NotZero(t, code)
		require.Contains(t, stderr, "loopback address")
		require.Empty(t, stdout)
	}
}

// TestSealingKeysFromTheEnvironment: keys may come from outside, and wrong ones are
// not repeated to whoever reads the error.
func TestSealingKeysFromTheEnvironment(t *testing.T) {
	t.Setenv("PROVISOR_SEALING_KEY", `{"secret":"not-a-keyset"}`)
	dir := t.TempDir()
	code, _, stderr := run(t, "serve", "--data", dir, "--listen", "127.0.0.1:0")
	require.NotZero(t, code)
	require.Contains(t, stderr, "PROVISOR_SEALING_KEY")
	require.NotContains(t, stderr, "not-a-keyset")
	require.NoFileExists(t, filepath.Join(dir, "keys.json"))
}
