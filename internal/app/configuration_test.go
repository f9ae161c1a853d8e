package app_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/app"
)

var update = flag.Bool("update", false, "write docs/configuration.md anew")

// TestConfigurationIsDocumented keeps docs/configuration.md and the table of
// settings the same; -update writes it.
func TestConfigurationIsDocumented(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "configuration.md")
	want := configuration()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
	}
	have, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, want, string(have), "run go test ./internal/app -run Documented -update")
}

func configuration() string {
	var b strings.Builder
	b.WriteString("# Configuration\n\nEvery setting of `provisor serve` is a flag, and a variable of the environment that counts when the flag is not given.\nThis table is generated from the one that the program reads.\n\n| flag | variable | default | what it does |\n|---|---|---|---|\n")
	for _, s := range app.Settings() {
		name := "–"
		if s.Name != "" {
			name = fmt.Sprintf("`--%s %s`", s.Name, strings.ReplaceAll(s.Placeholder, "|", "\\|"))
		}
		value := "–"
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", name, s.Variable, value, strings.ReplaceAll(s.Usage, "|", "\\|"))
	}
	b.WriteString(`
## What is in the data directory

| file | what |
|---|---|
| ` + "`provisor.db`" + ` and its ` + "`-wal`, `-shm`" + ` | the database; back it up with the service stopped, or with SQLite's online backup |
| ` + "`keys.json`" + ` | the keys that seal the stored secrets; keep its backup apart from the database's |
| ` + "`tls/`" + ` | with ` + "`--tls auto`" + `: the certificate authority (` + "`ca.pem`" + ` is what clients trust) and the server certificate |
| ` + "`provisor.lock`" + ` | held while a service runs on the directory |

## The bootstrap file

` + "`--bootstrap-file`" + ` is written once the service is ready, with mode 0600: ` + "`graphEndpoint`" + ` (without version), ` + "`authority`" + `, ` + "`tenantId`, `clientId`,\n`clientSecret`" + ` of an administrator client, and ` + "`caCertificate`" + ` with ` + "`--tls auto`" + `. The first start also prints the client. A digest of the secret
is all that is stored, so a later start that writes the file makes another secret and drops the one it made before.
`)
	return b.String()
}
