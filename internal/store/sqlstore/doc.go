// Package sqlstore keeps the store in a relational database.
//
// Every statement is one text for every database; what differs between them is
// a handful of values in the type dialect. Today the database is SQLite, one
// file in WAL mode: any number of readers, each with a snapshot, beside one
// writer.
//
// Numbers of the change feed are taken by updating the tenant's row in the
// transaction that writes the objects. The lock on that row, which on SQLite is
// the lock of the only writer, is held until the commit; so numbers become
// visible in their order, and a reader never passes one that is still to come.
package sqlstore
