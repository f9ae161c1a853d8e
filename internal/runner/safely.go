package runner

import (
	"context"

	"github.com/provisor/provisor/internal/errs"
)

// Safely runs the handler of w. A handler that panics, and a kind that has none,
// are errors of kind Internal: one bad turn must not end the others.
func Safely(ctx context.Context, handlers map[string]Handler, w Work) (err error) {
	handler, ok := handlers[w.Kind]
	if !ok {
		return errs.New(errs.Internal, "InternalError", "Nobody handles work of kind %q.", w.Kind)
	}
	defer func() {
		if cause := recover(); cause != nil {
			err = errs.New(errs.Internal, "InternalError", "The handler of %s panicked: %v", w.Kind, cause)
		}
	}()
	return handler(ctx, w)
}
