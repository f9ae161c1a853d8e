package directoryimport_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/provisor/provisor/internal/directoryimport"
)

var update = flag.Bool("update", false, "write what the tests got into their golden files")

// render writes what a file yields, one line each.
func render(text string, o directoryimport.Options) string {
	var page strings.Builder
	reader, err := directoryimport.Open(strings.NewReader(text), o)
	if err != nil {
		return "refused: " + err.Error() + "\n"
	}
	fmt.Fprintf(&page, "format: %s\n", reader.Format())
	if names := reader.Properties(); names != nil {
		fmt.Fprintf(&page, "properties: %s\n", strings.Join(names, " "))
	}
	for row, bad := range reader.Rows() {
		page.WriteString(renderRow(row, bad))
	}
	for _, warning := range reader.Warnings() {
		fmt.Fprintf(&page, "warning: %s\n", warning)
	}
	return page.String()
}

func renderRow(row directoryimport.Row, bad *directoryimport.RowError) string {
	if bad != nil {
		suffix := ""
		if bad.Fatal {
			suffix = " (the end)"
		}
		return fmt.Sprintf("error: %v%s\n", bad, suffix)
	}
	switch row := row.(type) {
	case *directoryimport.User:
		return fmt.Sprintf("%d user id=%s manager=%s %s\n", row.Line(), row.ID, row.Manager, asJSON(row.Attributes))
	case *directoryimport.Group:
		return fmt.Sprintf("%d group id=%s %s\n", row.Line(), row.ID, asJSON(row.Attributes))
	case *directoryimport.Member:
		return fmt.Sprintf("%d member of=%s who=%s kind=%s\n", row.Line(), row.Group, row.Member, row.Kind)
	}
	return fmt.Sprintf("unknown row %T\n", row)
}

func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// TestGolden runs every testdata/*.txtar: input.* is the file, options the group,
// want what must come out.
func TestGolden(t *testing.T) {
	t.Parallel()

	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			golden(t, file)
		})
	}
}

func golden(t *testing.T, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var o directoryimport.Options
	var input, want string
	wantAt := -1
	for i, part := range archive.Files {
		switch part.Name {
		case "group":
			o.Group = strings.TrimSpace(string(part.Data))
		case "want":
			want, wantAt = string(part.Data), i
		default:
			input = string(part.Data)
		}
	}
	got := render(input, o)
	if *update && wantAt >= 0 {
		archive.Files[wantAt].Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
