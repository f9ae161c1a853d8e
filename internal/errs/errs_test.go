package errs_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/errs"
)

func TestCauseIsForTheOperatorOnly(t *testing.T) {
	t.Parallel()
	err := errs.Wrap(io.ErrUnexpectedEOF, errs.Unavailable, "ServiceUnavailable", "The database %s does not answer.", "main")
	require.Equal(t, "The database main does not answer.", err.Message)
	require.Contains(t, err.Error(), "unexpected EOF")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestRepeatedMessageIsWrittenOnce(t *testing.T) {
	t.Parallel()
	inner := errs.Wrap(io.ErrUnexpectedEOF, errs.Invalid, "BadRequest", "The URL is no URL.")
	outer := errs.Wrap(inner, errs.Invalid, "BadRequest", "BaseAddress: %s", inner.Message)
	require.Equal(t, "BadRequest: BaseAddress: The URL is no URL.: unexpected EOF", outer.Error())
	require.ErrorIs(t, outer, inner, "it stays in the chain")
}

func TestKindOfTheFirstInTheChain(t *testing.T) {
	t.Parallel()
	inner := errs.New(errs.NotFound, "Request_ResourceNotFound", "no")
	outer := errs.Wrap(inner, errs.Conflict, "Conflict", "changed")
	require.Equal(t, errs.Conflict, errs.KindOf(fmt.Errorf("while storing: %w", outer)))
	require.True(t, errs.Is(outer, errs.Conflict))
	require.False(t, errs.Is(outer, errs.NotFound), "the outer one decides")
	require.Equal(t, errs.Internal, errs.KindOf(errors.New("anything else")))
	require.False(t, errs.Is(errors.New("anything else"), errs.Internal), "only an *Error is of a kind")
	require.False(t, errs.Is(nil, errs.Internal))
}

func TestCopiesDoNotShareDetails(t *testing.T) {
	t.Parallel()
	base := errs.New(errs.Invalid, "BadRequest", "no").WithDetails(errs.Detail{Code: "a"})
	one, two := base.WithDetails(errs.Detail{Code: "b"}), base.WithDetails(errs.Detail{Code: "c"})
	require.Equal(t, []errs.Detail{{Code: "a"}, {Code: "b"}}, one.Details)
	require.Equal(t, []errs.Detail{{Code: "a"}, {Code: "c"}}, two.Details)
	require.Equal(t, "x", base.WithTarget("x").Target)
	require.Empty(t, base.Target)
}

func TestZeroKindIsInternal(t *testing.T) {
	t.Parallel()
	var forgotten errs.Kind
	require.Equal(t, errs.Internal, forgotten)
}
