package expression

import (
	"io"
	"time"
)

// Environment is what one evaluation sees besides the text of the expression.
// Evaluations that run at the same time need an Environment each; they may
// share what its fields point at if that is itself safe for concurrent use.
type Environment struct {
	// Slots holds the attributes of the object by slot (see [Symbols]). A slot
	// beyond the end is null.
	Slots []Value
	// Now is the current time. The zero time makes Now() an error.
	Now time.Time
	// DefaultDomain is the tenant's default domain. Empty makes DefaultDomain()
	// an error.
	DefaultDomain string
	// Unique reports whether no object of the target has the candidate as value
	// of the mapped attribute. An error fails the evaluation: a look-up that
	// failed never means free. Nil makes SelectUniqueValue an error.
	Unique func(candidate string) (bool, error)
	// Random gives the bytes for Guid and RandomString. Nil means crypto/rand.
	Random io.Reader

	scratch []byte // room for the texts of the evaluation, kept for the next one
}
