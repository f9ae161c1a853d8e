package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

func templateChecks() []check {
	return []check{
		{"none is no error", func(f *fixture) {
			templates, err := f.Templates(f.Context(), f.tenant, "someone")
			f.succeed(err)
			equal(f, len(templates), 0, "number of templates")
		}},
		{"what the function returns is stored, changed and removed, ordered by id", templatesChanged},
		{"an error of the function aborts and is returned as it is", templateAborted},
		{"a purged service principal takes its templates with it", templatesPurged},
		{"a schema is changed together with its job", schemaChanged},
		{"of changes to a schema at the same time none is lost", schemaChangedTogether},
		{"a connection is found by its object and by its account", connectionFound},
		{"a connection is forgotten, alone, unless the check refuses", connectionForgotten},
	}
}

// keep stores t, whatever there is.
func (f *fixture) keep(owner directory.ObjectID, t synchronization.Template) {
	f.Helper()
	f.succeed(f.ChangeTemplate(f.Context(), f.tenant, owner, t.ID, func(*synchronization.Template) (*synchronization.Template, error) { return &t, nil }))
}

func templatesChanged(f *fixture) {
	const owner, other directory.ObjectID = "owner", "other"
	a := synchronization.Template{ID: "Airtable", FactoryTag: "scim", Schema: synchronization.Schema{Version: "v1.1"}}
	b := synchronization.Template{ID: "box", Description: "Box"}
	f.keep(owner, b)
	f.keep(owner, a)
	f.keep(other, synchronization.Template{ID: "AIRTABLE"})
	a.Default = true
	f.succeed(f.ChangeTemplate(f.Context(), f.tenant, owner, "airTABLE", func(before *synchronization.Template) (*synchronization.Template, error) {
		f.holds(before != nil && before.FactoryTag == "scim", "the function gets what is stored")
		return &a, nil
	}))
	templates, err := f.Templates(f.Context(), f.tenant, owner)
	f.succeed(err)
	f.same(inWords(templates), inWords([]synchronization.Template{a, b}), "templates")
	f.succeed(f.ChangeTemplate(f.Context(), f.tenant, owner, "Box", func(*synchronization.Template) (*synchronization.Template, error) {
		return nil, nil //nolint:nilnil // nil removes
	}))
	templates, err = f.Templates(f.Context(), f.tenant, owner)
	f.succeed(err)
	f.same(inWords(templates), inWords([]synchronization.Template{a}), "templates that are left")
}

// inWords tells templates apart: an empty list and none are the same when they are
// written.
func inWords(templates []synchronization.Template) []string {
	var words []string
	for _, t := range templates {
		words = append(words, fmt.Sprint(t.ID, t.FactoryTag, t.Description, t.Default, t.Schema.Version))
	}
	return words
}

func templateAborted(f *fixture) {
	refusal := errors.New("no")
	err := f.ChangeTemplate(f.Context(), f.tenant, "owner", "x", func(before *synchronization.Template) (*synchronization.Template, error) {
		f.holds(before == nil, "there is none yet")
		return &synchronization.Template{ID: "x"}, refusal
	})
	f.holds(err == refusal, "the error is the function's") //nolint:errorlint // as it is, not wrapped
	templates, err := f.Templates(f.Context(), f.tenant, "owner")
	f.succeed(err)
	equal(f, len(templates), 0, "number of templates")
}

func templatesPurged(f *fixture) {
	sp := f.principal("app")
	f.keep(sp.ID, synchronization.Template{ID: "x"})
	f.remove(sp)
	f.succeed(f.PurgeObject(f.Context(), f.tenant, sp.ID, f.now))
	templates, err := f.Templates(f.Context(), f.tenant, sp.ID)
	f.succeed(err)
	equal(f, len(templates), 0, "number of templates")
}

func schemaChanged(f *fixture) {
	j := f.job("job", f.id())
	change := func(refusal error) error {
		return f.ChangeSchema(f.Context(), f.tenant, j.ID, func(j synchronization.Job, s synchronization.Schema) (synchronization.Job, synchronization.Schema, error) {
			j.Generation++
			s.Version += "x"
			return j, s, refusal
		})
	}
	refusal := errors.New("no")
	f.holds(change(refusal) == refusal, "the error is the function's") //nolint:errorlint // as it is, not wrapped
	before, err := f.Schema(f.Context(), f.tenant, j.ID)
	f.succeed(err)
	f.succeed(change(nil))
	after, err := f.Schema(f.Context(), f.tenant, j.ID)
	f.succeed(err)
	equal(f, after.Version, before.Version+"x", "version")
	text, err := f.SchemaText(f.Context(), f.tenant, j.ID)
	f.succeed(err)
	var read synchronization.Schema
	f.succeed(json.Unmarshal(text, &read))
	f.same(read, after, "the schema as text")
	_, err = f.SchemaText(f.Context(), f.tenant, "none")
	f.fail(err, errs.NotFound)
	changed, err := f.Job(f.Context(), f.tenant, j.ID)
	f.succeed(err)
	equal(f, changed.Generation, j.Generation+1, "generation")
	f.fail(f.ChangeSchema(f.Context(), f.tenant, "none", func(j synchronization.Job, s synchronization.Schema) (synchronization.Job, synchronization.Schema, error) {
		return j, s, nil
	}), errs.NotFound)
}

func schemaChangedTogether(f *fixture) {
	j := f.job("job", f.id())
	const writers = 8
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			err := f.ChangeSchema(f.Context(), f.tenant, j.ID, func(j synchronization.Job, s synchronization.Schema) (synchronization.Job, synchronization.Schema, error) {
				s.Directories = append(s.Directories, synchronization.DirectoryDefinition{ID: fmt.Sprint(i)})
				return j, s, nil
			})
			if err != nil {
				f.Error(err)
			}
		})
	}
	group.Wait()
	s, err := f.Schema(f.Context(), f.tenant, j.ID)
	f.succeed(err)
	equal(f, len(s.Directories), writers, "directories")
}

// connected makes a job that has ada linked and a group with her written.
func (f *fixture) connected() (store.Claim, directory.Object) {
	g, members, c := f.team("ada")
	f.settle(c, g, directory.Members)
	return c, members[0]
}

func connectionFound(f *fixture) {
	c, ada := f.connected()
	byObject, err := f.Connection(f.Context(), f.tenant, c.Job.ID, strings.ToUpper(string(ada.ID)))
	f.succeed(err)
	equal(f, byObject.Object, ada.ID, "object")
	equal(f, byObject.Kind, directory.User, "kind")
	equal(f, byObject.DisplayName, "ada", "name")
	byAccount, err := f.Connection(f.Context(), f.tenant, c.Job.ID, byObject.TargetID)
	f.succeed(err)
	f.same(byAccount, byObject, "connection by account")
	_, err = f.Connection(f.Context(), f.tenant, c.Job.ID, "nobody")
	f.fail(err, errs.NotFound)
	_, err = f.Connection(f.Context(), f.tenant, "none", string(ada.ID))
	f.fail(err, errs.NotFound)
}

func connectionForgotten(f *fixture) {
	c, ada := f.connected()
	refusal := errors.New("no")
	disconnect := func(err error) error {
		return f.Disconnect(f.Context(), f.tenant, c.Job.ID, string(ada.ID), func(synchronization.Job) error { return err })
	}
	f.holds(disconnect(refusal) == refusal, "the error is the check's") //nolint:errorlint // as it is, not wrapped
	_, err := f.Connection(f.Context(), f.tenant, c.Job.ID, string(ada.ID))
	f.succeed(err)
	f.succeed(disconnect(nil))
	f.succeed(disconnect(nil))
	_, err = f.Connection(f.Context(), f.tenant, c.Job.ID, string(ada.ID))
	f.fail(err, errs.NotFound)
	equal(f, f.candidate(c, ada).Link.TargetID, "", "what the job knows of her")
}
