package app

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/app/terminal"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/graphcli"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

// shownRows is how many bad rows an import shows; --errors keeps all.
const shownRows = 20

func (p *program) directoryCommand() *cobra.Command {
	parent := &cobra.Command{
		Use: "directory", Short: "Load the directory of people and groups",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &graphcli.UsageError{Message: "\"" + args[0] + "\" is no command of `provisor directory`", Next: "`provisor directory import FILE` is the one there is"}
			}
			return cmd.Help()
		},
	}
	var errorsFile, group string
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Import users, groups and members from CSV or JSON",
		Long: `Imports what the Entra portal exports (CSV of users, of groups, of the members of a
group, of groups with members) and JSON in the shape of Graph. What is there already
is updated, so importing a file twice changes nothing. The service may run meanwhile:
its next cycle picks up what changed.

A bad row is left out and told with its line and reason; the others are imported.
The exit code is 0 only when there was none (10 otherwise).`,
		Example: "  provisor directory import users.csv\n  provisor directory import members.csv --group \"Sales\" --errors bad.csv",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return &graphcli.UsageError{Message: fmt.Sprintf("one FILE is expected, and %d were given", len(args)), Next: "`provisor directory import --help` says what a file may be"}
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := resolve(cmd.Flags(), p.getenv)
			if err != nil {
				return err
			}
			return p.importFile(cmd.Context(), c, args[0], group, errorsFile)
		},
	}
	register(cmd.Flags(), "data", "database")
	cmd.Flags().StringVar(&errorsFile, "errors", "", "CSV file to write every bad row to")
	cmd.Flags().StringVar(&group, "group", "", "id or name of the group, for a file that lists the members of one group")
	parent.AddCommand(cmd)
	return parent
}

// importCache is the page cache of an import: the indexes of names are written all over,
// and the process has nothing else to keep.
const importCache = 128 << 20

func (p *program) importFile(ctx context.Context, c Config, path, group, errorsFile string) error {
	tuneCollector(p.getenv)
	kept, err := newBadRows(errorsFile)
	if err != nil {
		return err
	}
	defer kept.close()
	base, err := openExisting(ctx, c, sqlstore.Options{Logger: p.quietLog(), CacheBytes: importCache})
	if err != nil {
		return err
	}
	defer func() { _ = base.close() }() // everything that was promised is committed
	tenant, err := base.ensureTenant(ctx, p.now)
	if err != nil {
		return err
	}
	screen := terminal.New(p.stdout, p.getenv)
	progress := terminal.New(p.stderr, p.getenv).Progress("Import", p.now)
	im := &importer{
		store: base.store, tenant: tenant.ID, now: p.now, newID: nextID, group: group,
		open:     func() (io.ReadCloser, error) { return openFile(path) },
		progress: progress.Set, bad: kept.keep,
	}
	summary, err := im.run(ctx)
	if err != nil {
		return err
	}
	progress.Done("%s, read as %s, into %s", path, summary.Format, redactDatabase(base.dir.databaseAddress(c)))
	showImport(screen, summary, kept)
	if summary.bad() > 0 {
		return &graphcli.PartlyError{Message: fmt.Sprintf("%d rows were left out", summary.bad())}
	}
	return kept.failed
}

func openFile(path string) (io.ReadCloser, error) {
	f, err := os.Open(path) //nolint:gosec // the file that the person named
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "ImportFile", "The file %s cannot be read: %s.", path, cause(err))
	}
	return f, nil
}

// showImport shows the counts and the first bad rows.
func showImport(screen *terminal.Screen, s *importSummary, kept *badRows) {
	for _, w := range s.Warnings {
		screen.Say("Note: %s", terminal.Printable(w.String()))
	}
	var rows [][]string
	for _, one := range []struct {
		name string
		importCount
	}{{"Users", s.Users}, {"Groups", s.Groups}, {"Managers", s.Managers}, {"Memberships", s.Members}} {
		if one.importCount == (importCount{}) {
			continue
		}
		rows = append(rows, []string{one.name, number(one.Created), number(one.Updated), number(one.Unchanged), number(one.Bad)})
	}
	if s.Unreadable > 0 {
		rows = append(rows, []string{"Not readable", "", "", "", number(s.Unreadable)})
	}
	screen.Table([]string{"", "created", "updated", "unchanged", "bad"}, rows)
	kept.show(screen)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// badRows keeps the first bad rows for the screen and all of them in a file.
type badRows struct {
	first  []badRow
	count  int64
	path   string
	file   *os.File
	csv    *csv.Writer
	failed error
}

func newBadRows(path string) (*badRows, error) {
	k := &badRows{path: path}
	if path == "" {
		return k, nil
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the file that the person named
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "ErrorsFile", "The file %s cannot be written: %s. Name another with --errors.", path, cause(err))
	}
	k.file, k.csv = file, csv.NewWriter(file)
	return k, k.csv.Write([]string{"line", "column", "name", "value", "reason"})
}

func (k *badRows) keep(b badRow) error {
	if k.count++; len(k.first) < shownRows {
		k.first = append(k.first, b)
	}
	if k.csv == nil {
		return nil
	}
	column := ""
	if b.Column > 0 {
		column = strconv.Itoa(b.Column)
	}
	return k.csv.Write([]string{strconv.Itoa(b.Line), column, b.Name, b.Value, b.Reason})
}

func (k *badRows) close() {
	if k.file == nil {
		return
	}
	k.csv.Flush()
	if err := k.csv.Error(); err != nil {
		k.failed = err
	}
	if err := k.file.Close(); err != nil && k.failed == nil {
		k.failed = err
	}
	k.file = nil
}

func (k *badRows) show(screen *terminal.Screen) {
	k.close()
	if k.count == 0 {
		return
	}
	rows := make([][]string, len(k.first))
	for i, b := range k.first {
		rows[i] = []string{strconv.Itoa(b.Line), b.Name, b.Value, b.Reason}
	}
	screen.Say("")
	screen.Table([]string{"line", "what", "value", "why it was left out"}, rows)
	switch more := k.count - int64(len(k.first)); {
	case k.path != "":
		screen.Say("All %d bad rows are in %s.", k.count, k.path)
	case more > 0:
		screen.Say("… and %d more; --errors FILE keeps them all.", more)
	}
}
