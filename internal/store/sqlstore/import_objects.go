package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// staged is an object that an import has found or makes. The attributes of one
// that was found are read when they are asked for: most imports change little.
type staged struct {
	draft
	name    string // of a user: userPrincipalName, folded
	title   string // displayName, folded
	fresh   bool   // not in the database yet
	changed bool
	renamed bool // has another name than in the database
}

// stage is what an import knows of the objects its rows are about.
type stage struct {
	importer *importer
	byID     map[directory.ObjectID]*staged
	byName   map[string]*staged   // users, by folded userPrincipalName
	groups   map[string][]*staged // by folded displayName
	changed  []*staged            // in the order of the rows
}

// objects creates or updates users and groups.
func (i *importer) objects(ctx context.Context, rows []importRow, results []store.ImportResult) error {
	s := &stage{
		importer: i,
		byID:     make(map[directory.ObjectID]*staged, len(rows)),
		byName:   make(map[string]*staged, len(rows)),
		groups:   map[string][]*staged{},
	}
	if err := s.load(ctx, rows); err != nil {
		return err
	}
	for n, row := range rows {
		action, err := s.apply(row)
		results[n] = store.ImportResult{Action: action, Err: err}
	}
	return s.flush(ctx)
}

// load finds what is there of the rows' objects.
func (s *stage) load(ctx context.Context, rows []importRow) error {
	var ids, names, groups []any
	for _, row := range rows {
		if row.err != nil {
			continue // nothing is asked about it
		}
		if id := cmp.Or(row.ID, row.NewID); id != "" {
			ids = append(ids, string(id))
		}
		if name := row.Attributes.String("userPrincipalName"); row.Kind == directory.User && name != "" {
			names = append(names, fold(name))
		}
		if name := row.Attributes.String("displayName"); row.Kind == directory.Group && row.ID == "" {
			groups = append(groups, fold(name))
		}
	}
	if err := s.find(ctx, "o.id IN ", ids); err != nil {
		return err
	}
	if err := s.find(ctx, "o.presence = 0 AND o.kind = 1 AND o.user_principal_name IN ", names); err != nil {
		return err
	}
	return s.find(ctx, "o.presence = 0 AND o.kind = 2 AND o.display_name IN ", groups)
}

func (s *stage) find(ctx context.Context, condition string, values []any) error {
	return s.importer.session.eachAmong(ctx, func(row scanner) error {
		var (
			r    objectRow
			o    staged
			name sql.NullString
		)
		if err := row.Scan(append(r.dest(), &name, &o.title)...); err != nil {
			return err
		}
		if s.byID[r.object.ID] == nil {
			o.draft, o.name = draft{r.bare(), r.document}, name.String
			s.note(&o)
		}
		return nil
	}, among{
		head:   "SELECT " + objectColumns + ", o.user_principal_name, o.display_name FROM object o WHERE o.tenant = ? AND " + condition,
		before: []any{s.importer.tenant}, values: values,
	})
}

// note makes an object known by its names.
func (s *stage) note(o *staged) {
	s.byID[o.ID] = o
	switch {
	case o.Presence != directory.Live:
	case o.Kind == directory.User && o.name != "":
		s.byName[o.name] = o
	case o.Kind == directory.Group:
		s.groups[o.title] = append(s.groups[o.title], o)
	}
}

// rename gives an object the names of its attributes.
func (s *stage) rename(o *staged) {
	if s.byName[o.name] == o {
		delete(s.byName, o.name)
	}
	s.groups[o.title] = slices.DeleteFunc(s.groups[o.title], func(other *staged) bool { return other == o })
	o.name, o.title = fold(o.Attributes.String("userPrincipalName")), fold(o.Attributes.String("displayName"))
	s.note(o)
}

// apply makes the change of one row in memory.
func (s *stage) apply(row importRow) (store.ImportAction, error) {
	if row.err != nil {
		return store.ImportUnchanged, row.err
	}
	o, err := s.target(row)
	if err != nil {
		return store.ImportUnchanged, err
	}
	if o == nil {
		return s.create(row)
	}
	if o.document == row.document {
		return store.ImportUnchanged, nil
	}
	return s.update(o, row)
}

// update merges the attributes of a row into those of an object.
func (s *stage) update(o *staged, row importRow) (store.ImportAction, error) {
	before, err := decodeAttributes(o.document, o.ID)
	if err != nil {
		return store.ImportUnchanged, err
	}
	after := merged(before, row.Attributes)
	document, err := writeAttributes(after)
	if err != nil || document == o.document {
		return store.ImportUnchanged, err
	}
	if err := s.checkName(o, row.Kind, after); err != nil {
		return store.ImportUnchanged, err
	}
	o.Attributes, o.document = after, document
	name := o.name
	s.rename(o)
	o.renamed = o.renamed || o.name != name
	s.markChanged(o)
	return store.ImportUpdated, nil
}

func (s *stage) markChanged(o *staged) {
	if !o.changed {
		o.changed = true
		s.changed = append(s.changed, o)
	}
}

// target finds the object a row is about; nil when it is a new one.
func (s *stage) target(row importRow) (*staged, error) {
	if row.ID != "" {
		o := s.byID[row.ID]
		if o == nil {
			return nil, nil
		}
		if o.Kind != row.Kind || o.Presence != directory.Live {
			return nil, errTaken("id", string(row.ID))
		}
		return o, nil
	}
	if row.Kind == directory.User {
		name := row.Attributes.String("userPrincipalName")
		if name == "" {
			return nil, errs.New(errs.Invalid, codeBadRequest, "The row has neither an id nor a userPrincipalName.")
		}
		return s.byName[fold(name)], nil
	}
	title := row.Attributes.String("displayName")
	if title == "" {
		return nil, errs.New(errs.Invalid, codeBadRequest, "The row has neither an id nor a displayName.")
	}
	switch groups := s.groups[fold(title)]; len(groups) {
	case 0:
		return nil, nil
	case 1:
		return groups[0], nil
	default:
		return nil, errs.New(errs.Conflict, codeConflict, "Several groups have the displayName %s. Name the id of one.", title)
	}
}

// create makes the object of a row.
func (s *stage) create(row importRow) (store.ImportAction, error) {
	o := s.importer.newObject(row)
	if o.ID == "" {
		return store.ImportUnchanged, errs.New(errs.Invalid, codeBadRequest, "An object needs an id.")
	}
	if s.byID[o.ID] != nil {
		return store.ImportUnchanged, errTaken("id", string(o.ID))
	}
	if err := s.checkName(nil, row.Kind, o.Attributes); err != nil {
		return store.ImportUnchanged, err
	}
	made := &staged{draft: draft{asCreated(o, 0), row.document}, fresh: true}
	s.rename(made)
	s.markChanged(made)
	return store.ImportCreated, nil
}

// checkName refuses a userPrincipalName that another user has.
func (s *stage) checkName(o *staged, kind directory.Kind, a directory.Attributes) error {
	name := a.String("userPrincipalName")
	if kind != directory.User || name == "" {
		return nil
	}
	if other := s.byName[fold(name)]; other != nil && other != o {
		return errTaken("userPrincipalName", name)
	}
	return nil
}

// flush writes what the rows changed.
func (s *stage) flush(ctx context.Context) error {
	if len(s.changed) == 0 {
		return nil
	}
	i := s.importer
	next, err := i.session.nextSequence(ctx, i.tenant, int64(len(s.changed)))
	if err != nil {
		return err
	}
	var fresh, known []draft
	for n, o := range s.changed {
		o.Sequence = next + int64(n)
		o.Modified = instant(micros(i.now))
		if o.fresh {
			fresh = append(fresh, o.draft)
			continue
		}
		if !o.renamed {
			known = append(known, o.draft)
			continue
		}
		// A name may be that of one before, who gave it up.
		if err := i.session.rewriteObject(ctx, i.tenant, o.draft); err != nil {
			return err
		}
	}
	if err := i.session.rewriteObjects(ctx, i.tenant, known); err != nil {
		return err
	}
	_, err = i.session.insertObjects(ctx, i.tenant, fresh)
	return err
}
