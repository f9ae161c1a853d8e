package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/provisor/provisor/internal/app/quickstart"
	"github.com/provisor/provisor/internal/app/terminal"
	"github.com/provisor/provisor/internal/demo"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/graphcli"
	"github.com/provisor/provisor/internal/scim"
)

// quickstartRun is one quickstart: a service, an application, and a screen.
type quickstartRun struct {
	*program

	config  Config
	flags   quickstartFlags
	screen  *terminal.Screen
	service *service
	sent    *recorder
	logPath string
	files   []string // bootstrap file
}

func (q *quickstartRun) run(ctx context.Context) error {
	q.screen = terminal.New(q.stdout, q.getenv)
	target, endTarget, err := q.target(ctx)
	if err != nil {
		return err
	}
	defer endTarget()
	log, err := q.openLog()
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // a log line may be lost with the disk
	secret, err := q.startService(ctx, log)
	if err != nil {
		return err
	}
	return q.service.end(q.walk(ctx, target, secret))
}

// walk goes through the quickstart and, unless it is to end then, waits.
func (q *quickstartRun) walk(ctx context.Context, target quickstart.Target, secret string) error {
	began := q.now()
	client := &http.Client{Timeout: time.Minute}
	defer client.CloseIdleConnections()
	o := quickstart.Options{
		Screen: q.screen, Target: target, HTTP: client, Import: q.fill, Now: q.now,
		Service: quickstart.Service{
			GraphEndpoint: q.service.url(), Authority: q.service.url() + "/" + string(q.service.tenant.ID),
			ClientID: q.service.admin.AppID, ClientSecret: secret,
		},
	}
	result, err := quickstart.Run(ctx, o)
	if q.flags.targetURL != "" {
		q.showSent() // above all when it went wrong: it says which request did
		q.suggestDialect()
	}
	if err != nil {
		return err
	}
	q.screen.Say("%s", q.screen.Faint("All of it took "+terminal.Duration(q.now().Sub(began))+"."))
	if !q.flags.once {
		q.showNext(result, target)
		if err := q.wait(ctx); err != nil {
			return err
		}
	}
	if !result.Complete {
		return &graphcli.PartlyError{Message: "not everything was provisioned"}
	}
	return nil
}

// wait waits for Ctrl-C, which is the right way to end.
func (q *quickstartRun) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-q.service.ended:
		return q.service.err
	}
}

// target is the person's own application, or the demonstration.
func (q *quickstartRun) target(ctx context.Context) (quickstart.Target, func(), error) {
	if q.flags.targetURL != "" {
		return q.flags.target(), func() {}, nil
	}
	a, end, err := startDemo(ctx, q.stderr)
	if err != nil {
		return quickstart.Target{}, nil, err
	}
	return quickstart.Target{
		Name: "Demonstration application", SCIMEndpoint: a.SCIMEndpoint, TokenURL: a.TokenEndpoint,
		ClientID: a.ClientID, ClientSecret: a.ClientSecret, Page: a.Page,
		Dialect: orDefault(q.flags.dialect, scim.RFC7644.String()),
	}, end, nil
}

func (f *quickstartFlags) target() quickstart.Target {
	return quickstart.Target{
		Name: "My application", SCIMEndpoint: f.targetURL, TokenURL: f.tokenURL, ClientID: f.clientID,
		ClientSecret: f.clientSecret, Bearer: f.bearer, Dialect: orDefault(f.dialect, scim.Entra.String()),
	}
}

func orDefault(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// quickstartLog is the file that the service logs to.
const quickstartLog = "provisor.log"

// openLog makes the file that the service logs to: the screen is for the person.
func (q *quickstartRun) openLog() (*os.File, error) {
	dir, err := openDataDir(q.config.Data)
	if err != nil {
		return nil, err
	}
	q.logPath = dir.file(quickstartLog)
	f, err := os.OpenFile(q.logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) // a file of the data directory
	if err != nil {
		return nil, dataError(err, q.logPath)
	}
	return f, nil
}

// startService starts the service and returns a secret of its administrator, which
// it also leaves in the bootstrap file for the commands to come.
func (q *quickstartRun) startService(ctx context.Context, log io.Writer) (string, error) {
	q.sent = newRecorder()
	s, err := startService(ctx, q.config, world{log: newLog(log, q.config), now: q.now, watch: q.sent.watch})
	if err != nil {
		return "", err
	}
	q.service = s
	secret, err := s.base.newSecret(ctx, s.tenant.ID, s.admin, bootstrapSecret, q.now)
	if err != nil {
		return "", s.end(err)
	}
	path := orDefault(q.config.BootstrapFile, filepath.Join(string(s.base.dir), "bootstrap.json"))
	if err := s.bootstrap(secret).write(path); err != nil {
		return "", s.end(err)
	}
	q.files = []string{path}
	q.screen.Say("Provisor %s runs at %s", version(), s.url())
	return secret, nil
}

// fill imports the sample directory, or the person's file.
func (q *quickstartRun) fill(ctx context.Context, progress *terminal.Progress) (string, error) {
	kept := &badRows{}
	im := &importer{
		store: q.service.base.store, tenant: q.service.tenant.ID, now: q.now, newID: uuid.NewString,
		progress: progress.Set, bad: kept.keep,
		open: func() (io.ReadCloser, error) { return openFile(q.flags.users) },
	}
	name := q.flags.users
	if name == "" {
		sample, err := demo.NewSample().JSON()
		if err != nil {
			return "", err
		}
		name, im.open = "the sample directory", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(sample)), nil }
	}
	s, err := im.run(ctx)
	if err != nil {
		return "", err
	}
	kept.show(q.screen)
	return fmt.Sprintf("%d users, %d groups, %d managers and %d memberships from %s",
		s.Users.all(), s.Groups.all(), s.Managers.all(), s.Members.all(), name), nil
}

func (c *importCount) all() int64 { return c.Created + c.Updated + c.Unchanged }

// showSent shows what the person's own application was asked, and how it answered:
// whole where it refused, else the first body of each kind.
func (q *quickstartRun) showSent() {
	if len(q.sent.exchanges()) == 0 {
		return
	}
	q.screen.Title("What was sent to %s", q.flags.targetURL)
	var rows [][]string
	for _, e := range q.sent.exchanges() {
		status := strconv.Itoa(e.status)
		if e.status == 0 {
			status = "no answer"
		}
		rows = append(rows, []string{e.request, status, strconv.Itoa(e.count)})
	}
	q.screen.Table([]string{"request", "answer", "times"}, rows)
	for _, e := range q.sent.exchanges() {
		switch {
		case e.refused():
			q.screen.Say("\nThe first of these, shortened, without its Authorization header:")
			for _, line := range e.literal() {
				q.screen.Say("  %s", terminal.Printable(line))
			}
		case e.sent != "":
			q.screen.Say("\nThe first %s with answer %d:", e.request, e.status)
			q.screen.Say("  %s", terminal.Printable(e.sent))
		}
	}
	q.screen.Say("")
}

// suggestDialect names the other way to write SCIM to an application that did not take
// what Entra writes.
func (q *quickstartRun) suggestDialect() {
	if q.flags.dialect != "" || !slices.ContainsFunc(q.sent.exchanges(), exchange.misread) {
		return
	}
	q.screen.Say("Your application refused a request that was written as Entra writes it, which is not always as RFC 7644 has it.")
	q.screen.Say("If it keeps to the RFC, try again with --dialect %s.", scim.RFC7644)
	q.screen.Say("")
}

// showNext says where everything is and what to do next.
func (q *quickstartRun) showNext(result quickstart.Result, target quickstart.Target) {
	program := programName()
	q.screen.Title("Where everything is")
	q.screen.Say("  Graph API       %s/v1.0", q.service.url())
	q.screen.Say("  metrics         %s/metrics", q.service.url())
	if target.Page != "" {
		q.screen.Say("  application     %s", target.Page)
	}
	q.screen.Say("  SCIM            %s", target.SCIMEndpoint)
	q.screen.Say("  log             %s", q.logPath)
	q.screen.Title("Try next, in another window")
	q.screen.Say("  export PROVISOR_BOOTSTRAP_FILE=%s", q.files[0])
	for _, command := range []string{
		"Get-MgServicePrincipalSynchronizationAccessToken -ServicePrincipalId " + result.ServicePrincipalID + " -PassThru",
		"service-principals synchronization jobs list --service-principal-id " + result.ServicePrincipalID + " --output table",
		"watch " + result.ServicePrincipalID + " --start",
		"audit-logs provisioning list --top 5",
	} {
		q.screen.Say("  %s %s", program, command)
	}
	q.screen.Say("")
	q.screen.Say("The job looks for changes every %s. Ctrl-C ends everything.", q.config.Interval)
}

// programName is how this program is called again: `go run` leaves no program.
func programName() string {
	path, err := os.Executable()
	if err != nil || strings.Contains(path, string(filepath.Separator)+"go-build") {
		return "go run ./cmd/provisor"
	}
	return filepath.Base(path)
}

// unready is the error of a demonstration application that did not come up.
func unready(err error) error {
	return errs.Wrap(err, errs.Unavailable, "DemoApplication",
		"The demonstration application did not start: %s. Try `provisor demo-application` by itself.", err)
}
