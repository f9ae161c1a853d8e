package app

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/directoryimport"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// importBatch is how many rows one transaction takes.
const importBatch = 1000

// importer loads files into the directory of one tenant.
type importer struct {
	store  store.Directory
	tenant directory.TenantID
	now    func() time.Time
	newID  func() string
	// open gives the file from its beginning, as often as it is asked: references may
	// name objects that the file has further down, so it is read more than once.
	open  func() (io.ReadCloser, error)
	group string // of a file that lists the members of one group
	// progress is told how many of how many rows were applied.
	progress func(done, total int64)
	// bad is told of every row that was left out.
	bad func(badRow) error
}

// badRow is a row that was left out, and why.
type badRow struct {
	Line, Column        int
	Name, Value, Reason string
}

// importCount counts what became of one sort of row.
type importCount struct{ Created, Updated, Unchanged, Bad int64 }

func (c *importCount) add(action store.ImportAction) {
	switch action {
	case store.ImportCreated:
		c.Created++
	case store.ImportUpdated:
		c.Updated++
	case store.ImportUnchanged:
		c.Unchanged++
	}
}

// importSummary is what an import did.
type importSummary struct {
	Format                        directoryimport.Format
	Warnings                      []directoryimport.Warning
	Users, Groups                 importCount
	Managers, Members             importCount
	Unreadable                    int64 // rows that are no users, groups or members
	objects, references, finished int64
}

// bad returns how many rows were left out.
func (s *importSummary) bad() int64 {
	return s.Unreadable + s.Users.Bad + s.Groups.Bad + s.Managers.Bad + s.Members.Bad
}

// run reads the file three times: to know its length and its bad rows, to apply
// the objects, and to apply the references between them.
func (im *importer) run(ctx context.Context) (*importSummary, error) {
	s := &importSummary{}
	if err := im.survey(s); err != nil {
		return s, err
	}
	for _, pick := range []func(directoryimport.Row) (store.ImportRow, bool){im.object, reference} {
		if err := im.apply(ctx, s, pick); err != nil {
			return s, err
		}
	}
	return s, nil
}

// each calls fn for every row of the file, or for why it is none.
func (im *importer) each(fn func(directoryimport.Row, *directoryimport.RowError) error) (*directoryimport.Reader, error) {
	file, err := im.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was read only
	reader, err := directoryimport.Open(file, directoryimport.Options{Group: im.group})
	if err != nil {
		return nil, err
	}
	for row, bad := range reader.Rows() {
		if err := fn(row, bad); err != nil {
			return reader, err
		}
	}
	return reader, nil
}

func (im *importer) survey(s *importSummary) error {
	reader, err := im.each(func(row directoryimport.Row, bad *directoryimport.RowError) error {
		if bad != nil {
			s.Unreadable++
			return im.bad(badRow{bad.Line, bad.Column, bad.Name, bad.Value, bad.Reason})
		}
		if _, ok := im.object(row); ok {
			s.objects++
		}
		if _, ok := reference(row); ok {
			s.references++
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.Format, s.Warnings = reader.Format(), reader.Warnings()
	return nil
}

// object returns the object that a row describes.
func (im *importer) object(row directoryimport.Row) (store.ImportRow, bool) {
	fresh := directory.ObjectID(im.newID())
	switch r := row.(type) {
	case *directoryimport.User:
		return store.ImportRow{Kind: directory.User, ID: r.ID, NewID: fresh, Attributes: r.Attributes}, true
	case *directoryimport.Group:
		return store.ImportRow{Kind: directory.Group, ID: r.ID, NewID: fresh, Attributes: r.Attributes}, true
	default:
		return store.ImportRow{}, false
	}
}

// reference returns the reference that a row describes.
func reference(row directoryimport.Row) (store.ImportRow, bool) {
	switch r := row.(type) {
	case *directoryimport.User:
		from := r.Attributes.String("userPrincipalName")
		if r.ID != "" {
			from = string(r.ID)
		}
		return store.ImportRow{From: from, Relation: directory.Manager, To: r.Manager}, r.Manager != ""
	case *directoryimport.Member:
		return store.ImportRow{From: r.Group, Relation: directory.Members, To: r.Member}, true
	default:
		return store.ImportRow{}, false
	}
}

// apply writes the rows that pick chooses, a batch at a time.
func (im *importer) apply(ctx context.Context, s *importSummary, pick func(directoryimport.Row) (store.ImportRow, bool)) error {
	rows, lines := make([]store.ImportRow, 0, importBatch), make([]int, 0, importBatch)
	flush := func() error {
		err := im.write(ctx, s, rows, lines)
		rows, lines = rows[:0], lines[:0]
		return err
	}
	_, err := im.each(func(row directoryimport.Row, bad *directoryimport.RowError) error {
		if bad != nil {
			return nil //nolint:nilerr // the survey told of it
		}
		one, ok := pick(row)
		if !ok {
			return nil
		}
		rows, lines = append(rows, one), append(lines, row.Line())
		if len(rows) < importBatch {
			return nil
		}
		return flush()
	})
	return errors.Join(err, flush())
}

func (im *importer) write(ctx context.Context, s *importSummary, rows []store.ImportRow, lines []int) error {
	if len(rows) == 0 {
		return nil
	}
	results, err := im.store.Import(ctx, im.tenant, rows, im.now())
	if err != nil {
		return err
	}
	for i, result := range results {
		count := s.count(rows[i])
		if result.Err == nil {
			count.add(result.Action)
			continue
		}
		count.Bad++
		if err := im.bad(badRow{Line: lines[i], Name: subject(rows[i]), Reason: message(result.Err)}); err != nil {
			return err
		}
	}
	s.finished += int64(len(rows))
	im.progress(s.finished, s.objects+s.references)
	return nil
}

func (s *importSummary) count(row store.ImportRow) *importCount {
	switch {
	case row.Relation == directory.Manager:
		return &s.Managers
	case row.Relation == directory.Members:
		return &s.Members
	case row.Kind == directory.Group:
		return &s.Groups
	default:
		return &s.Users
	}
}

// subject names what a row is about.
func subject(row store.ImportRow) string {
	switch {
	case row.Relation != "":
		return string(row.Relation) + " of " + row.From
	case row.Kind == directory.Group:
		return row.Attributes.String("displayName")
	default:
		return row.Attributes.String("userPrincipalName")
	}
}

// message is the sentence of an error that people read.
func message(err error) string {
	if typed, ok := errors.AsType[*errs.Error](err); ok {
		return typed.Message
	}
	return err.Error()
}
