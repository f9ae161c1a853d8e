package demo_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/demo"
)

func TestSampleIsOneCompany(t *testing.T) {
	t.Parallel()

	s := demo.NewSample()
	if len(s.People) != demo.SampleSize || len(s.Teams) < 20 {
		t.Fatalf("%d people in %d groups", len(s.People), len(s.Teams))
	}
	byID := map[string]demo.Person{}
	for _, p := range s.People {
		byID[p.ID] = p
	}
	for _, p := range s.People {
		boss, steps := p, 0
		for boss.Manager != nil {
			next, ok := byID[boss.Manager.ID]
			if !ok || steps > 5 {
				t.Fatalf("%s: the managers of %s lead nowhere after %d steps", p.ID, p.DisplayName, steps)
			}
			boss, steps = next, steps+1
		}
		if boss.ID != s.People[0].ID {
			t.Errorf("%s does not report to %s", p.DisplayName, s.People[0].DisplayName)
		}
	}
	for _, g := range s.Teams {
		if len(g.Members) < 5 {
			t.Errorf("%s has only %d members", g.DisplayName, len(g.Members))
		}
		for _, m := range g.Members {
			if byID[m.ID].ID == "" {
				t.Errorf("%s has a member %s that does not exist", g.DisplayName, m.ID)
			}
		}
	}
}

func TestSampleRepeatsNothing(t *testing.T) {
	t.Parallel()

	seen := map[string]string{}
	unique := func(kind, value, owner string) {
		t.Helper()
		if other, taken := seen[kind+value]; taken {
			t.Errorf("%s %q belongs to %s and to %s", kind, value, other, owner)
		}
		seen[kind+value] = owner
	}
	s := demo.NewSample()
	for _, p := range s.People {
		unique("id", p.ID, p.DisplayName)
		unique("userPrincipalName", p.UserPrincipalName, p.DisplayName)
		unique("employeeId", p.EmployeeID, p.DisplayName)
		unique("businessPhones", p.BusinessPhones[0], p.DisplayName)
		unique("mobilePhone", p.MobilePhone, p.DisplayName)
		if !strings.HasSuffix(p.Mail, "@"+demo.SampleDomain) {
			t.Errorf("%s is outside %s", p.Mail, demo.SampleDomain)
		}
	}
	for _, g := range s.Teams {
		unique("id", g.ID, g.DisplayName)
		unique("group", g.DisplayName, g.ID)
	}
}

func TestSamplePhonesAreFiction(t *testing.T) {
	t.Parallel()

	fiction := []string{"+44 20 7946 0", "+44 7700 900", " 555 01"}
	for _, p := range demo.NewSample().People {
		for _, number := range append(p.BusinessPhones, p.MobilePhone) {
			var kept bool
			for _, f := range fiction {
				kept = kept || strings.Contains(number, f)
			}
			if !kept {
				t.Errorf("%s has the telephone number %s, which may be someone's", p.DisplayName, number)
			}
		}
	}
}

func TestSampleJSONIsAGraphCollection(t *testing.T) {
	t.Parallel()

	text, err := demo.NewSample().JSON()
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Value []map[string]any `json:"value"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	kinds := map[any]int{}
	for _, o := range c.Value {
		kinds[o["@odata.type"]]++
	}
	if kinds["#microsoft.graph.user"] != demo.SampleSize || kinds["#microsoft.graph.group"] < 20 {
		t.Fatalf("the collection holds %v", kinds)
	}
}
