package graphapi

import (
	"context"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity/issuer"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

// passwordLife is how long a client secret lasts unless the caller says otherwise.
const passwordLife = 2 * 365 * 24 * time.Hour

// passwordCredential is Graph's type of the same name. SecretText is there once, in
// the answer that creates it.
type passwordCredential struct {
	CustomKeyIdentifier *string `json:"customKeyIdentifier"`
	DisplayName         *string `json:"displayName"`
	End                 string  `json:"endDateTime"`
	Hint                *string `json:"hint"`
	KeyID               string  `json:"keyId"`
	SecretText          *string `json:"secretText"`
	Start               string  `json:"startDateTime"`
}

func wirePassword(p store.Password) passwordCredential {
	return passwordCredential{
		DisplayName: orNull(p.DisplayName), End: odata.FormatTime(p.End), Hint: orNull(p.Hint),
		KeyID: p.KeyID, Start: odata.FormatTime(p.Start),
	}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// passwordCredentials returns what is shown of an application's client secrets. A
// service principal has none of its own here.
func (a *API) passwordCredentials(ctx context.Context, tenant directory.TenantID, o directory.Object) ([]passwordCredential, error) {
	shown := []passwordCredential{}
	if o.Kind != directory.Application {
		return shown, nil
	}
	passwords, err := a.Store.Passwords(ctx, tenant, o.ID)
	for _, p := range passwords {
		shown = append(shown, wirePassword(p))
	}
	return shown, err
}

// addPassword answers POST applications/{id}/addPassword with a new client secret.
func (a *API) addPassword(ctx context.Context, q *request) (answer, error) {
	application, err := a.subject(ctx, q)
	if err != nil {
		return answer{}, err
	}
	p, err := a.readPassword(q.body)
	if err != nil {
		return answer{}, err
	}
	secret := issuer.NewSecret()
	p.Hint, p.Digest = secret[:3], issuer.Digest(secret)
	if err := a.Store.AddPassword(ctx, q.tenant, application.ID, p); err != nil {
		return answer{}, notThere(err, string(application.ID))
	}
	wire := wirePassword(p)
	wire.SecretText = &secret
	return entity(q.context().Collection("microsoft.graph.passwordCredential"), wire, nil)
}

func (a *API) readPassword(body []byte) (store.Password, error) {
	var in struct {
		PasswordCredential struct {
			DisplayName *string    `json:"displayName"`
			Start       *time.Time `json:"startDateTime"`
			End         *time.Time `json:"endDateTime"`
		} `json:"passwordCredential"`
	}
	if len(body) > 0 {
		if err := decode(body, &in); err != nil {
			return store.Password{}, err
		}
	}
	asked := in.PasswordCredential
	p := store.Password{KeyID: a.NewID(), Start: a.Now()}
	if asked.DisplayName != nil {
		p.DisplayName = *asked.DisplayName
	}
	if asked.Start != nil {
		p.Start = asked.Start.UTC()
	}
	p.End = p.Start.Add(passwordLife)
	if asked.End != nil {
		p.End = asked.End.UTC()
	}
	if !p.End.After(p.Start) {
		return store.Password{}, errs.New(errs.Invalid, "Request_BadRequest",
			"The client secret would end at %s, before it starts at %s.", odata.FormatTime(p.End), odata.FormatTime(p.Start)).WithTarget("endDateTime")
	}
	return p, nil
}

// removePassword answers POST applications/{id}/removePassword.
func (a *API) removePassword(ctx context.Context, q *request) (answer, error) {
	application, err := a.subject(ctx, q)
	if err != nil {
		return answer{}, err
	}
	var in struct {
		KeyID string `json:"keyId"`
	}
	if err := decode(q.body, &in); err != nil {
		return answer{}, err
	}
	err = a.Store.RemovePassword(ctx, q.tenant, application.ID, strings.ToLower(in.KeyID))
	if errs.Is(err, errs.NotFound) {
		return answer{}, errs.Wrap(err, errs.Invalid, "Request_BadRequest",
			"The application %s has no password credential with keyId '%.64s'.", application.ID, in.KeyID).WithTarget("keyId")
	}
	return noContent(), err
}
