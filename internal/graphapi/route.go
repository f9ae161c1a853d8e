package graphapi

import (
	"context"

	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/odata"
)

// Versions is a set of API versions.
type Versions uint8

// The versions. Own is the surface below /provisor, which Graph does not have;
// Metadata is the document about the cloud that stands outside every version.
const (
	V1 Versions = 1 << iota
	Beta
	Own
	Metadata
)

// Both is every version of Graph.
const Both = V1 | Beta

// String returns the first path segment of a single version.
func (v Versions) String() string {
	switch v {
	case V1:
		return "v1.0"
	case Beta:
		return "beta"
	case Own:
		return "provisor"
	case Metadata:
		return "metadata"
	case Both:
		return "" // a path begins with one
	default:
		return ""
	}
}

// version reads the first path segment; zero when it names none.
func version(segment string) Versions {
	switch segment {
	case "v1.0", "V1.0":
		return V1
	case "beta", "Beta", "BETA":
		return Beta
	case "provisor":
		return Own
	case "metadata":
		return Metadata
	default:
		return 0
	}
}

// Route is one row of the surface: a method on a resource path.
type Route struct {
	Method   string
	Pattern  string // segments joined by "/", keys in braces
	Versions Versions
	// Operation is what the caller must be permitted to do.
	Operation identity.Operation
	// Public marks the few rows that a caller without a token may use; they have no
	// Operation.
	Public bool
	// Options are the system query options that the row understands.
	Options []odata.Option
	// Deprecated rows announce on beta that they will go.
	Deprecated bool
	// Parity is how the row compares with Graph's, and Note says in a sentence where it
	// is another; docs/compatibility.md shows both.
	Parity Parity
	Note   string

	subject subject
	body    bodyRule
	// operations replaces Operation where the body or the object decides what is
	// asked; every operation it returns must be permitted.
	operations func(ctx context.Context, q *request) ([]identity.Operation, error)
	handle     handler
}

// Parity is how a row compares with the same row of Graph. The zero Parity is Same.
type Parity uint8

// The parities.
const (
	Same       Parity = iota
	Better            // it does what Graph's cannot
	Differs           // on purpose
	NotOffered        // 501 with what to do instead
)

// String returns the parity in the words of the documentation.
func (p Parity) String() string {
	switch p {
	case Same:
		return "same"
	case Better:
		return "better"
	case Differs:
		return "differs"
	case NotOffered:
		return "not offered"
	}
	return "same"
}

// handler carries out a request and returns its answer. It has been authorized.
type handler func(ctx context.Context, q *request) (answer, error)

// subject is how the object that a row's operation concerns is found.
type subject uint8

const (
	noSubject        subject = iota // a collection, or something without owner
	applicationOrSP                 // {id} of applications or servicePrincipals
	userSubject                     // {id} of users
	groupSubject                    // {id} of groups
	deletedSubject                  // {id} of deletedItems
	directorySubject                // {id} of directoryObjects
	callerSubject                   // the signed-in user
	jobSubject                      // the service principal of the job that a subscription is about
)

// bodyRule says what a row reads of the body.
type bodyRule uint8

const (
	noBody       bodyRule = iota // ignored, within bounds
	jsonOptional                 // JSON, or nothing
	jsonRequired                 // JSON
	jsonLarge                    // JSON of the size of a schema
)
