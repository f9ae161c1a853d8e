package terminal_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/app/terminal"
)

func noVariable(string) string { return "" }

func TestTableKeepsEverythingOutsideATerminal(t *testing.T) {
	t.Parallel()

	var out bytes.Buffer
	s := terminal.New(&out, noVariable)
	long := strings.Repeat("the target refused this ", 20)
	s.Table([]string{"object", "why"}, [][]string{{"Ada Dahl", long}, {"Żółć 東京", "ok"}})
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	if len(lines) != 4 || !strings.Contains(lines[2], strings.TrimSpace(long)) {
		t.Fatalf("%d lines:\n%s", len(lines), out.String())
	}
	column := func(line, word string) int { return uniseg.StringWidth(line[:strings.Index(line, word)]) }
	if column(lines[3], "ok") != column(lines[0], "why") {
		t.Errorf("columns are not aligned:\n%s", out.String())
	}
}

func TestTableFitsTheWindow(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.StringN(0, 60, -1), 3, 3), 1, 5).Draw(t, "rows")
		width := rapid.IntRange(40, 120).Draw(t, "width")
		var out bytes.Buffer
		terminal.NewSized(&out, width).Table([]string{"object", "attribute", "why"}, rows)
		for line := range strings.Lines(out.String()) {
			if w := uniseg.StringWidth(strings.TrimRight(line, "\n")); w > width {
				t.Fatalf("a line of width %d in a window of %d: %q", w, width, line)
			}
		}
	})
}

func TestNoColourOutsideATerminal(t *testing.T) {
	t.Parallel()

	var out bytes.Buffer
	s := terminal.New(&out, noVariable)
	s.Title("Done")
	s.Say("%s %s %s", s.Good("yes"), s.Bad("no"), s.Faint("perhaps"))
	if got := out.String(); got != "\nDone\nyes no perhaps\n" {
		t.Errorf("%q", got)
	}
}

func TestForeignTextCannotDriveTheTerminal(t *testing.T) {
	t.Parallel()

	if got := terminal.Printable("a\x1b[2Jb\nc\u009bd"); strings.ContainsAny(got, "\x1b\n\u009b") {
		t.Errorf("%q", got)
	}
}

func TestProgressOutsideATerminalSpeaksNowAndThen(t *testing.T) {
	t.Parallel()

	var out bytes.Buffer
	now := time.Unix(0, 0)
	p := terminal.New(&out, noVariable).Progress("Import", func() time.Time { return now })
	for i := range int64(31) {
		p.Set(i*10, 310)
		now = now.Add(time.Second)
	}
	p.Done("%d rows", 310)
	want := "Import: 100 of 310 after 10.0 s\nImport: 200 of 310 after 20.0 s\nImport: 300 of 310 after 30.0 s\nImport: 310 rows (31.0 s)\n"
	if out.String() != want {
		t.Errorf("got:\n%swant:\n%s", out.String(), want)
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()

	for d, want := range map[time.Duration]string{
		1500 * time.Microsecond: "1 ms", 1234 * time.Millisecond: "1.2 s", 61*time.Second + 400*time.Millisecond: "1m1s",
	} {
		if got := terminal.Duration(d); got != want {
			t.Errorf("%v is shown as %q, not %q", d, got, want)
		}
	}
}
