package scim_test

import (
	"testing"

	"github.com/provisor/provisor/internal/scim"
)

func BenchmarkEncodeCreate(b *testing.B) {
	r := mustResource(b, base)
	for b.Loop() {
		if _, err := scim.Entra.EncodeCreate(scim.UserType, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodePatch(b *testing.B) {
	ops := []scim.PatchOp{
		{Op: scim.Replace, Path: mustPath(b, "title"), Value: "Prof"},
		{Op: scim.Replace, Path: mustPath(b, "active"), Value: false},
		{Op: scim.Replace, Path: mustPath(b, `emails[type eq "work"].value`), Value: "n@x"},
	}
	for _, d := range dialects {
		b.Run(d.String(), func(b *testing.B) {
			for b.Loop() {
				if _, err := d.EncodePatch(ops); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkApply(b *testing.B) {
	user := scim.NewUserType()
	r := mustResource(b, base)
	ops := []scim.PatchOp{
		{Op: scim.Replace, Path: mustPath(b, "title"), Value: "Prof"},
		{Op: scim.Replace, Path: mustPath(b, `emails[type eq "work"].value`), Value: "n@x"},
	}
	for b.Loop() {
		if _, _, err := scim.Apply(r, ops, user, scim.Strict); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFilterMatch(b *testing.B) {
	user := scim.NewUserType()
	r := mustResource(b, base)
	for _, text := range []string{`userName eq "ann"`, `emails[type eq "work"].value eq "h@x"`} {
		f, err := scim.ParseFilter(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				f.Match(r, user.CaseExact)
			}
		})
	}
}

func BenchmarkParseFilter(b *testing.B) {
	for b.Loop() {
		if _, err := scim.ParseFilter(`emails[type eq "work"].value eq "ann@example.com"`); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNormalize(b *testing.B) {
	user := scim.NewUserType()
	r := mustResource(b, base)
	for b.Loop() {
		if _, err := user.Normalize(r, scim.Strict); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSet builds the resource of a new user, path by path.
func BenchmarkSet(b *testing.B) {
	var paths []scim.Path
	for _, text := range []string{
		"userName", "active", "displayName", "title", "preferredLanguage", "externalId", "name.givenName", "name.familyName", "name.formatted",
		`emails[type eq "work"].value`, `addresses[type eq "work"].locality`, `addresses[type eq "work"].country`,
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
	} {
		paths = append(paths, mustPath(b, text))
	}
	layout := scim.NewLayout(paths...)
	for name, put := range map[string]func(r scim.Resource, i int) error{
		"set":    func(r scim.Resource, i int) error { return paths[i].Set(r, "a value") },
		"layout": func(r scim.Resource, i int) error { return layout.Put(r, i, "a value") },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := make(scim.Resource, 16)
				for i := range paths {
					if err := put(r, i); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
