package graphcli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// format prints an answer.
type format func(Options, answer) error

func formatNamed(name string) (format, error) {
	switch name {
	case "", "json":
		return printJSON, nil
	case "table":
		return printTable, nil
	case "none":
		return func(Options, answer) error { return nil }, nil
	}
	return nil, usagef("there is no output %q", name).next("give --output json, table or none")
}

// printJSON indents JSON without touching the order of its members, prints other
// text as it is, and tells about an answer without body on standard error, so
// that standard output stays JSON.
func printJSON(o Options, got answer) error {
	if empty(got) {
		return printEmpty(o, got)
	}
	var page bytes.Buffer
	if json.Indent(&page, bytes.TrimSpace(got.body), "", "  ") != nil {
		return printText(o.Stdout, got)
	}
	page.WriteByte('\n')
	_, err := page.WriteTo(o.Stdout)
	return err
}

func empty(got answer) bool { return len(bytes.TrimSpace(got.body)) == 0 }

func printEmpty(o Options, got answer) error {
	text := "Done"
	if got.status == http.StatusAccepted {
		text = "Accepted"
	}
	_, err := fmt.Fprintf(o.Stderr, "%s (%s).\n", text, statusLine(got.status))
	return err
}

func printText(w io.Writer, got answer) error {
	_, err := fmt.Fprintln(w, printable(string(bytes.TrimSpace(bytes.TrimPrefix(got.body, []byte("\xef\xbb\xbf"))))))
	return err
}
