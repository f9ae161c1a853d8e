//go:build unix

package graphcli_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// screen is a program in a terminal, and what it has shown since the last look.
type screen struct {
	t      *testing.T
	file   *os.File
	output chan string
	seen   string
}

// inTerminal runs the program in a terminal of its own.
func inTerminal(t *testing.T, history string, args ...string) *screen {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "provisor", args...)
	cmd.Env = append(os.Environ(), "TERM=xterm", "HISTORY="+history, "PIPED=", "PROVISOR_GRAPH_ENDPOINT=", "PROVISOR_ACCESS_TOKEN=")
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 120})
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, file: file, output: make(chan string, 100)}
	t.Cleanup(func() { _ = file.Close(); _ = cmd.Wait() })
	go func() {
		defer close(s.output)
		buffer := make([]byte, 4096)
		for {
			n, err := file.Read(buffer)
			if err != nil {
				return
			}
			s.output <- string(buffer[:n])
		}
	}()
	return s
}

func (s *screen) send(keys string) {
	s.t.Helper()
	if _, err := io.WriteString(s.file, keys); err != nil {
		s.t.Fatal(err)
	}
}

// shows waits until the terminal shows the text.
func (s *screen) shows(text string) {
	s.t.Helper()
	timeout := time.After(20 * time.Second)
	for !strings.Contains(s.seen, text) {
		select {
		case part, more := <-s.output:
			if !more {
				s.t.Fatalf("the program ended before it showed %q; it showed %q", text, s.seen)
			}
			s.seen += part
		case <-timeout:
			s.t.Fatalf("%q is not shown; the terminal shows %q", text, s.seen)
		}
	}
	s.seen = s.seen[strings.Index(s.seen, text)+len(text):]
}

// ends waits until the program has ended.
func (s *screen) ends() {
	s.t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case _, more := <-s.output:
			if !more {
				return
			}
		case <-timeout:
			s.t.Fatal("the program does not end")
		}
	}
}

func TestTerminalCompletesAndRemembers(t *testing.T) {
	t.Parallel()
	history := filepath.Join(t.TempDir(), "history")
	s := inTerminal(t, history, "expression", "repl", "--set", "badge=B7")
	s.shows("> ")
	s.send("NormalizeD\t")
	s.shows("NormalizeDiacritics(")
	s.send("[badg\t")
	s.shows("[badge]")
	s.send(")\r")
	s.shows("B7")
	s.shows("> ")
	s.send("Left(Redact(\"s3cret\"), 0)\r")
	s.shows("> ")
	s.send("Append(\"a\",\x03") // Ctrl-C gives the line up, not the program
	s.shows("> ")
	s.send(":unset\r")
	s.shows("> ")
	s.send("\x04") // Ctrl-D
	s.ends()
	kept, err := os.ReadFile(history)
	if err != nil {
		t.Fatal(err)
	}
	if want := "NormalizeDiacritics([badge])\n:unset\n"; string(kept) != want {
		t.Errorf("the history holds %q, want %q", kept, want)
	}

	s = inTerminal(t, history, "expression", "repl", "--set", "badge=C9")
	s.shows("> ")
	s.send("\x1b[A\x1b[A\r") // up, up: the line of the session before
	s.shows("C9")
	s.shows("> ")
	s.send(":quit\r")
	s.ends()
}
