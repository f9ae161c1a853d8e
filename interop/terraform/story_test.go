package terraform_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestStory tells what a configuration's life is: it is applied, has nothing left to
// do, changes, is imported, and is destroyed. Each part stands on the one before.
func TestStory(t *testing.T) {
	p := here(t)
	c := configured(t, p)
	changed := []string{"-var=job_title=Countess", "-var=enabled=false", "-var=description=after"}
	for _, part := range []struct {
		name string
		tell func(t *testing.T)
	}{
		{"a wrong secret is named", func(t *testing.T) { wrongSecret(t, c) }},
		{"apply", func(t *testing.T) { c.do(t, "apply", "-auto-approve") }},
		{"nothing is left to do", func(t *testing.T) { c.settled(t) }},
		{"the people are in the application", func(t *testing.T) { arrived(t, p, "Programmer") }},
		{"a change is made in place", func(t *testing.T) { inPlace(t, c, changed) }},
		{"nothing is left to do after the change", func(t *testing.T) { c.settled(t, changed...) }},
		{"the change is in the application", func(t *testing.T) { arrived(t, p, "Countess") }},
		{"import", func(t *testing.T) { imported(t, c, changed) }},
		{"destroy", func(t *testing.T) { c.do(t, append([]string{"destroy", "-auto-approve"}, changed...)...) }},
		{"nothing remains", func(t *testing.T) { nothingRemains(t, p, c) }},
	} {
		if !t.Run(part.name, part.tell) {
			return
		}
	}
}

func wrongSecret(t *testing.T, c *cli) {
	out, code := c.with("ARM_CLIENT_SECRET=wrong").run(t, "plan")
	if code == 0 || !strings.Contains(out, "AADSTS7000215") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

// arrived looks into the application: Ada, on demand, and the group with the job.
func arrived(t *testing.T, p *place, title string) {
	ada := p.accounts(t, "Users", "userName")["ada@example.com"]
	if ada["title"] != title || ada["active"] != true {
		t.Errorf("the application has %v", ada)
	}
}

func inPlace(t *testing.T, c *cli, changed []string) {
	does := c.planned(t, changed...)
	want := map[string]string{
		"azuread_application.interface":                       "update",
		"azuread_application_registration.tool":               "update",
		"azuread_group.staff":                                 "update",
		"azuread_synchronization_job.target":                  "update",
		"azuread_synchronization_job_provision_on_demand.ada": "delete create",
		"azuread_user.ada":                                    "update",
	}
	if !maps.Equal(does, want) {
		t.Fatalf("the plan is %v", does)
	}
	c.do(t, "apply", "plan")
}

// imported forgets what has an identity of its own and finds it again.
func imported(t *testing.T, c *cli, changed []string) {
	known := c.resources(t)
	for _, address := range []string{
		"azuread_synchronization_job.target", "azuread_app_role_assignment.staff", "azuread_group.staff", "azuread_application.interface",
		"azuread_service_principal.interface", "azuread_service_principal_delegated_permission_grant.tool", "azuread_directory_role_assignment.reader",
	} {
		id, _ := known[address]["id"].(string)
		c.do(t, "state", "rm", address)
		c.do(t, append([]string{"import"}, append(slices.Clone(changed), address, id)...)...)
	}
	c.settled(t, changed...)
}

func nothingRemains(t *testing.T, p *place, c *cli) {
	if left := c.resources(t); len(left) != 0 {
		t.Errorf("the state has %v", left)
	}
	for _, collection := range []string{"users", "groups", "oauth2PermissionGrants"} {
		if left := p.directory(t, collection); len(left) != 0 {
			t.Errorf("%s: %v", collection, left)
		}
	}
	for _, collection := range []string{"applications", "servicePrincipals"} {
		for _, name := range []string{"Target", "Interface", "Tool"} {
			if slices.Contains(p.directory(t, collection), name) {
				t.Errorf("%s has %s", collection, name)
			}
		}
	}
}
