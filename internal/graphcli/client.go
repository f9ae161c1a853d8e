package graphcli

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/provisor/provisor/internal/errs"
)

// maxAnswer bounds the body of an answer, in bytes.
const maxAnswer = 64 << 20

// client sends requests to one Graph as one caller, all with the same
// client-request-id.
type client struct {
	options   Options
	http      *http.Client
	at        connection
	tokens    oauth2.TokenSource
	requestID string
	hidden    []string // values that no message may repeat
}

// request is one request below the version.
type request struct {
	method  string
	path    string // escaped, with leading slash
	query   url.Values
	body    []byte // nil means none
	headers http.Header
}

// answer is a success.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func newClient(ctx context.Context, o Options, at connection) (*client, error) {
	carrier, err := o.carrier(at.caFile)
	if err != nil {
		return nil, err
	}
	c := &client{options: o, http: carrier, at: at, requestID: o.NewRequestID()}
	c.hide(at.accessToken, at.clientSecret)
	c.tokens = at.tokenSource(context.WithValue(ctx, oauth2.HTTPClient, carrier))
	return c, nil
}

// carrier returns a copy of the HTTP client that follows no redirect and trusts
// the certificate authority of the file as well.
func (o Options) carrier(caFile string) (*http.Client, error) {
	carrier := *o.HTTP
	carrier.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if caFile == "" {
		return &carrier, nil
	}
	text, err := o.ReadFile(caFile)
	if err != nil {
		return nil, usagef("the CA certificate cannot be read: %v", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, usagef("%s holds no PEM certificate", caFile)
	}
	if carrier.Transport == nil {
		carrier.Transport = http.DefaultTransport
	}
	transport, ok := carrier.Transport.(*http.Transport)
	if !ok {
		return nil, usagef("--ca-certificate cannot be combined with this transport")
	}
	transport = transport.Clone()
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	transport.TLSClientConfig.RootCAs = roots
	carrier.Transport = transport
	return &carrier, nil
}

// url returns where the request goes.
func (c connection) url(r request) string {
	target := strings.TrimSuffix(c.endpoint.String(), "/") + "/" + c.apiVersion + r.path
	if len(r.query) > 0 {
		target += "?" + encodeQuery(r.query)
	}
	return target
}

// encodeQuery leaves the dollar of OData's options and the blank as people know
// them from documentation.
func encodeQuery(query url.Values) string {
	return strings.NewReplacer("%24", "$", "+", "%20", "%2C", ",").Replace(query.Encode())
}

// do sends r, again when it is told to wait, and returns the success or a
// [*Failure].
func (c *client) do(ctx context.Context, r request) (answer, error) {
	return c.send(ctx, r, c.at.url(r))
}

func (c *client) send(ctx context.Context, r request, target string) (answer, error) {
	for try := 1; ; try++ {
		got, err := c.once(ctx, r, target)
		if err != nil {
			return answer{}, err
		}
		if got.status >= 200 && got.status < 300 && !isPage(got) {
			return got, nil
		}
		wait, again := c.options.patience(r, got, try)
		if !again {
			return answer{}, c.failure(got)
		}
		fmt.Fprintf(c.options.Stderr, "%s: waiting %s, then trying again (%d of %d)\n", statusLine(got.status), wait, try+1, maxTries)
		if err := c.options.Wait(ctx, wait); err != nil {
			return answer{}, err
		}
	}
}

func (c *client) once(ctx context.Context, r request, target string) (answer, error) {
	token, err := c.tokens.Token()
	if err != nil {
		return answer{}, c.signInFailure(err)
	}
	c.hide(token.AccessToken)
	httpRequest, err := c.build(ctx, r, target)
	if err != nil {
		return answer{}, err
	}
	token.SetAuthHeader(httpRequest)
	response, err := c.http.Do(httpRequest)
	if err != nil {
		return answer{}, c.unreachable(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return answer{}, c.unreachable(ctx, err)
	}
	if len(body) > maxAnswer {
		return answer{}, errs.New(errs.TooLarge, "AnswerTooLarge", "The answer of %s is larger than %d MiB.", httpRequest.URL.Host, maxAnswer>>20)
	}
	c.tell(r, target, response)
	return answer{status: response.StatusCode, header: response.Header, body: body}, nil
}

func (c *client) build(ctx context.Context, r request, target string) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	httpRequest, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, usagef("the request cannot be built: %v", err)
	}
	for name, values := range r.headers {
		httpRequest.Header[http.CanonicalHeaderKey(name)] = values
	}
	httpRequest.Header.Set("Accept", accepted(r))
	httpRequest.Header.Set("Client-Request-Id", c.requestID)
	httpRequest.Header.Set("Return-Client-Request-Id", "true")
	httpRequest.Header.Set("User-Agent", strings.TrimSuffix("provisor/"+c.options.Version, "/"))
	if r.body != nil {
		httpRequest.Header.Set("Content-Type", "application/json")
	}
	return httpRequest, nil
}

// accepted is the media type that an answer must have: a count is bare text.
func accepted(r request) string {
	if strings.HasSuffix(r.path, "/$count") {
		return "text/plain"
	}
	return "application/json"
}

func (c *client) tell(r request, target string, response *http.Response) {
	if c.at.verbose {
		fmt.Fprintf(c.options.Stderr, "%s %s: %s, request-id %s\n", r.method, printable(target), statusLine(response.StatusCode), printable(response.Header.Get("request-id")))
	}
}

// hide keeps values, as they are and as they stand in a form, out of every later
// message. Values too short to be secrets would only make messages unreadable.
func (c *client) hide(values ...string) {
	for _, value := range values {
		if len(value) >= 4 {
			c.hidden = append(c.hidden, value, url.QueryEscape(value))
		}
	}
	slices.SortFunc(c.hidden, func(a, b string) int { return len(b) - len(a) })
}

// scrub replaces the hidden values in a message, long ones first, for one may be
// part of another.
func (c *client) scrub(message string) string {
	for _, value := range c.hidden {
		message = strings.ReplaceAll(message, value, "[not shown]")
	}
	return message
}
