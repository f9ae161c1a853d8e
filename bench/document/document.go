// Package document writes what a command made into a document between two marks.
package document

import (
	"bytes"
	"fmt"
	"os"
	"slices"
)

// Put replaces what stands between the lines opening and closing of the file. An
// error says when the file has no such place.
func Put(path, opening, closing, made string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(text, []byte(opening))
	_, after, ended := bytes.Cut(rest, []byte(closing))
	if !found || !ended {
		return fmt.Errorf("%s has no place between %q and %q", path, opening, closing)
	}
	return os.WriteFile(path, slices.Concat(before, []byte(opening+made+closing), after), 0o644)
}
