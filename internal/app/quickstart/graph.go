package quickstart

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/provisor/provisor/internal/errs"
)

// graphScope asks for every permission that the client was given.
const graphScope = "https://graph.microsoft.com/.default"

// maxAnswer bounds what is read of one answer.
const maxAnswer = 64 << 20

// graph is a small client of the Graph API, version 1.0.
type graph struct {
	http *http.Client
	base string
}

func newGraph(ctx context.Context, o Options) *graph {
	credentials := clientcredentials.Config{
		ClientID: o.Service.ClientID, ClientSecret: o.Service.ClientSecret,
		TokenURL: strings.TrimRight(o.Service.Authority, "/") + "/oauth2/v2.0/token", Scopes: []string{graphScope},
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, o.HTTP)
	return &graph{http: credentials.Client(ctx), base: strings.TrimRight(o.Service.GraphEndpoint, "/") + "/v1.0"}
}

// call sends body, unless nil, and decodes the answer into answer, unless nil.
// path is relative to the version, or a whole link of an earlier answer.
func (g *graph) call(ctx context.Context, method, path string, body, answer any) error {
	link := path
	if !strings.HasPrefix(path, "http://") && !strings.HasPrefix(path, "https://") {
		link = g.base + path
	}
	content, err := encoded(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, link, content)
	if err != nil {
		return fmt.Errorf("make the request %s %s: %w", method, path, err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := g.http.Do(request)
	if err != nil {
		return unreachable(err, "The service", g.base, "Look at its log.")
	}
	defer func() { _ = response.Body.Close() }() // everything that matters was read
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return unreachable(err, "The service", g.base, "Look at its log.")
	}
	if response.StatusCode >= http.StatusBadRequest {
		return refusal(method, path, response.StatusCode, text)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("read the answer to %s %s: %w", method, path, err)
	}
	return nil
}

// collection calls each for every member of a collection, page after page.
func collection[T any](ctx context.Context, g *graph, path string, each func(T) error) error {
	for path != "" {
		var page struct {
			Value []T    `json:"value"`
			Next  string `json:"@odata.nextLink"`
		}
		if err := g.call(ctx, http.MethodGet, path, nil, &page); err != nil {
			return err
		}
		for _, one := range page.Value {
			if err := each(one); err != nil {
				return err
			}
		}
		path = page.Next
	}
	return nil
}

func encoded(body any) (io.Reader, error) {
	if body == nil {
		return http.NoBody, nil
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write a request: %w", err)
	}
	return bytes.NewReader(text), nil
}

// refusal reads the OData error of an answer.
func refusal(method, path string, status int, text []byte) error {
	var envelope struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal(text, &envelope); err != nil || envelope.Error.Message == "" {
		envelope.Error.Code, envelope.Error.Message = "UnknownError", http.StatusText(status)
	}
	kind := errs.Invalid
	if status >= http.StatusInternalServerError {
		kind = errs.Unavailable
	}
	route, _, _ := strings.Cut(path, "?")
	return errs.New(kind, envelope.Error.Code, "%s (%s %s answered %d)", strings.TrimSpace(envelope.Error.Message), method, route, status)
}

// plain strips what people need not read from a transport error.
func plain(err error) string {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err
	}
	return err.Error()
}
