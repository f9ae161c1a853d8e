package quickstart

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/scim"
)

// target reads back from the application, with a token of its own.
type target struct {
	http *http.Client
	base string
}

func newTarget(ctx context.Context, o Options) *target {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, o.HTTP)
	t := &target{base: o.Target.SCIMEndpoint}
	if o.Target.Bearer != "" {
		t.http = oauth2.NewClient(ctx, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: o.Target.Bearer}))
		return t
	}
	credentials := clientcredentials.Config{ClientID: o.Target.ClientID, ClientSecret: o.Target.ClientSecret, TokenURL: o.Target.TokenURL}
	t.http = credentials.Client(ctx)
	return t
}

// pageOfResources is how many resources are asked for at a time.
const pageOfResources = 100

// list reads every resource of an endpoint such as Users (RFC 7644 section 3.4.2),
// and tells how far it is.
func (t *target) list(ctx context.Context, endpoint string, tell func(done, total int64)) ([]scim.Resource, error) {
	var all []scim.Resource
	for {
		page := url.Values{"startIndex": {strconv.Itoa(len(all) + 1)}, "count": {strconv.Itoa(pageOfResources)}}
		var answer struct {
			Total     int             `json:"totalResults"`
			Resources []scim.Resource `json:"Resources"`
		}
		if err := t.get(ctx, endpoint, page, &answer); err != nil {
			return nil, err
		}
		all = append(all, answer.Resources...)
		tell(int64(len(all)), int64(answer.Total))
		if len(all) >= answer.Total || len(answer.Resources) == 0 {
			return all, nil
		}
	}
}

// read reads one resource.
func (t *target) read(ctx context.Context, endpoint, id string) (scim.Resource, error) {
	var one scim.Resource
	err := t.get(ctx, endpoint+"/"+url.PathEscape(id), nil, &one)
	return one, err
}

func (t *target) get(ctx context.Context, path string, query url.Values, answer any) error {
	link, err := url.Parse(t.base)
	if err != nil {
		return fmt.Errorf("read back: the address %q is no URL: %w", t.base, err)
	}
	link = link.JoinPath(path)
	merged := link.Query()
	maps.Copy(merged, query)
	link.RawQuery = merged.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, link.String(), nil)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	request.Header.Set("Accept", scim.MediaType)
	response, err := t.http.Do(request)
	if err != nil {
		return unreachable(err, "The application", t.base, "It cannot be read back.")
	}
	defer func() { _ = response.Body.Close() }() // everything that matters was read
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return unreachable(err, "The application", t.base, "It cannot be read back.")
	}
	if response.StatusCode != http.StatusOK {
		return errs.New(errs.Unavailable, "ReadBack", "Reading back from the application failed: GET %s answered %d.", link.Redacted(), response.StatusCode)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return errs.Wrap(err, errs.Unavailable, "ReadBack", "Reading back from the application failed: GET %s did not answer with SCIM.", link.Redacted())
	}
	return nil
}
