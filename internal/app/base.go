package app

import (
	"context"

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

func (b *base) close() error { return b.store.Close() }
