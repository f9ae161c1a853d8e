// Package terminal writes for people: plain lines, tables that fit the window, and
// progress. On anything that is not a terminal it writes the same words without
// colour and without redrawing.
package terminal

import (
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"
)

// plainWidth is the width of tables where there is no window to fit: enough for
// everything that somebody may look for in the output of a script.
const plainWidth = 1000

// Screen is where a command talks to a person. It is for one goroutine.
type Screen struct {
	w       io.Writer
	width   int
	window  bool
	colours bool
}

// New returns the screen behind w. It has colours when w is a terminal that
// shows them and NO_COLOR (see no-color.org) is unset or empty.
func New(w io.Writer, getenv func(string) string) *Screen {
	s := &Screen{w: w, width: plainWidth}
	file, ok := w.(interface{ Fd() uintptr })
	if !ok {
		return s
	}
	descriptor := int(file.Fd()) // a descriptor fits an int
	if !term.IsTerminal(descriptor) {
		return s
	}
	s.window = true
	s.colours = getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	if width, _, err := term.GetSize(descriptor); err == nil && width > 20 {
		s.width = width
	}
	return s
}

// NewSized returns a plain screen whose tables fit a width, in columns.
func NewSized(w io.Writer, width int) *Screen { return &Screen{w: w, width: width} }

// Say writes one line.
func (s *Screen) Say(format string, args ...any) {
	fmt.Fprintf(s.w, format+"\n", args...)
}

// Title starts a section.
func (s *Screen) Title(format string, args ...any) {
	fmt.Fprintf(s.w, "\n%s\n", s.paint(bold, fmt.Sprintf(format, args...)))
}

// The styles are SGR codes (ECMA-48).
const (
	bold  = "1"
	faint = "2"
	red   = "31"
	green = "32"
)

// Good marks text as a success.
func (s *Screen) Good(text string) string { return s.paint(green, text) }

// Bad marks text as a failure.
func (s *Screen) Bad(text string) string { return s.paint(red, text) }

// Faint marks text as a side remark.
func (s *Screen) Faint(text string) string { return s.paint(faint, text) }

func (s *Screen) paint(style, text string) string {
	if !s.colours || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// Printable keeps text that came from elsewhere from controlling the terminal.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x202e || r == 0x2066 || r == 0x2067 {
			return ' '
		}
		return r
	}, text)
}
