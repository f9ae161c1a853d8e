// Package e2e holds the tests that treat the program as its users do: a process
// that is started, spoken to over HTTP, and killed.
package e2e
