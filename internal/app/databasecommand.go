package app

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/app/terminal"
	"github.com/provisor/provisor/internal/graphcli"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

func (p *program) migrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "migrate", Short: "Bring the database to the newest version of its schema",
		Long: `Brings the database to the version that this program works with, and makes it when it
is not there. Every start of the service does the same; several may do it at once. A
database that a newer program has written is left alone.`,
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := resolve(cmd.Flags(), p.getenv)
			if err != nil {
				return err
			}
			return p.migrate(cmd.Context(), c)
		},
	}
	register(cmd.Flags(), "data", "database")
	return cmd
}

func (p *program) migrate(ctx context.Context, c Config) error {
	dir, err := openDataDir(c.Data)
	if err != nil {
		return err
	}
	address := dir.databaseAddress(c)
	before, _, err := sqlstore.Version(ctx, address)
	if err != nil {
		return err
	}
	db, err := sqlstore.Open(ctx, address, sqlstore.Options{Logger: p.quietLog()})
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	after, _, err := sqlstore.Version(ctx, address)
	if err != nil {
		return err
	}
	screen := terminal.New(p.stdout, p.getenv)
	if before == after {
		screen.Say("%s has schema version %d already.", redactDatabase(address), after)
		return nil
	}
	screen.Say("%s was brought from schema version %d to %d.", redactDatabase(address), before, after)
	return nil
}

func (p *program) databaseCommand() *cobra.Command {
	parent := group("database", "Back up the database, or move it to another one")
	parent.AddCommand(p.copyCommand(), p.reopenCommand(), p.backupCommand())
	return parent
}

func (p *program) copyCommand() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use: "copy --from DATABASE --to DATABASE", Short: "Copy a deployment into another database, and verify it row by row",
		Long: `Copies everything from one database into an empty other one, SQLite or PostgreSQL each,
and then compares the two row by row. DATABASE is a file or postgres://…; what --from
does not say is the database of the settings.

Stop the service first: a source that changes is noticed and refused in the end. A copy
that was interrupted goes on where it was when it is run again; until it has come to
its end, no service starts on it. From then on no command works on the original, which
says where the deployment went; ` + "`provisor database reopen`" + ` takes that back. The sealing keys are not in the database: start the
service with the same keys.json, or --sealing-key-file, beside the new one.`,
		Example: "  provisor database copy --to postgres://provisor@db.example.com/provisor",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := resolve(cmd.Flags(), p.getenv)
			if err != nil {
				return err
			}
			if to == "" {
				return &graphcli.UsageError{Message: "--to is missing", Next: "name the database to copy into: --to postgres://user@host/name"}
			}
			return p.copyDatabase(cmd.Context(), c, from, to)
		},
	}
	register(cmd.Flags(), "data", "database")
	cmd.Flags().StringVar(&from, "from", "", "database to copy; the one of the settings when not given")
	cmd.Flags().StringVar(&to, "to", "", "database to copy into, which must be empty")
	return cmd
}

func (p *program) copyDatabase(ctx context.Context, c Config, from, to string) error {
	lock, address, err := p.still(ctx, c, from)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }() // it ends with the process at the latest
	if err := readDatabase(&to, to); err != nil {
		return &graphcli.UsageError{Message: "--to: " + err.Error(), Next: "`provisor database copy --help` has an example"}
	}
	if err := sqlstore.Copy(ctx, address, to, sqlstore.Options{Logger: p.quietLog()}, p.copying()); err != nil {
		return err
	}
	terminal.New(p.stdout, p.getenv).Say("%s was copied to %s, and compared row by row. The deployment is there from now on: name it with --database in every command, which %[1]s refuses until `provisor database reopen`.", redactDatabase(address), redactDatabase(to))
	return nil
}

// copying shows how a copy gets on.
func (p *program) copying() func(sqlstore.Copied) {
	var (
		progress *terminal.Progress
		pass     int
		behind   int64 // rows of the tables before
		before   sqlstore.Copied
	)
	return func(now sqlstore.Copied) {
		if now.Pass != pass {
			label := "Copy"
			if now.Pass > 1 {
				label = "Verify"
			}
			progress, pass, behind, before = terminal.New(p.stderr, p.getenv).Progress(label, p.now), now.Pass, 0, now
		}
		if now.Table != before.Table {
			behind += before.Rows
		}
		before = now
		progress.Set(behind+now.Rows, 0)
	}
}

// still returns the address of a source, and for the database of a data directory a
// lock that keeps the service away.
func (p *program) still(ctx context.Context, c Config, from string) (io.Closer, string, error) {
	if from != "" {
		if err := readDatabase(&from, from); err != nil {
			return nil, "", &graphcli.UsageError{Message: "--from: " + err.Error(), Next: "`provisor database copy --help` has an example"}
		}
		return io.NopCloser(nil), from, expectDeployment(ctx, from, "--from")
	}
	dir, err := existingDataDir(ctx, c)
	if err != nil {
		return nil, "", err
	}
	if _, err := os.Stat(string(dir)); c.Database != "" && errors.Is(err, fs.ErrNotExist) {
		return io.NopCloser(nil), c.Database, nil // no service runs on a directory that is not there
	}
	lock, err := dir.lock()
	if err != nil {
		return nil, "", err
	}
	return lock, dir.databaseAddress(c), nil
}

func (p *program) reopenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "reopen", Short: "Go back to a database that was copied to another one",
		Long: `Lets the database of the settings be used again after ` + "`provisor database copy`" + ` moved its
deployment to another one. It is as it was when it was copied: what was done in the
other one since is not in it. Stop every process on the other one first: two services
that provision the same people undo each other's work.`,
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := resolve(cmd.Flags(), p.getenv)
			if err != nil {
				return err
			}
			return p.reopen(cmd.Context(), c)
		},
	}
	register(cmd.Flags(), "data", "database")
	return cmd
}

func (p *program) reopen(ctx context.Context, c Config) error {
	address := dataDir(c.Data).databaseAddress(c)
	left, err := sqlstore.Reopen(ctx, address)
	if err != nil {
		return err
	}
	terminal.New(p.stdout, p.getenv).Say("%s can be used again, as it was when it was copied to %s. Let no service run on that one any more.", redactDatabase(address), left)
	return nil
}

func (p *program) backupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "backup FILE", Short: "Copy the SQLite database to a file while the service runs",
		Long: `Writes the database as it is at one instant to FILE, checks it, and syncs it to disk. The
service may run meanwhile and is not kept waiting. To restore, stop the service and put
the file in place of provisor.db, without the -wal and -shm files beside it. The sealing
keys (keys.json) are not in it: keep them elsewhere.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return &graphcli.UsageError{Message: "one FILE is expected", Next: "`provisor database backup --help` says more"}
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := resolve(cmd.Flags(), p.getenv)
			if err != nil {
				return err
			}
			file, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			address := dataDir(c.Data).databaseAddress(c)
			if err := sqlstore.Backup(cmd.Context(), address, file); err != nil {
				return err
			}
			terminal.New(p.stdout, p.getenv).Say("%s was backed up to %s.", address, file)
			return nil
		},
	}
	register(cmd.Flags(), "data", "database")
	return cmd
}
