package app

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/provisor/provisor/internal/demo"
)

// demoPatience is how long the demonstration application may take to stop.
const demoPatience = 3 * time.Second

// startDemo starts the demonstration application as a process of its own and
// returns where it is, and how to end it. It ends by itself when this process does:
// its standard input is then closed.
func startDemo(ctx context.Context, stderr io.Writer) (demo.Announcement, func(), error) {
	path, err := os.Executable()
	if err != nil {
		return demo.Announcement{}, nil, unready(err)
	}
	cmd := exec.CommandContext(ctx, path, "demo-application", "--until-stdin-closes") //nolint:gosec // this program itself
	cmd.Args[0] = "provisor"
	cmd.Stderr = stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return demo.Announcement{}, nil, unready(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return demo.Announcement{}, nil, unready(err)
	}
	cmd.Cancel, cmd.WaitDelay = stdin.Close, demoPatience
	if err := cmd.Start(); err != nil {
		return demo.Announcement{}, nil, unready(err)
	}
	end := func() {
		_ = stdin.Close() // it is closed already when the process is gone
		_ = cmd.Wait()    // how it ends does not matter any more
	}
	var a demo.Announcement
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &a)
	}
	if err != nil {
		end()
		return demo.Announcement{}, nil, unready(err)
	}
	return a, end, nil
}
