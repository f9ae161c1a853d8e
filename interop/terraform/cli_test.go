// Package terraform_test runs Terraform's azuread provider, as it is released, against
// a fresh Provisor.
package terraform_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// cli is OpenTofu or Terraform with the provider, in a folder of its own.
type cli struct {
	program, folder string
	environment     []string
}

// configured returns the command line with a copy of the folder configuration.
func configured(t *testing.T, p *place) *cli {
	t.Helper()
	folder := t.TempDir()
	must(t, os.CopyFS(folder, os.DirFS("configuration")))
	settings := provided(t, folder)
	scim, err := json.Marshal(map[string]string{
		"endpoint": p.Target["scimEndpoint"], "token_endpoint": p.Target["tokenEndpoint"],
		"client_id": p.Target["clientId"], "client_secret": p.Target["clientSecret"],
	})
	must(t, err)
	return &cli{program: os.Getenv("PROVISOR_TERRAFORM"), folder: folder, environment: append(os.Environ(),
		"TF_CLI_CONFIG_FILE="+settings, "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1", "TF_VAR_scim="+string(scim),
		"SSL_CERT_FILE="+os.Getenv("PROVISOR_CA"), "ARM_METADATA_HOSTNAME="+strings.TrimPrefix(p.Service["graphEndpoint"], "https://"),
		"ARM_TENANT_ID="+p.Service["tenantId"], "ARM_CLIENT_ID="+p.Service["clientId"], "ARM_CLIENT_SECRET="+p.Service["clientSecret"],
		"ARM_USE_CLI=false", "ARM_DISABLE_TERRAFORM_PARTNER_ID=true",
	)}
}

// provided writes settings by which the provider is found here, and no registry is asked.
func provided(t *testing.T, folder string) string {
	t.Helper()
	program, err := filepath.Abs(os.Getenv("PROVISOR_AZUREAD_PROVIDER"))
	must(t, err)
	providers := filepath.Join(folder, "providers")
	must(t, os.Mkdir(providers, 0o700))
	must(t, os.Symlink(program, filepath.Join(providers, "terraform-provider-azuread")))
	settings := filepath.Join(folder, "cli.tfrc")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"hashicorp/azuread\" = %q\n  }\n}\n", providers)
	must(t, os.WriteFile(settings, []byte(text), 0o600))
	return settings
}

// with returns the command line with more of an environment.
func (c *cli) with(more ...string) *cli {
	return &cli{program: c.program, folder: c.folder, environment: append(slices.Clone(c.environment), more...)}
}

// run runs a command to its end and returns what it wrote, and its exit code.
func (c *cli) run(t *testing.T, arguments ...string) (string, int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), c.program, append(arguments, "-no-color")...)
	command.Dir, command.Env = c.folder, c.environment
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	var failed *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return out.String(), command.ProcessState.ExitCode()
}

// do runs a command that succeeds.
func (c *cli) do(t *testing.T, arguments ...string) string {
	t.Helper()
	out, code := c.run(t, arguments...)
	if code != 0 {
		t.Fatalf("%v: exit code %d\n%s", arguments, code, out)
	}
	return out
}

// settled plans once more: nothing may be left to do.
func (c *cli) settled(t *testing.T, arguments ...string) {
	t.Helper()
	if out, code := c.run(t, append([]string{"plan", "-detailed-exitcode"}, arguments...)...); code != 0 {
		t.Errorf("a plan after an apply wants changes (exit code %d):\n%s", code, out)
	}
}

// planned returns what a plan would do to each resource that it does something to.
func (c *cli) planned(t *testing.T, arguments ...string) map[string]string {
	t.Helper()
	c.do(t, append([]string{"plan", "-out=plan"}, arguments...)...)
	var plan struct {
		Changes []struct {
			Address string `json:"address"`
			Change  struct {
				Actions []string `json:"actions"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	c.show(t, &plan, "plan")
	does := map[string]string{}
	for _, change := range plan.Changes {
		if action := strings.Join(change.Change.Actions, " "); action != "no-op" && action != "read" {
			does[change.Address] = action
		}
	}
	return does
}

// show decodes the state, or a plan.
func (c *cli) show(t *testing.T, into any, arguments ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), c.program, append([]string{"show", "-json"}, arguments...)...)
	command.Dir, command.Env = c.folder, c.environment
	out, err := command.Output()
	must(t, err)
	must(t, json.Unmarshal(out, into))
}

// resources returns the attributes of every resource in the state, by address.
func (c *cli) resources(t *testing.T) map[string]map[string]any {
	t.Helper()
	var state struct {
		Values struct {
			Root struct {
				Resources []struct {
					Address string         `json:"address"`
					Values  map[string]any `json:"values"`
				} `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	c.show(t, &state)
	found := map[string]map[string]any{}
	for _, resource := range state.Values.Root.Resources {
		found[resource.Address] = resource.Values
	}
	return found
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
