package graphcli

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// invocation is one operation with what was typed for it.
type invocation struct {
	op       operation
	options  Options
	settings settings
	ids      map[string]*string // by the name in the path
	body     string
	query    query
	ifMatch  string
	watch    bool
}

// query holds OData's options as typed. Zero values are not sent.
type query struct {
	selects, expand, orderby []string
	filter, search           string
	top, skip                int
	count, all               bool
}

func (v *invocation) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	for _, name := range v.op.parameters() {
		v.ids[name] = flags.String(name, "", "unique identifier of the "+strings.ReplaceAll(strings.TrimSuffix(name, "-id"), "-", " ")+" (required)")
	}
	if v.op.body != noBody {
		flags.StringVar(&v.body, "body", "", "JSON of the request; @FILE reads a file, - reads standard input")
	}
	v.query.register(flags, v.op.takes)
	if v.op.takes == match {
		flags.StringVar(&v.ifMatch, "if-match", "", "ETag that the object must still have")
	}
	if v.op.watchable() {
		flags.BoolVar(&v.watch, "watch", false, "watch until a cycle has ended, and show what it did; JSON only with --output json; see provisor watch")
	}
}

func (q *query) register(flags *pflag.FlagSet, takes takes) {
	if takes == shape || takes == collection {
		flags.StringSliceVar(&q.selects, "select", nil, "properties to return")
		flags.StringSliceVar(&q.expand, "expand", nil, "related entities to return along")
	}
	if takes == collection {
		flags.StringVar(&q.filter, "filter", "", "only items whose properties match")
		flags.StringVar(&q.search, "search", "", "only items that hold the phrase")
		flags.StringSliceVar(&q.orderby, "orderby", nil, "properties to order by")
		flags.IntVar(&q.top, "top", 0, "page size")
		flags.IntVar(&q.skip, "skip", 0, "leave out the first items")
		flags.BoolVar(&q.count, "count", false, "return the count of all items along")
		flags.BoolVar(&q.all, "all", false, "follow the pages to the end")
	}
}

func (q *query) values() url.Values {
	values := url.Values{}
	set := func(name, value string) {
		if value != "" {
			values.Set(name, value)
		}
	}
	set("$select", strings.Join(q.selects, ","))
	set("$expand", strings.Join(q.expand, ","))
	set("$orderby", strings.Join(q.orderby, ","))
	set("$filter", q.filter)
	set("$search", q.search)
	if q.top != 0 {
		values.Set("$top", strconv.Itoa(q.top))
	}
	if q.skip != 0 {
		values.Set("$skip", strconv.Itoa(q.skip))
	}
	if q.count {
		values.Set("$count", "true")
	}
	return values
}

// run checks what was typed, sends the request and prints the answer.
func (v *invocation) run(ctx context.Context) error {
	merged := v.settings.over(fromEnvironment(v.options.Getenv))
	named, err := merged.place()
	if err != nil {
		return err
	}
	if err := refuseWhereAbsent(v.op, named); err != nil {
		return err
	}
	show, err := formatNamed(merged.output)
	if err != nil {
		return err
	}
	r, err := v.request()
	if err != nil {
		return err
	}
	at, err := merged.connect(v.options.ReadFile)
	if err != nil {
		return err
	}
	if err := refuseWhereAbsent(v.op, at.cloud); err != nil {
		return err
	}
	c, err := newClient(ctx, v.options, at)
	if err != nil {
		return err
	}
	c.hide(secretsIn(r.body)...)
	if v.watch {
		job := strings.TrimSuffix(r.path, "/start")
		return (&vigil{client: c, path: job, start: job != r.path, asJSON: merged.output == "json"}).run(ctx)
	}
	got, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	if v.query.all {
		if got.body, err = c.restOfPages(ctx, got.body); err != nil {
			return err
		}
	}
	return show(v.options, got)
}

func (v *invocation) request() (request, error) {
	r := request{method: v.op.method, path: v.op.path, query: v.query.values(), headers: http.Header{}}
	for _, name := range v.op.parameters() {
		id := *v.ids[name]
		if id == "" {
			return request{}, usagef("--%s is missing", name)
		}
		r.path = strings.ReplaceAll(r.path, "{"+name+"}", url.PathEscape(id))
	}
	if v.ifMatch != "" {
		r.headers.Set("If-Match", v.ifMatch)
	}
	var err error
	r.body, err = v.options.jsonBody(v.op, v.body)
	return r, err
}
