package graphapi

import (
	"context"
	"net/url"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
)

// referent reads the id in a reference such as
// https://host/v1.0/directoryObjects/{id}, absolute or relative, with the key in
// parentheses or not. The host is not looked at: clients keep Graph's own.
func referent(value any) (directory.ObjectID, error) {
	link, ok := value.(string)
	bad := errs.New(errs.Invalid, "Request_BadRequest",
		"A reference must be a URL that ends in the id of a directory object, such as .../directoryObjects/{id}.").WithTarget("@odata.id")
	if !ok {
		return "", bad
	}
	u, err := url.Parse(link)
	if err != nil {
		return "", bad
	}
	segments, err := split(strings.TrimSuffix(u.EscapedPath(), "/$ref"))
	if err != nil || len(segments) == 0 {
		return "", bad
	}
	last := segments[len(segments)-1]
	id := last.Raw
	if last.Key != nil {
		id = last.Key.Value
	}
	if !isGUID(id) {
		return "", bad
	}
	return directory.ObjectID(strings.ToLower(id)), nil
}

// readReference reads the body of POST …/$ref and PUT …/$ref.
func readReference(body []byte) (directory.ObjectID, error) {
	var members map[string]any
	if err := decode(body, &members); err != nil {
		return "", err
	}
	return referent(members["@odata.id"])
}

// isGUID reports whether s has the form of a GUID.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(strings.ToLower(s)) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if dash != (c == '-') || !dash && !hex {
			return false
		}
	}
	return true
}

// bindAll stores the references of a body, after it has checked that every object
// is there and of a kind that fits.
func (a *API) bindAll(ctx context.Context, q *request, from directory.ObjectID, binds map[directory.Relation][]directory.ObjectID) error {
	for relation, ids := range binds {
		for _, id := range ids {
			if _, err := a.Store.Relate(ctx, q.tenant, from, relation, id); err != nil {
				return notThere(err, string(id))
			}
		}
	}
	return nil
}

// checkBinds reports a reference that cannot be stored, before anything is.
func (a *API) checkBinds(ctx context.Context, q *request, binds map[directory.Relation][]directory.ObjectID) error {
	for relation, ids := range binds {
		for _, id := range ids {
			if err := a.checkReferent(ctx, q, relation, id); err != nil {
				return err
			}
		}
	}
	return nil
}
