package app

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/graphcli"
)

// exitInterrupted is the exit code that the commands of package graphcli do not have.
const exitInterrupted = 130

// ExitMeanings returns the whole published table of exit codes.
func ExitMeanings() []graphcli.ExitMeaning {
	return append(graphcli.ExitMeanings(),
		graphcli.ExitMeaning{Code: exitInterrupted, Meaning: "interrupted before it was done (Ctrl-C, SIGTERM)"},
	)
}

// errInterrupted is the cause with which a signal ends the commands.
type interruptedError struct{}

func (interruptedError) Error() string { return "interrupted" }

// exitCode returns the exit code for what a command returned.
func exitCode(err error) int {
	if errors.Is(err, context.Canceled) || errors.Is(err, interruptedError{}) {
		return exitInterrupted
	}
	return graphcli.ExitCode(err)
}

// exitCodesTopic is the page `provisor help exit-codes`.
func exitCodesTopic() *cobra.Command {
	var page strings.Builder
	page.WriteString("Exit codes:\n\n")
	for _, row := range ExitMeanings() {
		code := strconv.Itoa(row.Code)
		page.WriteString(strings.Repeat(" ", 5-len(code)) + code + "  " + row.Meaning + "\n")
	}
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: strings.TrimRight(page.String(), "\n")}
}
