package graphcli_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/graphcli"
)

// publishedSet is a parameter set as the reference page of the cmdlet gives it.
type publishedSet struct {
	name     string
	required []string
	optional []string
}

func publishedSets() []publishedSet {
	return []publishedSet{
		{"AcquireExpanded", []string{"ServicePrincipalId"}, []string{"Credentials", "AdditionalProperties"}},
		{"Acquire", []string{"ServicePrincipalId", "BodyParameter"}, nil},
		{"AcquireViaIdentity", []string{"InputObject", "BodyParameter"}, nil},
		{"AcquireViaIdentityExpanded", []string{"InputObject"}, []string{"Credentials", "AdditionalProperties"}},
	}
}

// expected returns the published set that holds everything typed and misses
// nothing, and what the pipeline fills in it: InputObject and BodyParameter take
// values from the pipeline. A set that has a use for what is piped is preferred.
func expected(typed []string, piped bool) (string, string) {
	set, pipe := "", ""
	for _, s := range publishedSets() {
		if slices.ContainsFunc(typed, func(p string) bool { return !slices.Contains(s.required, p) && !slices.Contains(s.optional, p) }) {
			continue
		}
		var missing []string
		for _, p := range s.required {
			if !slices.Contains(typed, p) {
				missing = append(missing, p)
			}
		}
		fits := len(missing) == 1 && piped && missing[0] != "ServicePrincipalId"
		switch {
		case fits && pipe == "":
			set, pipe = s.name, missing[0]
		case len(missing) == 0 && set == "":
			set = s.name
		}
	}
	return set, pipe
}

// TestParameterSets tries every combination of the five parameters, with and
// without pipeline, against the published sets.
func TestParameterSets(t *testing.T) {
	t.Parallel()

	values := []struct{ name, value string }{
		{"ServicePrincipalId", "sp-1"},
		{"InputObject", `{"servicePrincipalId":"sp-1"}`},
		{"BodyParameter", `{"credentials":[]}`},
		{"Credentials", "A=b"},
		{"AdditionalProperties", `{"x":1}`},
	}
	for bits := range 1 << len(values) {
		for _, piped := range []bool{false, true} {
			var typed, args []string
			for i, v := range values {
				if bits&(1<<i) != 0 {
					typed = append(typed, v.name)
					args = append(args, "-"+v.name, v.value)
				}
			}
			t.Run(fmt.Sprintf("%s piped=%t", strings.Join(typed, "+"), piped), func(t *testing.T) {
				t.Parallel()
				checkSet(t, typed, args, piped)
			})
		}
	}
}

func checkSet(t *testing.T, typed, args []string, piped bool) {
	t.Helper()
	set, pipe := expected(typed, piped)
	p := program{piped: piped, stdin: `{"servicePrincipalId":"piped"}`}
	if pipe == "BodyParameter" {
		p.stdin = `{"credentials":[{"key":"Piped"}]}`
	}
	got := p.run(t, append([]string{"Get-MgServicePrincipalSynchronizationAccessToken", "-WhatIf"}, args...)...)
	if set == "" {
		if graphcli.ExitCode(got.err) != graphcli.ExitUsage {
			t.Fatalf("accepted: %s", got.stdout)
		}
		if !strings.Contains(got.stderr, "cannot be resolved") && !strings.Contains(got.stderr, "missing mandatory parameters: ServicePrincipalId") {
			t.Errorf("unclear: %s", got.stderr)
		}
		return
	}
	if got.err != nil || !strings.Contains(got.stdout, "AccessToken_"+set+`"`) {
		t.Fatalf("want %s, got %v %s", set, got.err, got.stdout)
	}
	if strings.Contains(got.stdout, "/piped/") != (pipe == "InputObject") || strings.Contains(got.stdout, "Piped") != (pipe == "BodyParameter") {
		t.Errorf("the pipeline fills %q: %s", pipe, got.stdout)
	}
}

// TestParameterNames binds names as PowerShell does: any case, aliases, prefixes
// that fit one parameter, and the cmdlet's own before the common ones.
func TestParameterNames(t *testing.T) {
	t.Parallel()

	const want = "the credentials Named"
	for _, name := range []string{"-Credentials", "-credentials", "-CREDENTIALS", "-Cred", "-c", "–Credentials", "—cr"} {
		got := program{}.run(t, "Get-MgServicePrincipalSynchronizationAccessToken", "-s", "sp-1", "-wi", name, "Named=x")
		if got.err != nil || !strings.Contains(got.stdout, want) {
			t.Errorf("%s: %v %s", name, got.err, got.stdout)
		}
	}
	for _, name := range []string{"-i", "-In", "-InputObject"} {
		got := program{}.run(t, "Get-MgApplicationSynchronizationAccessToken", name, `{"applicationId":"a-1"}`, "-Wh")
		if got.err != nil || !strings.Contains(got.stdout, "/applications/a-1/") {
			t.Errorf("%s: %v", name, got.err)
		}
	}
	for name, ambiguous := range map[string]string{
		"-p":  "-PassThru -Proxy",
		"-A":  "",
		"-e":  "-ErrorAction -ErrorVariable",
		"-zz": "cannot be found",
		"-o":  "-OutVariable -OutBuffer",
	} {
		got := program{}.run(t, "Get-MgServicePrincipalSynchronizationAccessToken", "-s", "sp-1", "-wi", name, "{}")
		if ambiguous == "" && got.err != nil || !strings.Contains(got.stderr, ambiguous) {
			t.Errorf("%s: %v", name, got.err)
		}
	}
}

// TestIdentityKeys accepts every member of IApplicationsIdentity, in any case.
func TestIdentityKeys(t *testing.T) {
	t.Parallel()

	keys := strings.Fields("AppId AppManagementPolicyId AppRoleAssignmentId ApplicationId ApplicationTemplateId ClaimsMappingPolicyId " +
		"DelegatedPermissionClassificationId DirectoryDefinitionId DirectoryObjectId EndpointId ExtensionPropertyId FederatedIdentityCredentialId " +
		"GroupId HomeRealmDiscoveryPolicyId OAuth2PermissionGrantId ServicePrincipalId SynchronizationJobId SynchronizationTemplateId " +
		"TokenIssuancePolicyId TokenLifetimePolicyId UserId")
	for _, spell := range []func(string) string{strings.ToLower, func(s string) string { return s }} {
		var object []string
		for _, key := range keys {
			object = append(object, fmt.Sprintf("%q:%q", spell(key), "id of "+key))
		}
		text := "{" + strings.Join(object, ",") + "}"
		for cmdlet, path := range map[string]string{
			"Get-MgServicePrincipalSynchronizationAccessToken": "/servicePrincipals/id%20of%20ServicePrincipalId/",
			"Get-MgApplicationSynchronizationAccessToken":      "/applications/id%20of%20ApplicationId/",
		} {
			got := program{}.run(t, cmdlet, "-InputObject", text, "-WhatIf")
			if got.err != nil || !strings.Contains(got.stdout, path) {
				t.Errorf("%s: %v %s", cmdlet, got.err, got.stdout)
			}
		}
	}
}
