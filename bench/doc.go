// Package bench measures the program as a process, against a target in another
// process, in the same run as the physical limit it is compared with. `make bench`
// runs it and writes the table of docs/performance.md.
package bench
