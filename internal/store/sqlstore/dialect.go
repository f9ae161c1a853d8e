package sqlstore

import (
	"github.com/pressly/goose/v3"
)

// dialect is what differs between databases.
type dialect struct {
	migrations string                      // folder of the embedded migrations
	goose      goose.Dialect               // bookkeeping of migrations
	begin      string                      // starts a transaction that will write
	snapshot   string                      // starts a transaction whose statements all see one state
	insert     string                      // begins an INSERT of many rows that conflict with none
	lock       string                      // suffix of a SELECT that locks its rows until the commit
	lockFeed   string                      // locks the feed of a tenant, the parameter, until the commit, and returns its end; empty when begin did
	lockName   string                      // locks a name, the parameter, until the commit; empty when begin did
	hopeful    bool                        // a group of writes is tried without savepoints: each would be a journey to a server
	arrays     bool                        // a parameter may be an array
	position   string                      // function (text, part) → 1-based place, 0 when absent
	digits     string                      // of a key, %s: the twelve hexadecimal digits with which ids begin
	collate    string                      // suffix of a text that is compared byte by byte
	bind       func(query string) string   // rewrites the "?" placeholders
	durability func(durability) string     // statement before begin
	classify   func(error) (verdict fault) // what a driver's error means
	broken     func(driverConn any) (lost, failed bool)
	catalog    catalog
}

// catalog asks a database for its tables.
type catalog struct {
	tables  string // the name of each
	columns string // of a table, the parameter: name, type, and place in the primary key or 0
	rows    string // how many rows the planner thinks a table, the parameter, has
	analyze string // begins a statement that counts them anew; empty when plans do not depend on it
	advance string // makes TABLE give keys behind those it has; empty when it does so by itself
}

// fault is what an error of a driver means for the transaction it happened in.
type fault uint8

const (
	faultOther     fault = iota // the transaction may be gone
	faultDuplicate              // a unique index refused a row; nothing else is lost
	faultBusy                   // another process holds the database
	faultAgain                  // the transaction collided with another one and may be tried again
	faultLost                   // the database does not answer any more
	faultValue                  // a value is none that the database can keep
	faultSize                   // a text is too long for an index
)
