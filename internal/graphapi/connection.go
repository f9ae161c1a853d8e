package graphapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
)

// Connections are what Graph lacks of the life of credentials.
type Connections interface {
	// Configured returns the settings that Graph has no key for; secret ones read "*".
	Configured(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID) (credential.Settings, error)
	// Configure changes those that are named; an empty value drops one.
	Configure(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, settings credential.Settings) error
	// BeginAuthorize returns the URL at which an administrator of the application
	// consents.
	BeginAuthorize(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, template credential.Settings, redirect string) (string, error)
	// FinishAuthorize redeems the code that came back.
	FinishAuthorize(ctx context.Context, c credential.Callback) (credential.Owner, error)
}

// settingPrefix leads the keys of settings in the store; on the wire it is left out.
const settingPrefix = "provisor."

// getCredentialSettings answers GET …/credentialSettings.
func (a *API) getCredentialSettings(ctx context.Context, q *request) (answer, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return answer{}, err
	}
	settings, err := a.Connections.Configured(ctx, q.tenant, sp.ID)
	if err != nil {
		return answer{}, err
	}
	wire := make(map[string]string, len(settings))
	for key, value := range settings {
		wire[strings.TrimPrefix(string(key), settingPrefix)] = value
	}
	body, err := marshal(wire, nil)
	return answer{status: http.StatusOK, contentType: jsonType, body: body}, err
}

// patchCredentialSettings answers PATCH …/credentialSettings: an object of strings,
// null or "" to drop one, "*" to keep one.
func (a *API) patchCredentialSettings(ctx context.Context, q *request) (answer, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return answer{}, err
	}
	var wire map[string]*string
	if err := json.Unmarshal(q.body, &wire); err != nil {
		return answer{}, errs.New(errs.Invalid, "RequestParameterInvalid",
			`The body must be an object of strings, such as {"scope":"scim","clientAuthentication":"private_key_jwt"}.`)
	}
	settings := credential.Settings{}
	for name, value := range wire {
		key := credential.Key(settingPrefix + strings.TrimPrefix(name, settingPrefix)) // messages name it with the prefix
		switch {
		case strings.Contains(name, "@odata."), value != nil && *value == "*":
		case value == nil:
			settings[key] = ""
		default:
			settings[key] = *value
		}
	}
	return noContent(), a.Connections.Configure(ctx, q.tenant, sp.ID, settings)
}
