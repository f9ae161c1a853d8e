// Package pgtest starts a throw-away PostgreSQL for tests, from the programs that
// Debian's package postgresql installs.
package pgtest
