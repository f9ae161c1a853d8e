package app

import (
	"context"
	"path/filepath"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

// base is an open data directory: what the service and the import both work on.
type base struct {
	dir    dataDir
	store  *sqlstore.DB
	shared bool // with other processes, perhaps on other machines
}

// openBase opens the data directory and its database, and makes what is missing.
func openBase(ctx context.Context, c Config, o sqlstore.Options) (*base, error) {
	dir, err := openDataDir(c.Data)
	if err != nil {
		return nil, err
	}
	address := dir.databaseAddress(c)
	db, err := sqlstore.Open(ctx, address, o)
	if err != nil {
		return nil, err
	}
	return &base{dir: dir, store: db, shared: isServer(address)}, nil
}

// openExisting opens what [openBase] opens, but makes nothing: a command that works on
// a deployment does not begin another one because of a mistyped name.
func openExisting(ctx context.Context, c Config, o sqlstore.Options) (*base, error) {
	dir, err := existingDataDir(ctx, c)
	if err != nil {
		return nil, err
	}
	address := dir.databaseAddress(c)
	db, err := sqlstore.Open(ctx, address, o)
	if err != nil {
		return nil, err
	}
	return &base{dir: dir, store: db, shared: isServer(address)}, nil
}

// existingDataDir returns the data directory of a deployment that is there. Invalid when
// there is none.
func existingDataDir(ctx context.Context, c Config) (dataDir, error) {
	path, err := filepath.Abs(c.Data)
	if err != nil {
		return "", dataError(err, c.Data)
	}
	dir, flag := dataDir(path), "--data"
	if c.Database != "" {
		flag = "--database"
	}
	return dir, expectDeployment(ctx, dir.databaseAddress(c), flag)
}

// expectDeployment refuses the address of a database that is not there, or empty; flag
// is what named it.
func expectDeployment(ctx context.Context, address, flag string) error {
	version, _, err := sqlstore.Version(ctx, address)
	if err != nil || version > 0 {
		return err
	}
	return errs.New(errs.Invalid, "NoDeployment",
		"There is no deployment at %s, and nothing was made. Check %s. `provisor migrate` makes a new one, and so does the first `provisor serve`.", redactDatabase(address), flag)
}

func (b *base) close() error { return b.store.Close() }
