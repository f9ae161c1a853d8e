package graphapi

import (
	"context"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

const (
	maxChecked    = 20    // groups that Graph checks at once
	maxMembership = 11000 // groups that Graph returns at most
	maxNamed      = 1000  // objects that Graph returns by id at once
)

// checkMembership answers POST …/checkMemberGroups and …/checkMemberObjects: which
// of the groups in the body the object belongs to, directly or not.
func (a *API) checkMembership(member string) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		ids, err := readIDs(q.body, member, maxChecked)
		if err != nil {
			return answer{}, err
		}
		if len(ids) == 0 {
			return q.texts([]string{})
		}
		return a.answerMembership(ctx, q, odata.In{Property: "id", Values: ids})
	}
}

// getMembership answers POST …/getMemberGroups and …/getMemberObjects.
func (a *API) getMembership(ctx context.Context, q *request) (answer, error) {
	var in struct {
		SecurityEnabledOnly bool `json:"securityEnabledOnly"`
	}
	if len(q.body) > 0 {
		if err := decode(q.body, &in); err != nil {
			return answer{}, err
		}
	}
	if in.SecurityEnabledOnly {
		return a.answerMembership(ctx, q, odata.Compare{Property: "securityEnabled", Op: odata.Eq, Value: true})
	}
	return a.answerMembership(ctx, q, nil)
}

// answerMembership answers the ids of the groups that the subject belongs to and the
// filter selects.
func (a *API) answerMembership(ctx context.Context, q *request, filter odata.Expr) (answer, error) {
	object, err := a.subject(ctx, q)
	if err != nil {
		return answer{}, err
	}
	query := store.Query{Kind: directory.Group, Filter: filter, Transitive: true, Top: odata.MaxTop}
	ids := []string{}
	for len(ids) < maxMembership {
		page, err := a.Store.Related(ctx, q.tenant, object.ID, directory.Members, bool(backward), query)
		if err != nil {
			return answer{}, err
		}
		for _, group := range page.Objects {
			ids = append(ids, string(group.ID))
		}
		if query.After = page.Next; page.Next == "" {
			break
		}
	}
	return q.texts(ids)
}

// texts answers a collection of strings.
func (q *request) texts(list []string) (answer, error) {
	return collection(listing{Context: q.context().Collection("Collection(Edm.String)"), Value: list}, nil)
}

// readIDs reads a collection of ids from a member of a body. What is not a GUID
// names no object.
func readIDs(body []byte, member string, most int) ([]odata.Literal, error) {
	object, err := readMembers(body)
	if err != nil {
		return nil, err
	}
	raw, ok := object.get(member)
	if !ok {
		return nil, errs.New(errs.Invalid, "Request_BadRequest", "A value is required for the parameter '%s': an array of ids.", member).WithTarget(member)
	}
	var ids []string
	if err := decode(raw, &ids); err != nil {
		return nil, wrongType(member, kindOf(raw), "an array of strings")
	}
	if len(ids) > most {
		return nil, errs.New(errs.Invalid, "Request_BadRequest",
			"The parameter '%s' has %d ids, and at most %d are taken at once. Send several requests.", member, len(ids), most).WithTarget(member)
	}
	literals := make([]odata.Literal, len(ids))
	for i, id := range ids {
		literals[i] = strings.ToLower(id)
	}
	return literals, nil
}

// getByIDs answers POST directoryObjects/getByIds and its like. What is not there is
// left out.
func (a *API) getByIDs(kind directory.Kind) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		ids, err := readIDs(q.body, "ids", maxNamed)
		if err != nil {
			return answer{}, err
		}
		wanted, err := readTypes(q.body)
		if err != nil {
			return answer{}, err
		}
		query := store.Query{Kind: kind, Filter: odata.In{Property: "id", Values: ids}, Top: maxNamed}
		page, err := a.Store.Objects(ctx, q.tenant, query)
		if err != nil {
			return answer{}, err
		}
		found := store.Page{}
		for _, o := range page.Objects {
			if wanted == nil || wanted[strings.ToLower(string(o.Kind))] {
				found.Objects = append(found.Objects, o)
			}
		}
		return a.objects(ctx, q, q.context().Collection("directoryObjects", q.options.Select...), found, typed)
	}
}

// readTypes reads which types of object are wanted; nil is all, as directoryObject is.
func readTypes(body []byte) (map[string]bool, error) {
	var in struct {
		Types []string `json:"types"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	var wanted map[string]bool
	for _, name := range in.Types {
		name = strings.TrimPrefix(strings.ToLower(name), "microsoft.graph.")
		if name == "directoryobject" {
			return nil, nil
		}
		if wanted == nil {
			wanted = map[string]bool{}
		}
		wanted[name] = true
	}
	return wanted, nil
}

// deletingAny decides what deleting an object of unknown kind asks for.
func (a *API) deletingAny(ctx context.Context, q *request) ([]identity.Operation, error) {
	return a.onDeleted(purging)(ctx, q)
}
