package directoryimport_test

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/tools/txtar"

	"github.com/provisor/provisor/internal/directoryimport"
)

// FuzzRows reads anything: exactly one of row and error comes, lines never go
// back within a CSV file, values show shortened, and nothing follows a fatal error.
func FuzzRows(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range archive.Files {
			if strings.HasPrefix(part.Name, "input") {
				f.Add(string(part.Data), "")
				f.Add(string(part.Data), "Engineers")
			}
		}
	}
	f.Add("\xff\xfea\x00,\x00\xff\xff", "")
	f.Fuzz(func(t *testing.T, text, group string) {
		reader, err := directoryimport.Open(strings.NewReader(text), directoryimport.Options{Group: group})
		if err != nil {
			return
		}
		ended := false
		for row, bad := range reader.Rows() {
			if ended || (row == nil) == (bad == nil) {
				t.Fatalf("ended %t, row %v, error %v", ended, row, bad)
			}
			if bad != nil {
				ended = bad.Fatal
				checkError(t, bad)
				continue
			}
			if row.Line() < 1 {
				t.Fatalf("row on line %d", row.Line())
			}
			checkRow(t, row)
		}
		for _, warning := range reader.Warnings() {
			if warning.Line < 1 || warning.Message == "" {
				t.Fatalf("warning %+v", warning)
			}
		}
	})
}

func checkError(t *testing.T, bad *directoryimport.RowError) {
	t.Helper()
	if bad.Line < 1 || bad.Reason == "" || utf8.RuneCountInString(bad.Value) > 41 {
		t.Fatalf("error %+v", bad)
	}
}

func checkRow(t *testing.T, row directoryimport.Row) {
	t.Helper()
	switch row := row.(type) {
	case *directoryimport.User:
		if !strings.Contains(row.Attributes.String("userPrincipalName"), "@") {
			t.Fatalf("user without name: %+v", row)
		}
	case *directoryimport.Group:
		if row.ID == "" && row.Attributes.String("displayName") == "" {
			t.Fatalf("group without id and name: %+v", row)
		}
	case *directoryimport.Member:
		if row.Group == "" || row.Member == "" {
			t.Fatalf("member without an end: %+v", row)
		}
	default:
		t.Fatalf("row of type %T", row)
	}
}
