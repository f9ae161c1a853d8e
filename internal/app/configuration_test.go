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
	b.WriteString("# Configuration\n\nEvery setting of `provisor serve` is a flag, a variable of the environment that counts when the flag is not given, and a line of a\nYAML file (`--config FILE` or `PROVISOR_CONFIG`) that counts when neither is. In the file a setting has the name of its flag, and may be a list\nwhere the flag takes several; `provisor config print` writes such a file, and `provisor config check` tries what the settings name.\nThis table is generated from the one that the program reads.\n\n| flag | variable | default | what it does |\n|---|---|---|---|\n")
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
| ` + "`provisor.db`" + ` and its ` + "`-wal`, `-shm`" + ` | the database, unless ` + "`--database`" + ` names another; ` + "`provisor database backup FILE`" + ` copies it while the service runs |
| ` + "`keys.json`" + ` | the keys that seal the stored secrets, unless ` + "`--sealing-key-file`" + ` names others; ` + "`provisor keys rotate`" + ` renews them; keep its backup apart from the database's |
| ` + "`tls/`" + ` | with ` + "`--tls auto`" + `: the certificate authority (` + "`ca.pem`" + ` is what clients trust) and the server certificate |
| ` + "`provisor.lock`" + ` | held while a service runs on the directory |

## Several processes on PostgreSQL

With ` + "`--database postgres://…`" + ` several processes, on one machine or many, serve one deployment. Each has a data directory of its own, and all are given
the same ` + "`--sealing-key-file`" + ` (or ` + "`PROVISOR_SEALING_KEY`" + `) and ` + "`--base-url`" + `. They may start at the same time; one of them sets the database up. Give
` + "`--bootstrap-file`" + ` to one of them only: it makes a new secret each time. ` + "`provisor database copy --to postgres://…`" + ` moves a deployment there from SQLite.
The file that it came from refuses every command from then on, and says where the deployment went, until ` + "`provisor database reopen`" + `.

## The bootstrap file

` + "`--bootstrap-file`" + ` is written once the service is ready, with mode 0600: ` + "`graphEndpoint`" + ` (without version), ` + "`authority`" + `, ` + "`tenantId`, `clientId`,\n`clientSecret`" + ` of an administrator client, and ` + "`caCertificate`" + ` with ` + "`--tls auto`" + `. The first start also prints the client. A digest of the secret
is all that is stored, so a later start that writes the file makes another secret and drops the one it made before.
`)
	return b.String()
}
