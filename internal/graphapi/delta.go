package graphapi

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

// deltaState is what the token of a delta request carries: where the reader is, and
// what it asked for in the first request of the round.
type deltaState struct {
	From   int64               `json:"f,omitempty"`
	Start  int64               `json:"t,omitempty"`
	After  store.DeltaPosition `json:"a,omitzero"`
	Select string              `json:"s,omitempty"`
	Expand string              `json:"e,omitempty"`
	Filter string              `json:"q,omitempty"`
	Top    int                 `json:"n,omitempty"`
}

// latest is the token that asks for a link to what changes from now on.
const latest = "latest"

// delta answers GET users/delta and its like: what changed since the link that the
// caller follows was made.
func (a *API) delta(kind directory.Kind) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		state, err := q.deltaState()
		if err != nil {
			return answer{}, err
		}
		query, err := q.deltaQuery(kind, state)
		if err != nil {
			return answer{}, err
		}
		head, err := a.Store.Delta(ctx, q.tenant, store.DeltaQuery{Kind: kind, From: neverReached, Start: neverReached})
		if err != nil {
			return answer{}, err
		}
		switch {
		case state.From > head.Head:
			return answer{}, q.resync()
		case q.options.DeltaToken == latest:
			state.From = head.Head
			return a.deltaPage(ctx, q, state, store.DeltaPage{Head: head.Head, Done: true})
		case state.From == 0 && state.Start == 0:
			state.Start, query.Start = head.Head, head.Head
		}
		page, err := a.Store.Delta(ctx, q.tenant, query)
		if err != nil {
			return answer{}, err
		}
		return a.deltaPage(ctx, q, state, page)
	}
}

// neverReached is a place behind every number of the feed.
const neverReached = 1 << 62

// deltaState returns what the token carries, or what a first request asks for.
func (q *request) deltaState() (deltaState, error) {
	token := q.options.SkipToken
	if token == "" {
		token = q.options.DeltaToken
	}
	if token == "" || token == latest {
		return q.firstDelta()
	}
	text, err := odata.ResumeDeltaToken(token, q.deltaScope()...)
	if err != nil {
		return deltaState{}, err
	}
	var state deltaState
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		return deltaState{}, errs.Wrap(err, errs.Invalid, "Request_BadRequest", "The token of this delta request is badly formed.")
	}
	state.Top = max(state.Top, q.pageSize())
	return state, nil
}

// firstDelta keeps the options of the request as they were written: the links do not
// repeat them.
func (q *request) firstDelta() (deltaState, error) {
	if q.options.Filter != nil && !asksForIDs(q.options.Filter) {
		return deltaState{}, errs.New(errs.Invalid, "Request_UnsupportedQuery",
			"$filter of a delta request names objects, as in id eq '…' or id eq '…'. Filter what is answered, or list the set with this $filter.")
	}
	state := deltaState{Filter: q.options.FilterRaw, Top: q.pageSize()}
	for name, values := range q.http.URL.Query() {
		option := odata.Option("$" + strings.TrimPrefix(strings.ToLower(name), "$"))
		if option == odata.SelectOption {
			state.Select = values[0]
		}
		if option == odata.ExpandOption {
			state.Expand = values[0]
		}
	}
	return state, nil
}

// asksForIDs reports whether a filter does nothing but name objects.
func asksForIDs(e odata.Expr) bool {
	switch e := e.(type) {
	case odata.Or:
		return asksForIDs(e.Left) && asksForIDs(e.Right)
	case odata.Compare:
		return e.Op == odata.Eq && strings.EqualFold(string(e.Property), "id")
	case odata.In:
		return strings.EqualFold(string(e.Property), "id")
	default:
		return false
	}
}

// deltaScope is what a token holds for.
func (q *request) deltaScope() []string { return []string{string(q.tenant), q.route.Pattern} }

// deltaQuery turns the state into a question to the store. It puts the options of
// the first request back into q.
func (q *request) deltaQuery(kind directory.Kind, state deltaState) (store.DeltaQuery, error) {
	written := map[string][]string{}
	for name, value := range map[odata.Option]string{odata.SelectOption: state.Select, odata.ExpandOption: state.Expand, odata.FilterOption: state.Filter} {
		if value != "" {
			written[string(name)] = []string{value}
		}
	}
	options, err := odata.ParseOptions(written, odata.SelectOption, odata.ExpandOption, odata.FilterOption)
	if err != nil {
		return store.DeltaQuery{}, err
	}
	query := store.DeltaQuery{
		Kind: kind, From: state.From, Start: max(state.Start, state.From), After: state.After, Filter: options.Filter, Top: state.Top,
	}
	query.Relation, err = deltaRelation(kind, &options)
	if err != nil {
		return store.DeltaQuery{}, err
	}
	_, err = selection(kind, options.Select, untyped)
	q.options.Select, q.options.Expand = options.Select, nil
	return query, err
}

// deltaRelation returns the relation whose changes are told: members of a group,
// manager of a user, unless $select leaves it out. It takes the name out of $select,
// whose other names are properties.
func deltaRelation(kind directory.Kind, o *odata.Options) (directory.Relation, error) {
	told := map[directory.Kind]directory.Relation{directory.Group: directory.Members, directory.User: directory.Manager}[kind]
	isTold := func(name string) bool { return told != "" && strings.EqualFold(name, string(told)) }
	for _, e := range o.Expand {
		if !isTold(e.Name) {
			return "", errs.New(errs.Invalid, "Request_UnsupportedQuery", "$expand=%s is not supported in a delta request.", e.Name)
		}
	}
	wanted := o.Select == nil || len(o.Expand) > 0 || slices.ContainsFunc(o.Select, isTold)
	o.Select = slices.DeleteFunc(o.Select, isTold)
	if !wanted {
		return "", nil
	}
	return told, nil
}

// deltaPage answers one page, with the link to the next or to what changes later.
func (a *API) deltaPage(ctx context.Context, q *request, state deltaState, page store.DeltaPage) (answer, error) {
	value := make([]map[string]any, 0, len(page.Changes))
	for _, d := range page.Changes {
		wire, err := a.wireDelta(ctx, q, d)
		if err != nil {
			return answer{}, err
		}
		value = append(value, wire)
	}
	out := deltaListing{Context: q.context().Collection(q.setName(), q.options.Select...), Value: value}
	option, link := odata.DeltaTokenOption, &out.Delta
	if page.Done {
		state.From, state.Start, state.After = page.Head, 0, store.DeltaPosition{}
	} else {
		state.After, option, link = page.Next, odata.SkipTokenOption, &out.Next
	}
	text, err := json.Marshal(state)
	if err != nil {
		return answer{}, errs.Wrap(err, errs.Internal, "InternalServerError", "The token of a delta could not be written.")
	}
	*link = q.deltaURL() + "?" + string(option) + "=" + url.QueryEscape(odata.NewDeltaToken(string(text), q.deltaScope()...))
	body, err := marshal(out, nil)
	return answer{status: 200, contentType: jsonType, body: body}, err
}

// deltaListing is a page of changes.
type deltaListing struct {
	Context string           `json:"@odata.context"`
	Next    string           `json:"@odata.nextLink,omitempty"`
	Delta   string           `json:"@odata.deltaLink,omitempty"`
	Value   []map[string]any `json:"value"`
}

// deltaURL is the delta function of the set, without options.
func (q *request) deltaURL() string { return q.root() + "/" + q.route.Pattern }

// resync tells a reader whose token the feed cannot follow to begin again: the token
// is from a database that has been replaced by an older one.
func (q *request) resync() error {
	return relocated{
		err: errs.New(errs.Gone, "syncStateNotFound",
			"The changes since this token are no longer known. Begin a full synchronization at %s.", q.deltaURL()),
		to: q.deltaURL(),
	}
}

// relocated is an error that says, in the header Location, where to go instead.
type relocated struct {
	err *errs.Error
	to  string
}

func (r relocated) Error() string { return r.err.Error() }

func (r relocated) Unwrap() error { return r.err }

// wireDelta is one changed object as it is answered.
func (a *API) wireDelta(ctx context.Context, q *request, d store.Delta) (map[string]any, error) {
	switch d.Presence {
	case directory.SoftDeleted:
		return map[string]any{"id": string(d.ID), "@removed": removed("changed")}, nil
	case directory.Purged:
		return map[string]any{"id": string(d.ID), "@removed": removed("deleted")}, nil
	case directory.Live:
	}
	wire, err := a.wire(ctx, q, d.Object, untyped)
	if err != nil || len(d.References) == 0 {
		return wire, err
	}
	relation := directory.Members
	if d.Kind == directory.User {
		relation = directory.Manager
	}
	references := make([]map[string]any, 0, len(d.References))
	for _, r := range d.References {
		reference := map[string]any{"@odata.type": "#microsoft.graph." + string(r.Kind), "id": string(r.ID)}
		if r.Gone {
			reference["@removed"] = removed("deleted")
		}
		references = append(references, reference)
	}
	wire[string(relation)+"@delta"] = references
	return wire, nil
}

func removed(reason string) map[string]string { return map[string]string{"reason": reason} }
