package sqlstore

import (
	"encoding/binary"
	"errors"

	"github.com/provisor/provisor/internal/synchronization"
)

// The details of an entry are what nobody searches for, in one column: a byte of flags,
// then texts, each behind its length, then the changes. The name of a change is its
// place among the properties of the context.
const (
	detailsWhole      = 1 << iota // the JSON of the record follows, and nothing else
	detailsInScope                // the verdict
	detailsCode                   // there are code, details and advice
	detailsSameReason             // the reason is that of the scope
)

// The parts of the number with which a change begins. The rest is the place of its
// name, from 1, or 0 when the name follows.
const (
	changeHasNew   = 1
	changeHasOld   = 2
	changeNameBits = 2
)

// packed are details in the making.
type packed []byte

func (p packed) number(n int) packed { return binary.AppendUvarint(p, uint64(n)) } //nolint:gosec // never negative

func (p packed) text(s string) packed {
	s = plain(s)
	return append(p.number(len(s)), s...)
}

// packDetails writes what is left of a record beside its columns.
func packDetails(r *synchronization.Record) []byte {
	if r.Whole != nil {
		return append(packed{detailsWhole}, plainDocument(string(r.Whole))...)
	}
	var flags byte
	if r.InScope {
		flags |= detailsInScope
	}
	if r.Reason == r.Scope {
		flags |= detailsSameReason
	}
	if r.Code != "" {
		flags |= detailsCode
	}
	p := append(make(packed, 0, 512), flags).text(r.UserPrincipalName).text(r.Scope)
	if flags&detailsSameReason == 0 {
		p = p.text(r.Reason)
	}
	if flags&detailsCode != 0 {
		p = p.text(r.Code).text(r.Details).text(r.Advice)
	}
	return p.changes(r.Changes, r.Properties)
}

func (p packed) changes(changes []synchronization.PropertyChange, properties []string) packed {
	p = p.number(len(changes))
	place := 0
	for i := range changes {
		c := &changes[i]
		place = placeOf(c.Name, properties, place)
		head := place << changeNameBits
		if c.HasOld {
			head |= changeHasOld
		}
		if c.HasNew {
			head |= changeHasNew
		}
		if p = p.number(head); place == 0 {
			p = p.text(c.Name)
		}
		if c.HasOld {
			p = p.text(c.Old)
		}
		if c.HasNew {
			p = p.text(c.New)
		}
	}
	return p
}

// placeOf returns the place of a name, from 1, or 0 when it has none. It looks behind
// the place of the last one first: changes come in the order of the properties.
func placeOf(name string, properties []string, last int) int {
	for i := range properties {
		if at := (last + i) % len(properties); properties[at] == name {
			return at + 1
		}
	}
	return 0
}

// unpacked are details that are being read. What is missing reads as nothing, and is
// told at the end.
type unpacked struct {
	rest  string
	short bool
}

var errShortDetails = errors.New("the details end too early")

func (u *unpacked) number() int {
	n, size := uint64(0), 0
	for shift := 0; size < len(u.rest) && shift < 64; shift += 7 {
		c := u.rest[size]
		size++
		if n |= uint64(c&0x7f) << shift; c < 0x80 {
			u.rest = u.rest[size:]
			return int(n) //nolint:gosec // what does not fit is found to be short
		}
	}
	u.short, u.rest = true, ""
	return 0
}

func (u *unpacked) text() string {
	n := u.number()
	if n < 0 || n > len(u.rest) {
		u.short, u.rest = true, ""
		return ""
	}
	text := u.rest[:n]
	u.rest = u.rest[n:]
	return text
}

// unpackDetails fills a record, whose context is known, with its details.
func unpackDetails(details []byte, r *synchronization.Record) error {
	u := unpacked{rest: string(details)}
	flags := u.number()
	if flags&detailsWhole != 0 {
		r.Whole = []byte(u.rest)
		return nil
	}
	r.InScope = flags&detailsInScope != 0
	r.UserPrincipalName, r.Scope = u.text(), u.text()
	r.Reason = r.Scope
	if flags&detailsSameReason == 0 {
		r.Reason = u.text()
	}
	if flags&detailsCode != 0 {
		r.Code, r.Details, r.Advice = u.text(), u.text(), u.text()
	}
	r.Changes = u.changes(r.Properties)
	if u.short {
		return errShortDetails
	}
	return nil
}

func (u *unpacked) changes(properties []string) []synchronization.PropertyChange {
	var changes []synchronization.PropertyChange
	for n := u.number(); n > 0 && !u.short; n-- {
		var c synchronization.PropertyChange
		head := u.number()
		c.HasOld, c.HasNew = head&changeHasOld != 0, head&changeHasNew != 0
		switch place := head >> changeNameBits; {
		case place == 0:
			c.Name = u.text()
		case place <= len(properties):
			c.Name = properties[place-1]
		default:
			u.short = true
		}
		if c.HasOld {
			c.Old = u.text()
		}
		if c.HasNew {
			c.New = u.text()
		}
		changes = append(changes, c)
	}
	return changes
}
