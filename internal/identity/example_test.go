package identity_test

import (
	"errors"
	"fmt"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
)

func ExamplePolicy_Authorize() {
	policy := identity.NewPolicy(identity.Options{})
	caller := identity.Caller{
		Kind:     identity.Application,
		ObjectID: "0b1c3a52-0e6c-4a53-9f3e-3f2f6a1f8f10",
		Roles:    []identity.Permission{identity.ApplicationReadWriteOwnedBy},
	}
	own := identity.Object{Owners: []directory.ObjectID{caller.ObjectID}}
	fmt.Println(policy.Authorize(caller, identity.AcquireAccessToken, own))

	err := policy.Authorize(caller, identity.AcquireAccessToken, identity.Object{})
	if e, ok := errors.AsType[*errs.Error](err); ok {
		fmt.Println(e.Code)
		fmt.Println(e.Message)
	}
	// Output:
	// <nil>
	// Authorization_RequestDenied
	// Insufficient privileges to complete the operation. It needs the application permission Synchronization.ReadWrite.All, or Application.ReadWrite.OwnedBy on an object that the calling application owns.
}
