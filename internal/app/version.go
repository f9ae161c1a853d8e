package app

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is the version of the module that was built: a tag, or the commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}

// fullVersion is the version with what it was built by and for.
func fullVersion() string {
	return version() + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: none,
		Run: func(*cobra.Command, []string) {
			fmt.Fprintf(p.stdout, "provisor %s\n", fullVersion())
		},
	}
}
