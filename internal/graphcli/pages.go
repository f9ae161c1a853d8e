package graphcli

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/provisor/provisor/internal/errs"
)

// restOfPages follows @odata.nextLink from the first page to the last, and
// returns one collection with the items of all.
func (c *client) restOfPages(ctx context.Context, first []byte) ([]byte, error) {
	var whole map[string]json.RawMessage
	var items []json.RawMessage
	var next string
	isCollection := json.Unmarshal(first, &whole) == nil && json.Unmarshal(whole["value"], &items) == nil &&
		json.Unmarshal(whole["@odata.nextLink"], &next) == nil
	if !isCollection {
		return first, nil // no further page
	}
	for next != "" {
		if err := c.staysHere(next); err != nil {
			return nil, err
		}
		got, err := c.send(ctx, request{method: http.MethodGet}, next)
		if err != nil {
			return nil, err
		}
		var page struct {
			Value []json.RawMessage `json:"value"`
			Next  string            `json:"@odata.nextLink"`
		}
		if err := json.Unmarshal(got.body, &page); err != nil || page.Next == next {
			return nil, errs.New(errs.Unavailable, "PageUnreadable", "A page of the collection cannot be read; what came before is not shown, for it is not everything.")
		}
		items, next = append(items, page.Value...), page.Next
	}
	delete(whole, "@odata.nextLink")
	all, err := json.Marshal(items)
	if err != nil {
		return nil, err
	}
	if items == nil {
		all = []byte("[]")
	}
	whole["value"] = all
	return json.Marshal(whole)
}

// staysHere refuses a link that would carry the token to another host.
func (c *client) staysHere(link string) error {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != c.at.endpoint.Scheme || u.Host != c.at.endpoint.Host {
		return errs.New(errs.Forbidden, "ForeignLink", "The next page is said to be at another host than %s; the token is not sent there.", c.at.endpoint.Host)
	}
	return nil
}
