package store

import (
	"context"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/synchronization"
)

// Provisioning keeps what a job knows of each object: its link, its failure, and
// the references written at the target.
type Provisioning interface {
	Announcements

	// Head returns the tenant's newest feed position.
	Head(ctx context.Context, tenant directory.TenantID) (int64, error)
	// CountChanges returns how many users and groups changed in (from, head].
	CountChanges(ctx context.Context, tenant directory.TenantID, from, head int64) (int64, error)
	// Candidates returns a page of objects to look at, in order.
	Candidates(ctx context.Context, q CandidateQuery) ([]Candidate, error)
	// LinkedTo returns the source object of kind that the job has linked to the
	// target object. ok is false when there is none, and when the object is purged
	// and its link not managed: nothing will be sent for it any more, so its account
	// may go to another.
	LinkedTo(ctx context.Context, c Claim, kind directory.Kind, targetID string) (id directory.ObjectID, ok bool, err error)
	// Standing counts what a cycle has to weigh before it takes anything away.
	Standing(ctx context.Context, c Claim) (Standing, error)
	// Owed counts the objects that failed, and those whose references could not be
	// written, and that are to be tried again, whenever.
	Owed(ctx context.Context, c Claim) (int64, error)
	// Record stores outcomes and the position that covers them in one transaction.
	// A cycle without ID leaves the position as it is. Conflict when the claim was overtaken: then nothing is stored. An object that
	// gains a target id, or becomes managed, makes every linked object that refers
	// to it due for reconciliation; one whose target id changes or goes loses the references
	// recorded from it and to it.
	Record(ctx context.Context, c Claim, b Batch) error

	// DueReferences returns a page of linked objects whose references may differ
	// from what was written, ordered by key after the given one. A purged object has
	// no references and is left out, and so is one whose failure is to be retried
	// after due.
	DueReferences(ctx context.Context, c Claim, due time.Time, after directory.Key, limit int) ([]Owner, error)
	// RecheckReferences takes nothing for granted: every owner of the job is compared
	// whole when it is due next. What is due stays as it is.
	RecheckReferences(ctx context.Context, c Claim) error
	// StageReferences notes which references of an owner that is not whole came or went
	// since it was closed, so that a staged query finds them.
	StageReferences(ctx context.Context, c Claim, owner directory.Key) error
	// ReferenceChanges returns, ordered by Referent, what must
	// be written so that the target has the references of the directory: additions
	// of managed referents with a target id that are not recorded as written, and
	// removals of those recorded and no longer there. A referent without target id
	// is left out: it makes its owners due when it gains one. A group is no member of
	// a group, unless the job's setting says that nested groups are wanted.
	ReferenceChanges(ctx context.Context, q ReferenceQuery) ([]ReferenceChange, error)
	// OpenReferences remembers, durably and before they are sent, the changes that
	// are about to be: until they are recorded or the owner is closed, whether the target has
	// them is not known (pending). A pending change still counts as not made.
	OpenReferences(ctx context.Context, c Claim, owner directory.Key, r directory.Relation, pending []ReferenceChange) error
	// BeginObservation says that what the target has is about to be read: the owner is
	// open until that observation ends. Nothing of an earlier one counts in it.
	BeginObservation(ctx context.Context, c Claim, owner directory.Key) (Observation, error)
	// SeeReferences notes a run of ids to which the resource was seen to refer under a
	// relation. Those of the referents that the directory has or that are recorded, written
	// or pending, become written; the others were made by others and stay out of the
	// record. GUIDs are the same in any case of their letters. An id may be seen twice.
	SeeReferences(ctx context.Context, c Claim, o Observation, r directory.Relation, targetIDs []string) error
	// EndObservation settles the referents that were not seen under the relations. The
	// owner is no longer open but stays due, and is whole. What was not seen is not there,
	// and its record goes, as long as the target has shown everything that it is known to
	// have: what is written, not pending, and still in the directory. When it has not, it
	// may hold back something: then what the directory does not have any more counts as
	// written, so that its removal is sent, and what it has as unwritten. When it has shown
	// nothing at all of what it is known to have, and the observation is not sure, nothing
	// is settled and doubt is reported: it can be asked in another way. When it is sure and a
	// thousand or more are known, such a target does not show them, and what was
	// recorded goes on to count; pending changes count as not made.
	EndObservation(ctx context.Context, c Claim, o Observation, relations []directory.Relation) (doubt bool, err error)
	// RecordReferences stores what was written at the target, and the log entry if
	// there is one.
	RecordReferences(ctx context.Context, c Claim, owner directory.Key, r directory.Relation, written []ReferenceChange, log *LogEntry) error
	// PostponeReferences keeps why references of owner could not be written, and when
	// they are tried again, with the log entry if there is one. A change of the owner
	// or of what it refers to makes it due at once. Without a failure, the next try
	// waits for such a change.
	PostponeReferences(ctx context.Context, c Claim, owner directory.Key, f *Failure, log *LogEntry) error
	// SettleReferences says that the outcome of every change is known: those of owner
	// that are still pending were not made. It stays due.
	SettleReferences(ctx context.Context, c Claim, owner directory.Key) error
	// CloseReferences ends the reconciliation of owner: it is no longer due or open,
	// and changes still pending count as not made. Reconciled is the feed number up to
	// which the record has what the directory has: an owner of many references need not
	// be compared whole the next time. Zero says that this is not known.
	CloseReferences(ctx context.Context, c Claim, owner directory.Key, reconciled int64) error
}

// Selection says which objects of a kind a query is about.
type Selection uint8

// The selections. Every one but Changed and Named is of objects with a row of the
// job, and ordered by key where it does not say otherwise.
const (
	// Changed: sequence in (From, Head] and after After, ordered by sequence. Purged
	// objects are included when the job has a link for them.
	Changed Selection = iota
	// Linked: as Changed, of objects with a row of the job only.
	Linked
	// Retried: a failure to retry at or before Due, no departure, and no change in
	// (From, Head].
	Retried
	// Departing: a departure that is staged or held, or released and due at Due or
	// changed in (From, Head].
	Departing
	// Named: the objects of Names, in no order.
	Named
)

// CandidateQuery selects objects of one kind for one job, a page after After.
type CandidateQuery struct {
	Claim      Claim
	Kind       directory.Kind
	Of         Selection
	From, Head int64
	After      int64 // a sequence or a key, by which the selection is ordered
	Due        time.Time
	Names      []directory.ObjectID
	Limit      int
	// WithoutRoles: nobody asks what the objects are assigned. Assigned and AppRoles stay
	// empty.
	WithoutRoles bool
}

// Candidate is an object as it is now and what the job knows of it. Link is the
// zero Link when the job has none.
type Candidate struct {
	directory.Change
	Link Link
}

// Link is objectConnection: the remembered pair of source and target object, and
// how the last export went. A link that is managed and has no target id is that of
// an object whose creation was begun and whose outcome is not known: it is looked
// for before anything else, and never forgotten for being a failure.
type Link struct {
	TargetID string // empty: not linked
	Managed  bool   // in scope when last written
	Digest   []byte // of the attributes last exported; empty: unknown, compare
	// Begun: while the outcome of a create is not known, the values by which what it
	// made is found, whatever the object is called by now.
	Begun []MatchingValue
	// Disabled: what was last written took the account away.
	Disabled  bool
	Departure Departure
	Failure   *Failure
}

// IsZero reports whether l says nothing, which has no row.
func (l Link) IsZero() bool {
	return l.TargetID == "" && !l.Managed && len(l.Digest) == 0 && l.Failure == nil && l.Departure == 0
}

// MatchingValue is a value of an attribute by which objects of the target are found.
type MatchingValue struct {
	Path      string `json:"path"` // a SCIM path
	Value     string `json:"value"`
	CaseExact bool   `json:"caseExact,omitempty"`
}

// Departure is the state of a deletion or disabling that a cycle found and has not
// carried out yet.
type Departure uint8

// The departures. The zero Departure is none.
const (
	Staged   Departure = 1 // found, to be counted before any is sent
	Held     Departure = 2 // counted, too many, and told in the log
	Released Departure = 3 // let through; when it fails, it is tried again
)

// Standing is what a cycle weighs before it takes anything away.
type Standing struct {
	// Departing counts the departures that are staged or held, of target objects that
	// are known: whether a create that was begun came to anything is seen first.
	Departing int64
	// Accounts counts the target objects that are managed and not disabled; those
	// that depart are among them. It is zero when nothing departs.
	Accounts int64
}

// Failure is an escrow: why the last attempt failed and when the next is due. Without
// attempts it says that the object is to be tried anew, as if it had not failed before.
type Failure struct {
	Code     string    `json:"code"`
	Reason   string    `json:"reason"`
	Attempts int       `json:"attempts"`
	First    time.Time `json:"first"`
	RetryAt  time.Time `json:"retryAt"`
}

// Batch is what one group commit of a cycle stores.
type Batch struct {
	Outcomes []Outcome
	Cycle    synchronization.Cycle // without ID: the position stays
}

// Outcome is what processing one object leaves behind.
type Outcome struct {
	Object    directory.Key
	Kind      directory.Kind
	Link      Link // the zero Link removes the row
	Reconcile bool // its references are due, if it has any in the directory or in the record
	// Adopted: the link is to a target object that was there already, so its
	// references are not known: the object becomes due and open.
	Adopted bool
	// Created: the job is about to create the target object, at this feed number. It is
	// remembered for as long as the object is linked to what was created, or it is not
	// known whether it was; zero leaves it as it is.
	Created int64
	// Unlinked: under the same claim the object was read and had no link, and none was
	// recorded since. Whoever says so saves the store a look.
	Unlinked bool
	Log      *LogEntry
}

// Owner is a linked object whose references are to be reconciled.
type Owner struct {
	Key      directory.Key
	ID       directory.ObjectID
	Kind     directory.Kind
	TargetID string
	Managed  bool
	Name     string // displayName, for the log
	// Open reports that changes are pending, or that the object was linked to a
	// target object that was there already: what the target has is not known and
	// must be read before anything is sent.
	Open bool
	// Whole reports that any of its references may differ from the record. Of another
	// one, only those that are staged may.
	Whole bool
	// Created is the feed number at which the job created the target object; zero: it
	// was there already.
	Created int64
	// Failure is why references could not be written the last time; nil when they
	// could, or when something changed since.
	Failure *Failure
}

// Observation is one reading of an owner's references at the target.
type Observation struct {
	Owner  directory.Key
	Number int64 // the store's own
	// Sure: the target was asked for the references by name.
	Sure bool
}

// ReferenceQuery selects what is to be written of one owner's references.
type ReferenceQuery struct {
	Claim    Claim
	Owner    directory.Key
	Relation directory.Relation
	After    directory.Key // of the referents, the first that is left out
	Through  directory.Key // the last that is included; zero: no bound
	Limit    int           // zero means 1000
	Staged   bool          // only what is staged
	// AdditionsOnly leaves removals out. CameBy, when it is not zero, leaves out additions
	// that came to the directory behind this feed number.
	AdditionsOnly bool
	CameBy        int64
}

// ReferenceChange is one reference to write, or written.
type ReferenceChange struct {
	Referent directory.Key
	ID       directory.ObjectID
	TargetID string
	Remove   bool
}

// LogEntry is one entry of the provisioning log. Its times are kept to the microsecond.
// One without ID gets ids when it is recorded, and one that has an ID keeps its own.
type LogEntry struct {
	synchronization.Record
	// Source is the object that SourceID names; zero when the directory has none.
	Source directory.Key
}

// Logs reads the provisioning log; Record writes it.
type Logs interface {
	// Logs returns a page of entries. Invalid when the filter names a property that
	// cannot be filtered; the message names it.
	Logs(ctx context.Context, tenant directory.TenantID, q LogQuery) (LogPage, error)
	// PruneLogs removes entries older than the instant.
	PruneLogs(ctx context.Context, tenant directory.TenantID, before time.Time) (int, error)
}

// LogQuery selects and pages log entries, newest first unless Ascending.
type LogQuery struct {
	Filter    odata.Expr
	Ascending bool
	Top       int // zero means 100
	After     string
}

// LogPage is one page of the log.
type LogPage struct {
	Entries []LogEntry
	Next    string
}
