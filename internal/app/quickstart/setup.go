package quickstart

import (
	"context"
	"net/http"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/synchronization"
)

// templateID is the job template for any SCIM 2.0 application.
const templateID = "scim"

// keyValue is one pair of a secrets collection.
type keyValue struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func pair(key synchronization.Secret, value string) keyValue {
	return keyValue{Key: key.String(), Value: value}
}

// makeApplication makes the application with its service principal, as the portal
// does for one that is in no gallery, and stores its credentials.
func (r *run) makeApplication(ctx context.Context) error {
	r.Screen.Title("2  The application %q at %s", r.Target.Name, r.Target.SCIMEndpoint)
	var made struct {
		Application      struct{ ID string } `json:"application"`
		ServicePrincipal struct{ ID string } `json:"servicePrincipal"`
	}
	path := "/applicationTemplates/" + synchronization.NonGalleryTemplateID + "/instantiate"
	if err := r.graph.call(ctx, http.MethodPost, path, map[string]string{"displayName": r.Target.Name}, &made); err != nil {
		return err
	}
	r.result.ApplicationID, r.result.ServicePrincipalID = made.Application.ID, made.ServicePrincipal.ID
	if made.ServicePrincipal.ID == "" {
		return errs.New(errs.Internal, "NoServicePrincipal", "POST %s answered without a service principal.", path)
	}
	r.Screen.Say("Made application %s with service principal %s.", made.Application.ID, made.ServicePrincipal.ID)

	secrets := map[string][]keyValue{"value": r.secrets()}
	if err := r.graph.call(ctx, http.MethodPut, r.synchronization("/secrets"), secrets, nil); err != nil {
		return err
	}
	r.Screen.Say("Stored %d credentials and settings; the secret ones are never readable again.", len(r.secrets()))
	return nil
}

// secrets are the credentials of the target, and that everybody is in scope.
func (r *run) secrets() []keyValue {
	common := []keyValue{
		pair(synchronization.SecretBaseAddress, r.Target.SCIMEndpoint),
		pair(synchronization.SecretSyncAll, "true"),
	}
	if r.Target.Bearer != "" {
		return append(common, pair(synchronization.SecretSecretToken, r.Target.Bearer))
	}
	return append(common,
		pair(synchronization.SecretOauth2TokenExchangeUri, r.Target.TokenURL),
		pair(synchronization.SecretOauth2ClientId, r.Target.ClientID),
		pair(synchronization.SecretOauth2ClientSecret, r.Target.ClientSecret),
	)
}

// acquireToken calls the action that this whole service is about.
func (r *run) acquireToken(ctx context.Context) error {
	r.Screen.Title("3  The access token")
	if r.Target.Bearer != "" {
		r.Screen.Say("Not acquired: --bearer gave one.")
		return nil
	}
	began := r.Now()
	path := r.synchronization("/acquireAccessToken")
	if err := r.graph.call(ctx, http.MethodPost, path, map[string][]keyValue{"credentials": {}}, nil); err != nil {
		return err
	}
	r.Screen.Say("POST %s", path)
	r.Screen.Say("%s in %d ms: acquired from %s, sealed and stored.",
		r.Screen.Good("204 No Content"), r.Now().Sub(began).Milliseconds(), r.Target.TokenURL)
	return nil
}

// makeJob makes the synchronization job and chooses how SCIM is written.
func (r *run) makeJob(ctx context.Context) error {
	var job struct{ ID string }
	if err := r.graph.call(ctx, http.MethodPost, r.synchronization("/jobs"), map[string]string{"templateId": templateID}, &job); err != nil {
		return err
	}
	r.result.JobID = job.ID
	settings := map[string]any{"synchronizationJobSettings": []map[string]string{
		{"name": synchronization.SettingDialect, "value": r.Target.Dialect},
	}}
	return r.graph.call(ctx, http.MethodPatch, r.job(""), settings, nil)
}

func (r *run) synchronization(rest string) string {
	return "/servicePrincipals/" + r.result.ServicePrincipalID + "/synchronization" + rest
}

func (r *run) job(rest string) string { return r.synchronization("/jobs/" + r.result.JobID + rest) }
