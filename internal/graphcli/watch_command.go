package graphcli

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/errs"
)

// watchCommand is the short way to watch a job: it finds the job by itself.
func watchCommand(o Options) *cobra.Command {
	b := &bench{options: o}
	w := &sought{}
	cmd := b.tool("watch [APPLICATION]", "Watch a synchronization job until a cycle has ended, and show what it did",
		`Shows the progress of the cycle that runs or is about to begin, and then what was done: a table,
and the objects that failed, with the reasons. When no cycle runs, it shows that of the last one.
APPLICATION is the display name, object id or client id of the service principal; it may be left
out where only one has a job. --output json prints the job in the end, and all else on standard
error.

The exit code is 0 when the cycle did all it should, 10 when some objects failed, and 1 when the
cycle failed, or the job is in quarantine or does not run.

The same in the shape of Graph's command line: `+"`service-principals synchronization jobs get --watch`"+`.`, cobra.MaximumNArgs(1))
	cmd.Example = "  provisor watch \"My application\" --start\n  provisor watch --next"
	flags := cmd.Flags()
	flags.StringVar(&w.job, "job", "", "id of the job, where the application has several")
	flags.BoolVar(&w.vigil.start, "start", false, "start the job first")
	flags.BoolVar(&w.vigil.next, "next", false, "wait for the next cycle when none runs")
	b.flags(flags)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var err error
		if w.vigil.asJSON, err = b.asJSON(); err != nil {
			return err
		}
		if w.vigil.client, err = b.client(cmd.Context()); err != nil {
			return err
		}
		if len(args) > 0 {
			w.application = args[0]
		}
		if w.vigil.path, err = w.find(cmd.Context()); err != nil {
			return err
		}
		return w.vigil.run(cmd.Context())
	}
	return cmd
}

// sought is the job that is meant.
type sought struct {
	vigil       vigil
	application string
	job         string
}

// candidate is a job, and the service principal that it belongs to.
type candidate struct{ principal, name, job string }

// find returns the path of the job.
func (s *sought) find(ctx context.Context) (string, error) {
	principals, err := s.principals(ctx)
	if err != nil {
		return "", err
	}
	var found []candidate
	for _, p := range principals {
		var jobs []entityID
		if err := s.vigil.client.fetchAll(ctx, "/servicePrincipals/"+url.PathEscape(p.ID)+"/synchronization/jobs", nil, &jobs); err != nil {
			return "", err
		}
		for _, j := range jobs {
			if s.job == "" || s.job == j.ID {
				found = append(found, candidate{p.ID, p.Name, j.ID})
			}
		}
	}
	switch len(found) {
	case 0:
		return "", errs.New(errs.NotFound, "NoJob", "There is no synchronization job to watch%s. `service-principals synchronization jobs create` makes one.", s.described())
	case 1:
		return jobPath(found[0].principal, found[0].job), nil
	}
	lines := make([]string, len(found))
	for i, f := range found {
		lines[i] = "`provisor watch " + f.principal + " --job " + f.job + "` (" + f.name + ")"
	}
	return "", usagef("there are %d jobs, and it is not said which is meant", len(found)).next("one of %s", strings.Join(lines, ", "))
}

// described says where a job was looked for.
func (s *sought) described() string {
	where := ""
	if s.application != "" {
		where += " of the application " + s.application
	}
	if s.job != "" {
		where += " with the id " + s.job
	}
	return where
}

// entityID is what is read of an entity.
type entityID struct {
	ID   string `json:"id"`
	Name string `json:"displayName"`
}

// maxPrincipals is in how many service principals a job is looked for.
const maxPrincipals = 100

// principals returns the service principals that may be meant.
func (s *sought) principals(ctx context.Context) ([]entityID, error) {
	c := s.vigil.client
	if s.application == "" {
		if c.at.cloud.name != "" {
			return nil, usagef("it is not said which application is meant").next("give the display name, object id or client id of its service principal")
		}
		return s.few(ctx)
	}
	if !isGUID(s.application) {
		return s.named(ctx, "displayName", s.application)
	}
	var one entityID
	err := c.fetch(ctx, "/servicePrincipals/"+s.application, url.Values{"$select": {"id,displayName"}}, &one)
	if errs.Is(err, errs.NotFound) {
		return s.named(ctx, "appId", s.application)
	}
	return []entityID{one}, err
}

// few returns all service principals where there are few.
func (s *sought) few(ctx context.Context) ([]entityID, error) {
	var all []entityID
	if err := s.vigil.client.fetchAll(ctx, "/servicePrincipals", url.Values{"$select": {"id,displayName"}}, &all); err != nil {
		return nil, err
	}
	if len(all) > maxPrincipals {
		return nil, usagef("there are %d service principals, and it is not said which is meant", len(all)).next("give its display name, object id or client id")
	}
	return all, nil
}

func (s *sought) named(ctx context.Context, property, value string) ([]entityID, error) {
	var all []entityID
	query := url.Values{"$filter": {property + " eq '" + strings.ReplaceAll(value, "'", "''") + "'"}, "$select": {"id,displayName"}}
	if err := s.vigil.client.fetchAll(ctx, "/servicePrincipals", query, &all); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errs.New(errs.NotFound, "NoServicePrincipal", "There is no service principal with the %s %q. `service-principals list` shows them.", property, value)
	}
	return all, nil
}

func isGUID(text string) bool {
	return regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`).MatchString(text)
}
