package bench_test

import (
	"os"
	"strconv"
	"testing"
)

// scale divides the sizes of the table, for a quick look: PROVISOR_BENCH_DIVIDE=100.
func scale(n int) int {
	if by, err := strconv.Atoi(os.Getenv("PROVISOR_BENCH_DIVIDE")); err == nil && by > 1 {
		return max(n/by, 10)
	}
	return n
}

// loaded is a program with n users, stopped.
func loaded(b *testing.B, n int) *program {
	b.Helper()
	p := newProgram(b)
	p.run("migrate")
	p.run("directory", "import", people(b, n))
	return p
}
