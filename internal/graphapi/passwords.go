package graphapi

import (
	"context"
	"slices"
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

// passwordCredentials returns what is shown of the client secrets of an application
// or a service principal.
func (a *API) passwordCredentials(ctx context.Context, tenant directory.TenantID, o directory.Object) ([]passwordCredential, error) {
	shown := []passwordCredential{}
	passwords, err := a.Store.Passwords(ctx, tenant, o.ID)
	for _, p := range passwords {
		shown = append(shown, wirePassword(p))
	}
	return shown, err
}

// addPassword answers POST …/addPassword with a new client secret.
func (a *API) addPassword(ctx context.Context, q *request) (answer, error) {
	application, err := a.subject(ctx, q)
	if err != nil {
		return answer{}, err
	}
	var in struct {
		PasswordCredential sentPassword `json:"passwordCredential"`
	}
	if len(q.body) > 0 {
		if err := decode(q.body, &in); err != nil {
			return answer{}, err
		}
	}
	p, err := a.newPassword(in.PasswordCredential)
	if err != nil {
		return answer{}, err
	}
	wire, err := a.keepPassword(ctx, q, application.ID, p)
	if err != nil {
		return answer{}, err
	}
	return entity(q.context().Collection("microsoft.graph.passwordCredential"), wire, nil)
}

// keepPassword makes a secret, stores it and returns it, this once, in the clear.
func (a *API) keepPassword(ctx context.Context, q *request, owner directory.ObjectID, p store.Password) (passwordCredential, error) {
	secret := issuer.NewSecret()
	p.Hint, p.Digest = secret[:3], issuer.Digest(secret)
	if err := a.Store.AddPassword(ctx, q.tenant, owner, p); err != nil {
		return passwordCredential{}, notThere(err, string(owner))
	}
	wire := wirePassword(p)
	wire.SecretText = &secret
	return wire, nil
}

// sentPassword is what a caller says of a client secret.
type sentPassword struct {
	DisplayName *string    `json:"displayName"`
	Start       *time.Time `json:"startDateTime"`
	End         *time.Time `json:"endDateTime"`
	KeyID       *string    `json:"keyId"`
}

func (a *API) newPassword(asked sentPassword) (store.Password, error) {
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

// takePasswords takes passwordCredentials out of the body of an application; ok is
// false when the body has none.
func takePasswords(q *request) ([]sentPassword, bool, error) {
	object, err := readMembers(q.body)
	if err != nil {
		return nil, false, err
	}
	const member = "passwordCredentials"
	raw, ok := object[member]
	if !ok {
		return nil, false, nil
	}
	var list []sentPassword
	if err := decode(raw, &list); err != nil {
		return nil, false, err
	}
	delete(object, member)
	q.body, err = marshal(object, nil)
	return list, true, err
}

// keepOnly removes the client secrets of an application that a change leaves out.
// A secret cannot be added so, because nobody would be shown it.
func (a *API) keepOnly(ctx context.Context, q *request, application directory.ObjectID, listed []sentPassword) error {
	stored, err := a.Store.Passwords(ctx, q.tenant, application)
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, p := range listed {
		if p.KeyID == nil || !slices.ContainsFunc(stored, func(s store.Password) bool { return strings.EqualFold(s.KeyID, *p.KeyID) }) {
			return errs.New(errs.Invalid, "Request_BadRequest",
				"A password credential cannot be added by a change of passwordCredentials. Use the action addPassword, which shows the secret.").WithTarget("passwordCredentials")
		}
		kept[strings.ToLower(*p.KeyID)] = true
	}
	for _, p := range stored {
		if !kept[strings.ToLower(p.KeyID)] {
			if err := a.Store.RemovePassword(ctx, q.tenant, application, p.KeyID); err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
	}
	return nil
}

// removePassword answers POST …/removePassword.
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
			"The %s %s has no password credential with keyId '%.64s'.", application.Kind, application.ID, in.KeyID).WithTarget("keyId")
	}
	return noContent(), err
}
