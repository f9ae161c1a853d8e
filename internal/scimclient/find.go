package scimclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/scim"
)

// Match is one question to a target: which resources have this value in this
// attribute?
type Match struct {
	Path      scim.Path
	Value     string
	CaseExact bool // compare with regard to case
}

// Find returns every resource of the type that matches: none, one, or several.
// Nothing found is an answer of the target, never a look-up that failed; those
// return an error. A target that ignores the filter is noticed: what does not
// match is left out when the answer is complete, and refused when it is not.
func (c *Client) Find(ctx context.Context, resourceType string, m Match) ([]scim.Resource, error) {
	query := url.Values{"filter": {scim.Equal(m.Path, m.Value).String()}}
	if resourceType == scim.GroupType {
		query.Set("excludedAttributes", groupMembers)
		c = c.sparing([]string{"Resources", groupMembers})
	}
	answer, err := c.send(ctx, request{method: http.MethodGet, path: collection(resourceType), query: query, repeat: afterAnything})
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok && e.Class == Missing {
			e.Class, e.Detail = Incompatible, "a filter without match must be answered 200 with an empty list, not 404"
		}
		return nil, err
	}
	found, complete, err := answer.list()
	if err != nil {
		return nil, err
	}
	matching := keep(found, m)
	if len(matching) < len(found) && !complete {
		return nil, answer.incompatible("the filter %q was not honoured: the answer holds resources that do not match it, and not all of them", query.Get("filter"))
	}
	if len(matching) == 1 && !complete {
		return nil, answer.incompatible("the answer holds 1 resource and says that there are more; the target may not honour the filter %q", query.Get("filter"))
	}
	return matching, nil
}

// keep returns the resources that match. One that lacks the attribute is kept:
// the target may know more than it shows.
func keep(found []scim.Resource, m Match) []scim.Resource {
	var matching []scim.Resource
	for _, r := range found {
		value, ok := m.Path.Lookup(r)
		if !ok || m.holds(value) {
			matching = append(matching, r)
		}
	}
	return matching
}

// holds reports whether a value of the target is the one asked for, or one of
// several is.
func (m Match) holds(value any) bool {
	switch value := value.(type) {
	case []any:
		return slices.ContainsFunc(value, m.holds)
	case string:
		return value == m.Value || !m.CaseExact && strings.EqualFold(value, m.Value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64) == m.Value
	default:
		return strings.EqualFold(fmt.Sprint(value), m.Value)
	}
}

// list reads a ListResponse (RFC 7644 section 3.4.2). A list without Resources is
// an empty one only when the target says so by totalResults or the schema.
func (a answer) list() (found []scim.Resource, complete bool, err error) { //nolint:nonamedreturns // two of three need their names to be read
	object, err := decode(a.body)
	if err != nil {
		return nil, false, a.incompatible("the answer is not JSON")
	}
	resources, has := field(object, "Resources")
	total, counted := field(object, "totalResults")
	if !has && !counted {
		return nil, false, a.incompatible("the answer is not a ListResponse: it has neither Resources nor totalResults")
	}
	items, ok := resources.([]any)
	if has && resources != nil && !ok {
		return nil, false, a.incompatible("Resources is not an array")
	}
	for _, item := range items {
		object, ok := item.(map[string]any)
		if !ok {
			return nil, false, a.incompatible("the list holds something that is no resource")
		}
		if fault := unusable(scim.Resource(object).ID()); fault != "" {
			return nil, false, a.incompatible("the list holds a resource with %s", fault)
		}
		found = append(found, object)
	}
	count, isNumber := total.(float64)
	if counted && !isNumber {
		return nil, false, a.incompatible("totalResults is not a number")
	}
	if counted && int(count) > 0 && len(found) == 0 {
		return nil, false, a.incompatible("totalResults is %d and Resources is empty", int(count))
	}
	return found, !counted || int(count) <= len(found), nil
}

// field returns a member of object ignoring the case of its name.
func field(object map[string]any, name string) (any, bool) {
	if v, ok := object[name]; ok {
		return v, true
	}
	for key, v := range object {
		if strings.EqualFold(key, name) {
			return v, true
		}
	}
	return nil, false
}
