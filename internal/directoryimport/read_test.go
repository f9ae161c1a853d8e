package directoryimport_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/directoryimport"
	"github.com/provisor/provisor/internal/errs"
)

const threeUsers = "userPrincipalName,displayName\r\nada@x.example,Ada\r\n\"grace@x.example\",\"Grace\r\nHopper\"\r\nemmy@x.example,Émmy Noether\r\n"

func utf16Text(text string, mark, low, high int) string {
	var out bytes.Buffer
	for _, unit := range append([]uint16{0xfeff}, utf16.Encode([]rune(text))...) {
		pair := [2]byte{}
		pair[low], pair[high] = byte(unit), byte(unit>>8)
		out.Write(pair[:])
	}
	return out.String()[mark:]
}

func TestEncodings(t *testing.T) {
	t.Parallel()

	want := render(threeUsers, directoryimport.Options{})
	if !strings.Contains(want, `"Émmy Noether"`) || !strings.Contains(want, `"Grace\r\nHopper"`) {
		t.Fatalf("the plain text is read wrongly:\n%s", want)
	}
	for name, text := range map[string]string{
		"UTF-8 with mark":         "\ufeff" + threeUsers,
		"UTF-16 little-endian":    utf16Text(threeUsers, 0, 0, 1),
		"UTF-16 big-endian":       utf16Text(threeUsers, 0, 1, 0),
		"version line":            "version:v1.0\r\n" + threeUsers,
		"semicolons":              strings.ReplaceAll(threeUsers, ",", ";"),
		"tabulators":              strings.ReplaceAll(threeUsers, ",", "\t"),
		"without end of the last": strings.TrimSuffix(threeUsers, "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := render(text, directoryimport.Options{})
			if name == "version line" {
				got = strings.NewReplacer("\n3 ", "\n2 ", "\n4 ", "\n3 ", "\n6 ", "\n5 ").Replace(got)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct{ text, want string }{
		"binary":         {"PK\x03\x04\x00\x00\x00", "binary data"},
		"empty":          {"", "is empty"},
		"version only":   {"version:v1.0\n", "no header"},
		"broken header":  {"\"userPrincipalName,displayName\nx", "header cannot be read"},
		"unknown header": {"a;b\n1;2\n", "neither a column userPrincipalName"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := directoryimport.Open(strings.NewReader(c.text), directoryimport.Options{})
			if errs.KindOf(err) != errs.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want Invalid with %q", err, c.want)
			}
		})
	}
}

// A reader that fails in the middle ends the rows with a fatal error, after the
// rows that were read.
func TestReaderFails(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct{ head, row string }{
		"csv":   {"userPrincipalName,displayName\n", "ada@x.example,Ada\n"},
		"json":  {`{"users": [`, "{\"userPrincipalName\": \"ada@x.example\"},\n"},
		"lines": {"", "{\"userPrincipalName\": \"ada@x.example\"}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := c.head + strings.Repeat(c.row, 10_000)
			broken := io.MultiReader(strings.NewReader(text), iotest.ErrReader(errors.New("the disk is gone")))
			reader, err := directoryimport.Open(broken, directoryimport.Options{})
			if err != nil {
				t.Fatal(err)
			}
			rows := 0
			var last *directoryimport.RowError
			for _, bad := range reader.Rows() {
				if bad == nil {
					rows++
				}
				last = bad
			}
			if rows < 10_000 || last == nil || !last.Fatal || !strings.Contains(last.Reason, "the disk is gone") {
				t.Errorf("%d rows, then %v", rows, last)
			}
		})
	}
}

// Whoever stops early is not called again.
func TestStopEarly(t *testing.T) {
	t.Parallel()

	for _, text := range []string{
		threeUsers,
		`{"users":[{"userPrincipalName":"a@x.example"},{"userPrincipalName":"b@x.example"}]}`,
		`{"groups":[{"displayName":"g","members":["a@x.example",{},"b@x.example"]}]}`,
		"{\"userPrincipalName\":\"a@x.example\"}\n{\"userPrincipalName\":\"b@x.example\"}\n",
		"groupName,memberUserPrincipalName\ng,a@x.example\ng,b@x.example\n",
	} {
		for stop := 1; stop <= 3; stop++ {
			reader, err := directoryimport.Open(strings.NewReader(text), directoryimport.Options{})
			if err != nil {
				t.Fatal(err)
			}
			seen := 0
			for row, bad := range reader.Rows() {
				if (row == nil) == (bad == nil) {
					t.Fatalf("row %v, error %v", row, bad)
				}
				if seen++; seen == stop {
					break
				}
			}
			if seen > stop {
				t.Errorf("%q: %d rows after a stop at %d", text, seen, stop)
			}
		}
	}
}

// A value shows shortened, and a password not at all.
func TestErrorsShowLittle(t *testing.T) {
	t.Parallel()

	text := "userPrincipalName,password,accountEnabled\na@x.example,hunter2," + strings.Repeat("ä", 1000) + "\n\"a@x.example,hunter2\n"
	got := render(text, directoryimport.Options{})
	if strings.Contains(got, "hunter2") || strings.Contains(got, strings.Repeat("ä", 41)) || !strings.Contains(got, strings.Repeat("ä", 40)+"…") {
		t.Error(got)
	}
}

// Text that is not UTF-8 costs its row.
func TestLatin1(t *testing.T) {
	t.Parallel()

	for _, text := range []string{
		"userPrincipalName,displayName\na@x.example,J\xf6rg\nb@x.example,Ada\n",
		"{\"userPrincipalName\":\"a@x.example\",\"displayName\":\"J\xf6rg\"}\n{\"userPrincipalName\":\"b@x.example\"}\n",
	} {
		got := render(text, directoryimport.Options{})
		if strings.Count(got, "not UTF-8") != 1 || strings.Count(got, "user id=") != 1 {
			t.Error(got)
		}
	}
}

// What encoding/csv writes, is read back: every cell, on every line.
func TestRoundTrip(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		separator := rapid.SampledFrom([]rune{',', ';', '\t'}).Draw(t, "separator")
		crlf := rapid.Bool().Draw(t, "crlf")
		cell := rapid.StringMatching(`[a-zA-Zäß,;"'|\t\n 0-9]{0,12}`)
		names := rapid.SliceOfN(cell, 1, 20).Draw(t, "names")

		var text bytes.Buffer
		w := csv.NewWriter(&text)
		w.Comma, w.UseCRLF = separator, crlf
		write(t, w, "userPrincipalName", "displayName", "department")
		for i, name := range names {
			write(t, w, fmt.Sprintf("u%d@x.example", i), name, "d")
		}
		w.Flush()

		reader, err := directoryimport.Open(&text, directoryimport.Options{})
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for row, bad := range reader.Rows() {
			user, ok := row.(*directoryimport.User)
			if !ok {
				t.Fatalf("row %d: %v", i, bad)
			}
			got := strings.ReplaceAll(user.Attributes.String("displayName"), "\r\n", "\n")
			if want := strings.TrimSpace(names[i]); got != want {
				t.Fatalf("row %d: got %q, want %q", i, got, want)
			}
			if got := user.Attributes.String("userPrincipalName"); got != fmt.Sprintf("u%d@x.example", i) {
				t.Fatalf("row %d is %s", i, got)
			}
			i++
		}
		if i != len(names) {
			t.Fatalf("%d rows of %d", i, len(names))
		}
	})
}

func write(t *rapid.T, w *csv.Writer, cells ...string) {
	if err := w.Write(cells); err != nil {
		t.Fatal(err)
	}
}

// A bad line among good ones costs no good one, whatever stands on it.
func TestBadLineCostsItself(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		bad := rapid.StringMatching(`[a-z,;" @.\t]{0,20}`).Draw(t, "bad")
		before, after := rapid.IntRange(0, 5).Draw(t, "before"), rapid.IntRange(0, 5).Draw(t, "after")
		text := "userPrincipalName,displayName\n" + good(0, before) + bad + "\n" + good(before, after)
		reader, err := directoryimport.Open(strings.NewReader(text), directoryimport.Options{})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for row, fault := range reader.Rows() {
			if user, ok := row.(*directoryimport.User); ok && fault == nil {
				seen[user.Attributes.String("userPrincipalName")] = user.Line()
			}
		}
		for i := range before + after {
			line := i + 2
			if i >= before {
				line++
			}
			if name := fmt.Sprintf("good%d@good.example", i); seen[name] != line {
				t.Fatalf("%s was seen on line %d, want %d, in\n%s", name, seen[name], line, text)
			}
		}
	})
}

func good(first, n int) string {
	var text strings.Builder
	for i := first; i < first+n; i++ {
		fmt.Fprintf(&text, "good%d@good.example,Good\n", i)
	}
	return text.String()
}

// CSV and JSON of the same people yield the same rows.
func TestFormatsAgree(t *testing.T) {
	t.Parallel()

	sheet := "id,userPrincipalName,accountEnabled,telephoneNumber,manager\n" +
		"0a9c7b1e-0000-4000-8000-0000000000a1,ada@x.example,True,+44 1,grace@x.example\n"
	document := `[{"id":"0A9C7B1E-0000-4000-8000-0000000000A1","userPrincipalName":"ada@x.example","accountEnabled":true,"businessPhones":["+44 1"],"manager":"grace@x.example"}]`
	var users []*directoryimport.User
	for _, text := range []string{sheet, document} {
		reader, err := directoryimport.Open(strings.NewReader(text), directoryimport.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for row, bad := range reader.Rows() {
			user, ok := row.(*directoryimport.User)
			if !ok {
				t.Fatal(bad)
			}
			users = append(users, user)
		}
	}
	if len(users) != 2 || users[0].ID != users[1].ID || users[0].Manager != users[1].Manager {
		t.Fatalf("%+v", users)
	}
	if diff := cmp.Diff(users[0].Attributes, users[1].Attributes); diff != "" {
		t.Error(diff)
	}
	if users[0].ID != directory.ObjectID("0a9c7b1e-0000-4000-8000-0000000000a1") {
		t.Error(users[0].ID)
	}
}
