package interop_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	jsonserialization "github.com/microsoft/kiota-serialization-json-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
	"github.com/stretchr/testify/require"
)

// hook is an endpoint that consents, and reads what it is told with the SDK's types.
func hook(t *testing.T) (string, <-chan models.ChangeNotificationable) {
	t.Helper()
	told := make(chan models.ChangeNotificationable, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.URL.Query().Get("validationToken"); token != "" {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, token)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		parsed, err := serialization.Deserialize("application/json", body, models.CreateChangeNotificationCollectionResponseFromDiscriminatorValue)
		if err != nil {
			t.Error(err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		collection, _ := parsed.(models.ChangeNotificationCollectionResponseable)
		for _, n := range collection.GetValue() {
			told <- n
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(server.Close)
	return server.URL, told
}

// TestNotifications subscribes to users, is told of one, and renews and ends the
// subscription, all with the published types.
func TestNotifications(t *testing.T) {
	serialization.DefaultParseNodeFactoryInstance.ContentTypeAssociatedFactories["application/json"] = jsonserialization.NewJsonParseNodeFactory()
	p := here(t)
	client, ctx := p.administrator(t), t.Context()
	address, told := hook(t)

	wish := models.NewSubscription()
	changes, resource, state := "updated,deleted", "/users", "our word"
	until := time.Now().Add(time.Hour).UTC()
	wish.SetChangeType(&changes)
	wish.SetResource(&resource)
	wish.SetNotificationUrl(&address)
	wish.SetExpirationDateTime(&until)
	wish.SetClientState(&state)
	made, err := client.Subscriptions().Post(ctx, wish, nil)
	require.NoError(t, err)
	require.Equal(t, "our word", *made.GetClientState())
	require.Equal(t, p.Service.ClientID, *made.GetApplicationId())
	require.WithinDuration(t, until, *made.GetExpirationDateTime(), time.Second)

	person := models.NewUser()
	name, principal, password, enabled := "Hedy Lamarr", "hedy@provisor.internal", "Correct-horse-7", true
	profile := models.NewPasswordProfile()
	profile.SetPassword(&password)
	person.SetDisplayName(&name)
	person.SetUserPrincipalName(&principal)
	person.SetAccountEnabled(&enabled)
	person.SetPasswordProfile(profile)
	nickname := "hedy"
	person.SetMailNickname(&nickname)
	created, err := client.Users().Post(ctx, person, nil)
	require.NoError(t, err)
	select {
	case n := <-told:
		require.Equal(t, "Users/"+*created.GetId(), *n.GetResource())
		require.Equal(t, models.UPDATED_CHANGETYPE, *n.GetChangeType())
		require.Equal(t, state, *n.GetClientState())
		require.Equal(t, *made.GetId(), n.GetSubscriptionId().String())
		require.Equal(t, p.Service.TenantID, n.GetTenantId().String())
		require.Equal(t, *created.GetId(), *n.GetResourceData().GetAdditionalData()["id"].(*string))
	case <-time.After(30 * time.Second):
		t.Fatal("nobody told of a user")
	}

	change := models.NewSubscription()
	later := until.Add(time.Hour)
	change.SetExpirationDateTime(&later)
	renewed, err := client.Subscriptions().BySubscriptionId(*made.GetId()).Patch(ctx, change, nil)
	require.NoError(t, err)
	require.WithinDuration(t, later, *renewed.GetExpirationDateTime(), time.Second)
	require.NoError(t, client.Subscriptions().BySubscriptionId(*made.GetId()).Reauthorize().Post(ctx, nil))
	all, err := client.Subscriptions().Get(ctx, nil)
	require.NoError(t, err)
	require.Len(t, all.GetValue(), 1)
	require.Nil(t, all.GetValue()[0].GetClientState())
	require.NoError(t, client.Subscriptions().BySubscriptionId(*made.GetId()).Delete(ctx, nil))
	_, err = client.Subscriptions().BySubscriptionId(*made.GetId()).Get(ctx, nil)
	var refused *odataerrors.ODataError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "ResourceNotFound", *refused.GetErrorEscaped().GetCode())

	unknown := "created"
	wish.SetChangeType(&unknown)
	_, err = client.Subscriptions().Post(ctx, wish, nil)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "Invalid 'changeType' attribute: 'created'.", *refused.GetErrorEscaped().GetMessage())
	require.NoError(t, client.Users().ByUserId(*created.GetId()).Delete(ctx, nil))
}
