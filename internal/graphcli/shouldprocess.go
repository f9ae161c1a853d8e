package graphcli

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// shouldProcess answers as PowerShell's method of that name: -WhatIf says what
// would be done and does not do it, -Confirm asks.
func (a *acquisition) shouldProcess(made call) (bool, error) {
	what := fmt.Sprintf("Performing the operation %q on target %q.",
		a.cmdlet.name+"_"+string(made.set), "Call remote 'POST "+made.path+"/synchronization/acquireAccessToken' operation")
	if a.binding.switches["WhatIf"] {
		_, err := fmt.Fprintf(a.options.Stdout, "What if: %s\nWhat if: The request would carry %s.\n", printable(what), printable(keysIn(made.body)))
		return false, err
	}
	if !a.binding.switches["Confirm"] {
		return true, nil
	}
	if !a.options.IsTerminal {
		return false, &DeclinedError{Message: "-Confirm wants an answer, and nobody is there to give it: standard input is not a terminal. Nothing was sent; leave -Confirm off to go ahead."}
	}
	return a.ask(what)
}

// ask puts PowerShell's question. An empty answer means yes, the end of the input
// means no.
func (a *acquisition) ask(what string) (bool, error) {
	fmt.Fprintf(a.options.Stderr, "\nConfirm\nAre you sure you want to perform this action?\n%s\n", printable(what))
	for {
		fmt.Fprint(a.options.Stderr, "[Y] Yes  [A] Yes to All  [N] No  [L] No to All  [?] Help (default is \"Y\"): ")
		line, err := readLine(a.options.Stdin)
		if err != nil {
			return false, &DeclinedError{Message: "No answer came. Nothing was sent."}
		}
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "", "y", "yes", "a", "yes to all":
			return true, nil
		case "n", "no", "l", "no to all":
			return false, &DeclinedError{Message: "The answer was no. Nothing was sent."}
		}
		fmt.Fprintln(a.options.Stderr, "Y or A acquires the token, N or L leaves everything as it is.")
	}
}

// readLine reads one line and nothing beyond it. At the end of the input, what
// is there counts as a line.
func readLine(r io.Reader) (string, error) {
	var line strings.Builder
	one := make([]byte, 1)
	for {
		n, err := r.Read(one)
		if n == 1 && one[0] == '\n' {
			return line.String(), nil
		}
		if n == 1 {
			line.WriteByte(one[0])
		}
		if errors.Is(err, io.EOF) && line.Len() > 0 {
			return line.String(), nil
		}
		if err != nil {
			return "", err
		}
	}
}
