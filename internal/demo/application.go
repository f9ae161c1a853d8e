package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
)

// The paths of the application.
const (
	scimPath      = "/scim/v2"
	tokenPath     = "/token"
	authorizePath = "/authorize"
)

// Options say how the demonstration application behaves.
type Options struct {
	// Client is the OAuth client that may ask for tokens. See [NewClient].
	Client Client
	// TokenLifetime is how long an access token can be used; zero means one hour.
	TokenLifetime time.Duration
	// AskConsent shows a page before a code is given out; without, the code is given
	// at once.
	AskConsent bool
	// RedirectURIs may be sent codes besides those on this machine.
	RedirectURIs []string
	// Now is the clock; it must be set.
	Now func() time.Time
}

// Client is an OAuth client: its id, and its secret, which is given out once.
type Client struct {
	ID     string
	Secret string
}

// NewClient returns a client with random credentials.
func NewClient() Client { return Client{ID: "provisor-" + randomText()[:10], Secret: randomText()} }

// Announcement is the one line of JSON that the application writes when it is
// ready. It is the only place where the client's secret is shown.
type Announcement struct {
	Page                  string `json:"page"`
	SCIMEndpoint          string `json:"scimEndpoint"`
	TokenEndpoint         string `json:"tokenEndpoint"`
	AuthorizationEndpoint string `json:"authorizationEndpoint"`
	ClientID              string `json:"clientId"`
	ClientSecret          string `json:"clientSecret"`
}

// Application is the demonstration application. It is an [http.Handler] and safe
// for concurrent use.
type Application struct {
	mux           *http.ServeMux
	authorization *authorization
	directory     *scimserver.Server
	base          string
	client        Client
}

// New returns an application without users that is reached under base, a URL
// without path.
func New(base string, o Options) *Application {
	if o.TokenLifetime == 0 {
		o.TokenLifetime = time.Hour
	}
	a := &Application{mux: http.NewServeMux(), authorization: newAuthorization(o), base: base, client: o.Client}
	a.directory = scimserver.New(scimserver.Options{
		Authenticate: a.authorization.admit,
		BaseURL:      base + scimPath,
		Now:          o.Now,
		Mode:         scim.Strict,
		CheckMembers: true,
	})
	a.mux.Handle(scimPath+"/", a.directory)
	a.mux.HandleFunc("POST "+tokenPath, a.authorization.token)
	a.mux.HandleFunc("GET "+authorizePath, a.authorization.authorize)
	a.mux.HandleFunc("POST "+authorizePath, a.authorization.authorize)
	a.mux.HandleFunc("GET /{$}", a.showDirectory)
	return a
}

// ServeHTTP answers one request.
func (a *Application) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// Announcement returns where the application is and who may ask for tokens.
func (a *Application) Announcement() Announcement {
	return Announcement{
		Page:                  a.base + "/",
		SCIMEndpoint:          a.base + scimPath,
		TokenEndpoint:         a.base + tokenPath,
		AuthorizationEndpoint: a.base + authorizePath,
		ClientID:              a.client.ID,
		ClientSecret:          a.client.Secret,
	}
}

// Serve runs the application on listener, which it closes, until ctx ends. Once
// it answers it writes its [Announcement] to ready.
func Serve(ctx context.Context, listener net.Listener, o Options, ready io.Writer) error {
	app := New("http://"+listener.Addr().String(), o)
	server := &http.Server{
		Handler: app, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	if err := json.NewEncoder(ready).Encode(app.Announcement()); err != nil { //nolint:gosec // the secret is made for this announcement and for this run
		return errors.Join(fmt.Errorf("nobody reads that the application is ready: %w", err), server.Close(), <-ended)
	}
	select {
	case err := <-ended:
		return fmt.Errorf("the demonstration application stopped: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		_ = server.Close() // whoever is still connected is cut off
	}
	return closed(<-ended)
}

// closed returns what ended a server, unless it was closed on purpose.
func closed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
