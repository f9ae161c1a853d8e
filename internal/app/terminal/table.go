package terminal

import (
	"strings"

	"github.com/rivo/uniseg"
)

// columnGap stands between two columns.
const columnGap = "  "

// narrowest is what a column keeps at least when the window is too small.
const narrowest = 6

// Table writes rows below a header line, each column as wide as its widest cell.
// When the window is too small, the widest columns lose the ends of their cells.
func (s *Screen) Table(header []string, rows [][]string) {
	all := append([][]string{header}, rows...)
	widths := columnWidths(all, s.width-1)
	rule := make([]string, len(widths))
	for i, w := range widths {
		rule[i] = strings.Repeat("─", w)
	}
	s.row(widths, header, bold)
	s.row(widths, rule, faint)
	for _, r := range rows {
		s.row(widths, r, "")
	}
}

func (s *Screen) row(widths []int, cells []string, style string) {
	var line strings.Builder
	for i, w := range widths {
		cell := ""
		if i < len(cells) {
			cell = fit(Printable(cells[i]), w)
		}
		if i > 0 {
			line.WriteString(columnGap)
		}
		line.WriteString(cell)
		line.WriteString(strings.Repeat(" ", w-uniseg.StringWidth(cell)))
	}
	text := strings.TrimRight(line.String(), " ")
	if style != "" {
		text = s.paint(style, text)
	}
	s.Say("%s%s", " ", text)
}

// columnWidths gives each column the width of its widest cell, and takes from
// the widest column until the line fits into room.
func columnWidths(rows [][]string, room int) []int {
	var widths []int
	for _, r := range rows {
		for i, cell := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], uniseg.StringWidth(Printable(cell)))
		}
	}
	for total(widths) > room {
		widest := 0
		for i, w := range widths {
			if w > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= narrowest {
			break
		}
		widths[widest]--
	}
	return widths
}

func total(widths []int) int {
	sum := len(columnGap) * max(0, len(widths)-1)
	for _, w := range widths {
		sum += w
	}
	return sum
}

// fit cuts text to a width, and shows with … that it did.
func fit(text string, width int) string {
	if uniseg.StringWidth(text) <= width {
		return text
	}
	var cut strings.Builder
	used := 0
	for g := uniseg.NewGraphemes(text); g.Next(); {
		if used+g.Width() > width-1 {
			break
		}
		cut.WriteString(g.Str())
		used += g.Width()
	}
	return cut.String() + "…"
}
