package subscription

import (
	"net/url"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/synchronization"
)

// Subject is what a subscription is about: the users or groups of the tenant, one of
// them, the members of one group, or one synchronization job.
type Subject struct {
	// Kind is User or Group; empty for a job.
	Kind directory.Kind
	// Object is the id of the one object; empty means all of the kind. A user may be
	// named by userPrincipalName until it is looked up.
	Object directory.ObjectID
	// Members narrows it to changes of the members of a group.
	Members bool
	// ServicePrincipal and Job name a synchronization job.
	ServicePrincipal directory.ObjectID
	Job              synchronization.JobID
}

// IsJob reports whether the subject is a synchronization job, which Graph does not
// offer.
func (s Subject) IsJob() bool { return s.Job != "" }

// ReadResource reads the resource of a subscription, such as users, groups/{id} or
// groups/{id}/members, with a slash before it or without. The error is Invalid for
// what cannot be subscribed to.
func ReadResource(text string) (Subject, error) {
	names, err := steps(text)
	if err != nil {
		return Subject{}, err
	}
	switch len(names) {
	case 1, 2, 3:
		if s, ok := directorySubject(names); ok {
			return s, nil
		}
	case 5:
		set := strings.ToLower(names[0] + "/" + names[2] + "/" + names[3])
		if set == "serviceprincipals/synchronization/jobs" {
			return Subject{ServicePrincipal: directory.ObjectID(strings.ToLower(names[1])), Job: synchronization.JobID(names[4])}, nil
		}
	}
	return Subject{}, invalid("resource",
		"Resource '%.128s' cannot be subscribed to. Offered are users, users/{id}, groups, groups/{id} and groups/{id}/members, and below /provisor servicePrincipals/{id}/synchronization/jobs/{jobId}.", text)
}

// directorySubject reads a path of up to three steps.
func directorySubject(names []string) (Subject, bool) {
	var s Subject
	switch strings.ToLower(names[0]) {
	case "users":
		s.Kind = directory.User
	case "groups":
		s.Kind = directory.Group
	default:
		return s, false
	}
	if len(names) > 1 {
		s.Object = directory.ObjectID(strings.ToLower(names[1]))
	}
	if len(names) > 2 {
		s.Members = s.Kind == directory.Group && strings.EqualFold(names[2], "members")
		return s, s.Members
	}
	return s, true
}

// steps returns the names and keys of a path in their order.
func steps(text string) ([]string, error) {
	if strings.ContainsAny(text, "?#") {
		return nil, invalid("resource", "The resource '%.128s' has query options, which subscriptions to directory objects do not take. Leave them out.", text)
	}
	parts := strings.Split(text, "/")
	for i, part := range parts {
		decoded, err := url.PathUnescape(part)
		if err != nil {
			return nil, invalid("resource", "The resource '%.128s' holds a percent sign that begins no encoded byte.", text)
		}
		parts[i] = decoded
	}
	segments, err := odata.ParsePath(parts)
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, codeInvalid, "The resource '%.128s' is no path such as users or groups/{id}.", text).WithTarget("resource")
	}
	var names []string
	for _, s := range segments {
		names = append(names, nameOf(s))
		if s.Key != nil {
			names = append(names, s.Key.Value)
		}
	}
	return names, nil
}

// nameOf is a segment as it was sent, without its key: an id is not stripped of what
// looks like a namespace.
func nameOf(s odata.Segment) string {
	if s.Key != nil {
		return s.Name
	}
	return s.Raw
}

// codeInvalid is Graph's code of what is wrong with a subscription.
const codeInvalid = "InvalidRequest"

func invalid(target, format string, args ...any) error {
	return errs.New(errs.Invalid, codeInvalid, format, args...).WithTarget(target)
}
