package bench_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// spent is the processor time of all that this process has started, directly or not,
// by the name of the program. Unlike times of the clock, it hardly depends on what else
// the machine does.
func spent(b *testing.B) map[string]time.Duration {
	b.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(b, err)
	parents, own, names := map[int]int{}, map[int]time.Duration{}, map[int]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		name, rest := text[bytes.IndexByte(text, '(')+1:bytes.LastIndexByte(text, ')')], text[bytes.LastIndexByte(text, ')')+1:]
		fields := strings.Fields(string(rest))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		require.NoError(b, err)
		names[pid] = string(name)
		parents[pid], err = strconv.Atoi(fields[1])
		require.NoError(b, err)
		for _, field := range fields[11:15] { // of proc(5): its own, and its children's that have ended, in ticks of 10 ms
			ticks, err := strconv.Atoi(field)
			require.NoError(b, err)
			own[pid] += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	total := map[string]time.Duration{}
	for pid, name := range names {
		if descends(parents, pid) {
			total[name] += own[pid]
		}
	}
	return total
}

// descends reports whether this process has started another, directly or not.
func descends(parents map[int]int, pid int) bool {
	for pid = parents[pid]; pid > 1; pid = parents[pid] {
		if pid == os.Getpid() {
			return true
		}
	}
	return false
}
