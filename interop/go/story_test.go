package interop_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	kiota "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	jsonserialization "github.com/microsoft/kiota-serialization-json-go"
	graph "github.com/microsoftgraph/msgraph-sdk-go"
	"github.com/microsoftgraph/msgraph-sdk-go/applications"
	"github.com/microsoftgraph/msgraph-sdk-go/applicationtemplates"
	"github.com/microsoftgraph/msgraph-sdk-go/auditlogs"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
	"github.com/microsoftgraph/msgraph-sdk-go/serviceprincipals"
	"github.com/stretchr/testify/require"
)

const (
	nonGallery = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"
	firstRule  = "03f7d90d-bf71-41b1-bda6-aaf0ddbee5d8"
)

// story is what the steps share: the client, and the ids of what they make.
type story struct {
	*place
	graph *graph.GraphServiceClient
	mark  string
	at    map[string]string
}

// TestStory is the story of interop/README.md. A step stands on those before it.
func TestStory(t *testing.T) {
	p := here(t)
	s := &story{place: p, graph: p.administrator(t), mark: fmt.Sprintf("go%d", time.Now().UnixNano()), at: map[string]string{}}
	for _, step := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"people", s.people},
		{"an application from the template", s.application},
		{"a token on both containers", s.token},
		{"a job from a template", s.makeJob},
		{"the schema by PATCH and by PUT", s.schema},
		{"the stored credentials are valid", s.validate},
		{"one user on demand", s.onDemand},
		{"a cycle", s.cycle},
		{"the provisioning log", s.log},
		{"pause and restart", s.pauseAndRestart},
		{"what is refused is an ODataError", s.refusals},
		{"a caller without permission", s.denied},
		{"deletion", s.remove},
	} {
		t.Run(step.name, step.run)
	}
}

func ptr[T any](v T) *T { return &v }

func pair(key models.SynchronizationSecret, value string) models.SynchronizationSecretKeyStringValuePairable {
	made := models.NewSynchronizationSecretKeyStringValuePair()
	made.SetKey(&key)
	made.SetValue(&value)
	return made
}

func (s *story) synchronization() *serviceprincipals.ItemSynchronizationRequestBuilder {
	return s.graph.ServicePrincipals().ByServicePrincipalId(s.at["servicePrincipal"]).Synchronization()
}

func (s *story) job() *serviceprincipals.ItemSynchronizationJobsSynchronizationJobItemRequestBuilder {
	return s.synchronization().Jobs().BySynchronizationJobId(s.at["job"])
}

func (s *story) read(t *testing.T) models.SynchronizationJobable {
	t.Helper()
	job, err := s.job().Get(t.Context(), nil)
	require.NoError(t, err)
	return job
}

func (s *story) state(t *testing.T) models.SynchronizationScheduleState {
	t.Helper()
	return *s.read(t).GetSchedule().GetState()
}

func (s *story) person(t *testing.T, name string) models.Userable {
	t.Helper()
	password := models.NewPasswordProfile()
	password.SetPassword(ptr("Not-kept-1"))
	user := models.NewUser()
	user.SetAccountEnabled(ptr(true))
	user.SetDisplayName(ptr(name + " " + s.mark))
	user.SetMailNickname(ptr(name + "." + s.mark))
	user.SetUserPrincipalName(ptr(name + "." + s.mark + "@example.com"))
	user.SetGivenName(&name)
	user.SetSurname(&s.mark)
	user.SetPasswordProfile(password)
	made, err := s.graph.Users().Post(t.Context(), user, nil)
	require.NoError(t, err)
	return made
}

func (s *story) people(t *testing.T) {
	ctx, root := t.Context(), s.Service.GraphEndpoint+"/v1.0"
	manager, user := s.person(t, "grace"), s.person(t, "ada")
	boss := models.NewReferenceUpdate()
	boss.SetOdataId(ptr(root + "/users/" + *manager.GetId()))
	require.NoError(t, s.graph.Users().ByUserId(*user.GetId()).Manager().Ref().Put(ctx, boss, nil))
	staff := models.NewGroup()
	staff.SetDisplayName(ptr("Staff " + s.mark))
	staff.SetMailEnabled(ptr(false))
	staff.SetMailNickname(&s.mark)
	staff.SetSecurityEnabled(ptr(true))
	group, err := s.graph.Groups().Post(ctx, staff, nil)
	require.NoError(t, err)
	for _, one := range []models.Userable{manager, user} {
		member := models.NewReferenceCreate()
		member.SetOdataId(ptr(root + "/directoryObjects/" + *one.GetId()))
		require.NoError(t, s.graph.Groups().ByGroupId(*group.GetId()).Members().Ref().Post(ctx, member, nil))
	}
	members, err := s.graph.Groups().ByGroupId(*group.GetId()).Members().GraphUser().Get(ctx, nil)
	require.NoError(t, err)
	require.Len(t, members.GetValue(), 2)
	s.at["user"], s.at["userPrincipalName"] = *user.GetId(), *user.GetUserPrincipalName()
	s.at["manager"], s.at["group"] = *manager.GetId(), *group.GetId()
}

// instantiate makes an application from the non-gallery template.
func instantiate(ctx context.Context, t *testing.T, c *graph.GraphServiceClient, name string) models.ApplicationServicePrincipalable {
	t.Helper()
	body := applicationtemplates.NewItemInstantiatePostRequestBody()
	body.SetDisplayName(&name)
	made, err := c.ApplicationTemplates().ByApplicationTemplateId(nonGallery).Instantiate().Post(ctx, body, nil)
	require.NoError(t, err)
	return made
}

func (s *story) application(t *testing.T) {
	ctx := t.Context()
	made := instantiate(ctx, t, s.graph, "Interop "+s.mark)
	s.at["application"], s.at["servicePrincipal"] = *made.GetApplication().GetId(), *made.GetServicePrincipal().GetId()
	s.at["bare"] = *instantiate(ctx, t, s.graph, "Bare "+s.mark).GetServicePrincipal().GetId()
	assignment := models.NewAppRoleAssignment()
	assignment.SetPrincipalId(ptr(uuid.MustParse(s.at["group"])))
	assignment.SetResourceId(ptr(uuid.MustParse(s.at["servicePrincipal"])))
	for _, role := range made.GetServicePrincipal().GetAppRoles() {
		if *role.GetDisplayName() == "User" {
			assignment.SetAppRoleId(role.GetId())
		}
	}
	assigned, err := s.graph.ServicePrincipals().ByServicePrincipalId(s.at["servicePrincipal"]).AppRoleAssignedTo().Post(ctx, assignment, nil)
	require.NoError(t, err)
	require.Equal(t, "Staff "+s.mark, *assigned.GetPrincipalDisplayName())
}

func (s *story) token(t *testing.T) {
	ctx := t.Context()
	secrets := serviceprincipals.NewItemSynchronizationSecretsPutRequestBody()
	secrets.SetValue([]models.SynchronizationSecretKeyStringValuePairable{
		pair(models.BASEADDRESS_SYNCHRONIZATIONSECRET, s.Target.SCIMEndpoint), pair(models.SYNCALL_SYNCHRONIZATIONSECRET, "false"),
		pair(models.OAUTH2CLIENTID_SYNCHRONIZATIONSECRET, s.Target.ClientID), pair(models.OAUTH2CLIENTSECRET_SYNCHRONIZATIONSECRET, s.Target.ClientSecret),
		pair(models.OAUTH2TOKENEXCHANGEURI_SYNCHRONIZATIONSECRET, s.Target.TokenEndpoint),
	})
	_, err := s.synchronization().Secrets().PutAsSecretsPutResponse(ctx, secrets, nil)
	require.NoError(t, err)
	first := serviceprincipals.NewItemSynchronizationAcquireAccessTokenPostRequestBody()
	first.SetCredentials([]models.SynchronizationSecretKeyStringValuePairable{
		pair(models.OAUTH2AUTHORIZATIONCODE_SYNCHRONIZATIONSECRET, s.code(t)), pair(models.OAUTH2REDIRECTURI_SYNCHRONIZATIONSECRET, redirectURI),
	})
	require.NoError(t, s.synchronization().AcquireAccessToken().Post(ctx, first, nil))
	// The published snippet: one pair that carries its type only.
	again := applications.NewItemSynchronizationAcquireAccessTokenPostRequestBody()
	again.SetCredentials([]models.SynchronizationSecretKeyStringValuePairable{models.NewSynchronizationSecretKeyStringValuePair()})
	require.NoError(t, s.graph.Applications().ByApplicationId(s.at["application"]).Synchronization().AcquireAccessToken().Post(ctx, again, nil))
	count, err := s.synchronization().Secrets().Count().Get(ctx, nil)
	require.NoError(t, err)
	require.EqualValues(t, 6, *count, "the redirect URI is kept, the code is not")
}

func jobOf(template string) models.SynchronizationJobable {
	job := models.NewSynchronizationJob()
	job.SetTemplateId(&template)
	return job
}

func (s *story) makeJob(t *testing.T) {
	ctx := t.Context()
	made, err := s.synchronization().Jobs().Post(ctx, jobOf("scim"), nil)
	require.NoError(t, err)
	s.at["job"] = *made.GetId()
	require.Equal(t, models.DISABLED_SYNCHRONIZATIONSCHEDULESTATE, *made.GetSchedule().GetState())
	require.Equal(t, "PT40M", made.GetSchedule().GetInterval().String())
	dialect := models.NewKeyValuePair()
	dialect.SetName(ptr("ProvisorDialect"))
	dialect.SetValue(ptr("rfc7644"))
	settings := models.NewSynchronizationJob()
	settings.SetSynchronizationJobSettings([]models.KeyValuePairable{dialect})
	_, err = s.job().Patch(ctx, settings, nil)
	require.NoError(t, err)
	require.Equal(t, "rfc7644", *s.read(t).GetSynchronizationJobSettings()[0].GetValue())
	bare, err := s.graph.ServicePrincipals().ByServicePrincipalId(s.at["bare"]).Synchronization().Jobs().Post(ctx, jobOf("scim"), nil)
	require.NoError(t, err)
	s.at["bareJob"] = *bare.GetId()
}

func (s *story) readSchema(t *testing.T) models.SynchronizationSchemaable {
	t.Helper()
	schema, err := s.job().Schema().Get(t.Context(), nil)
	require.NoError(t, err)
	return schema
}

// title returns the mapping of that attribute of users.
func title(t *testing.T, schema models.SynchronizationSchemaable) models.AttributeMappingable {
	t.Helper()
	require.NotEmpty(t, schema.GetSynchronizationRules())
	for _, mapping := range schema.GetSynchronizationRules()[0].GetObjectMappings() {
		for _, one := range mapping.GetAttributeMappings() {
			if *mapping.GetSourceObjectName() == "User" && *one.GetTargetAttributeName() == "title" {
				return one
			}
		}
	}
	t.Fatal("there is no mapping of title")
	return nil
}

func constant(value string) models.AttributeMappingSourceable {
	source := models.NewAttributeMappingSource()
	source.SetTypeEscaped(ptr(models.CONSTANT_ATTRIBUTEMAPPINGSOURCETYPE))
	source.SetName(&value)
	source.SetExpression(ptr(`"` + value + `"`))
	return source
}

func (s *story) schema(t *testing.T) {
	ctx := t.Context()
	original := s.readSchema(t)
	require.Equal(t, firstRule, *original.GetSynchronizationRules()[0].GetId())
	all := models.ObjectFlowTypes(models.ADD_OBJECTFLOWTYPES | models.UPDATE_OBJECTFLOWTYPES | models.DELETE_OBJECTFLOWTYPES)
	require.Equal(t, all, *original.GetSynchronizationRules()[0].GetObjectMappings()[0].GetFlowTypes())

	// What was read and not changed is written as {}, which changes nothing.
	_, err := s.job().Schema().Patch(ctx, s.readSchema(t), nil)
	require.NoError(t, err)

	// Of a change inside a list the SDK writes nothing either, so the schema is
	// written whole; by PUT, which the SDK lacks and the documentation has, and by
	// PATCH, which the SDK has.
	changed := s.readSchema(t)
	for _, one := range []struct {
		method kiota.HttpMethod
		title  string
	}{{kiota.PATCH, "Admiral"}, {kiota.PUT, "Countess"}} {
		title(t, changed).SetSource(constant(one.title))
		request, err := s.job().Schema().ToPatchRequestInformation(ctx, changed, nil)
		require.NoError(t, err)
		request.Method, request.Content = one.method, whole(t, changed)
		require.NoError(t, s.graph.GetAdapter().SendNoContent(ctx, request, mappings()))
		require.Equal(t, one.title, *title(t, s.readSchema(t)).GetSource().GetName())
	}
	after := s.readSchema(t)
	require.Len(t, after.GetDirectories(), len(original.GetDirectories()))
	require.Equal(t, all, *after.GetSynchronizationRules()[0].GetObjectMappings()[0].GetFlowTypes())
}

// whole serializes a model with everything in it, changed or not.
func whole(t *testing.T, model serialization.Parsable) []byte {
	t.Helper()
	writer := jsonserialization.NewJsonSerializationWriter()
	require.NoError(t, writer.WriteObjectValue("", model))
	text, err := writer.GetSerializedContent()
	require.NoError(t, err)
	return text
}

func (s *story) validate(t *testing.T) {
	body := serviceprincipals.NewItemSynchronizationJobsItemValidateCredentialsPostRequestBody()
	body.SetUseSavedCredentials(ptr(true))
	require.NoError(t, s.job().ValidateCredentials().Post(t.Context(), body, nil))
}

func (s *story) onDemand(t *testing.T) {
	subject := models.NewSynchronizationJobSubject()
	subject.SetObjectId(ptr(s.at["user"]))
	subject.SetObjectTypeName(ptr("User"))
	parameters := models.NewSynchronizationJobApplicationParameters()
	parameters.SetRuleId(ptr(firstRule))
	parameters.SetSubjects([]models.SynchronizationJobSubjectable{subject})
	body := serviceprincipals.NewItemSynchronizationJobsItemProvisionOnDemandPostRequestBody()
	body.SetParameters([]models.SynchronizationJobApplicationParametersable{parameters})
	answer, err := s.job().ProvisionOnDemand().Post(t.Context(), body, nil)
	require.NoError(t, err)
	var key struct{ Result string }
	require.NoError(t, json.Unmarshal([]byte(*answer.GetKey()), &key))
	require.Equal(t, "Success", key.Result, *answer.GetKey())
	require.Equal(t, "Countess", s.account(t, s.at["userPrincipalName"])["title"])
}

func (s *story) cycle(t *testing.T) {
	require.NoError(t, s.job().Start().Post(t.Context(), nil))
	require.Equal(t, models.ACTIVE_SYNCHRONIZATIONSCHEDULESTATE, s.state(t))
	require.Eventually(t, func() bool { return s.read(t).GetStatus().GetLastSuccessfulExecution() != nil }, 30*time.Second, 100*time.Millisecond)
	require.Equal(t, models.SUCCEEDED_SYNCHRONIZATIONTASKEXECUTIONRESULT, *s.read(t).GetStatus().GetLastSuccessfulExecution().GetState())
	arrived := s.account(t, s.at["userPrincipalName"])
	require.Equal(t, "Countess", arrived["title"])
	require.Contains(t, arrived["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"], "manager")
}

func (s *story) log(t *testing.T) {
	page, err := s.graph.AuditLogs().Provisioning().Get(t.Context(), &auditlogs.ProvisioningRequestBuilderGetRequestConfiguration{
		QueryParameters: &auditlogs.ProvisioningRequestBuilderGetQueryParameters{Filter: ptr("jobId eq '" + s.at["job"] + "'"), Top: ptr(int32(50))},
	})
	require.NoError(t, err)
	for _, one := range page.GetValue() {
		if *one.GetSourceIdentity().GetId() == s.at["user"] && *one.GetProvisioningAction() == models.CREATE_PROVISIONINGACTION {
			require.Equal(t, models.SUCCESS_PROVISIONINGRESULT, *one.GetProvisioningStatusInfo().GetStatus())
			require.Equal(t, s.at["servicePrincipal"], *one.GetServicePrincipal().GetId())
			return
		}
	}
	t.Fatal("the creation of the user is not in the log")
}

func (s *story) pauseAndRestart(t *testing.T) {
	ctx := t.Context()
	require.NoError(t, s.job().Pause().Post(ctx, nil))
	require.NotEqual(t, models.ACTIVE_SYNCHRONIZATIONSCHEDULESTATE, s.state(t))
	criteria := models.NewSynchronizationJobRestartCriteria()
	criteria.SetResetScope(ptr(models.SynchronizationJobRestartScope(models.WATERMARK_SYNCHRONIZATIONJOBRESTARTSCOPE | models.ESCROWS_SYNCHRONIZATIONJOBRESTARTSCOPE)))
	body := serviceprincipals.NewItemSynchronizationJobsItemRestartPostRequestBody()
	body.SetCriteria(criteria)
	require.NoError(t, s.job().Restart().Post(ctx, body, nil))
	require.Equal(t, models.ACTIVE_SYNCHRONIZATIONSCHEDULESTATE, s.state(t))
	require.NoError(t, s.job().Pause().Post(ctx, nil))
}

// mappings tell the adapter how errors are decoded, as generated code does.
func mappings() kiota.ErrorMappings {
	return kiota.ErrorMappings{"XXX": func(serialization.ParseNode) (serialization.Parsable, error) { return odataerrors.NewODataError(), nil }}
}

func (s *story) refusals(t *testing.T) {
	names := []string{"{scim}", s.Target.SCIMEndpoint}
	for name, id := range s.at {
		names = append(names, "{"+name+"}", id)
	}
	fill := strings.NewReplacer(names...)
	for _, one := range refusals(t) {
		t.Run(one.Name, func(t *testing.T) {
			request := kiota.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(method(t, one.Method),
				"{+baseurl}"+strings.ReplaceAll(fill.Replace(one.Path), " ", "%20"), map[string]string{"baseurl": s.graph.GetAdapter().GetBaseUrl()})
			if one.Text != nil {
				request.SetStreamContentAndContentType([]byte(*one.Text), orJSON(one.Type))
			} else if one.Body != nil {
				request.SetStreamContentAndContentType([]byte(fill.Replace(string(one.Body))), orJSON(one.Type))
			}
			fault := faultOf(t, s.graph.GetAdapter().SendNoContent(t.Context(), request, mappings()))
			require.Equal(t, one.Code, *fault.GetErrorEscaped().GetCode(), *fault.GetErrorEscaped().GetMessage())
			require.Equal(t, one.Status, fault.ResponseStatusCode)
			require.Contains(t, *fault.GetErrorEscaped().GetMessage(), one.Says)
			require.Len(t, *fault.GetErrorEscaped().GetInnerError().GetRequestId(), 36)
		})
	}
}

func method(t *testing.T, name string) kiota.HttpMethod {
	t.Helper()
	for _, one := range []kiota.HttpMethod{kiota.GET, kiota.POST, kiota.PUT, kiota.PATCH, kiota.DELETE} {
		if one.String() == name {
			return one
		}
	}
	t.Fatalf("there is no method %s", name)
	return 0
}

func orJSON(contentType string) string {
	if contentType == "" {
		return "application/json"
	}
	return contentType
}

func faultOf(t *testing.T, err error) *odataerrors.ODataError {
	t.Helper()
	var fault *odataerrors.ODataError
	require.ErrorAs(t, err, &fault)
	return fault
}

func (s *story) denied(t *testing.T) {
	made := principalOf(t, s.graph, models.NewApplication(), "Nobody "+s.mark)
	ctx := t.Context()
	secret, err := s.graph.Applications().ByApplicationId(*made.GetId()).AddPassword().Post(ctx, applications.NewItemAddPasswordPostRequestBody(), nil)
	require.NoError(t, err)
	nobody := s.client(t, s.bySecret(t, *made.GetAppId(), *secret.GetSecretText()))
	_, err = nobody.Users().Get(ctx, nil)
	fault := faultOf(t, err)
	require.Equal(t, "Authorization_RequestDenied", *fault.GetErrorEscaped().GetCode())
	require.Equal(t, 403, fault.ResponseStatusCode)
	_, err = s.client(t, s.bySecret(t, *made.GetAppId(), "wrong")).Users().Get(ctx, nil)
	require.ErrorContains(t, err, "AADSTS7000215")
}

// principalOf makes an application that can sign in.
func principalOf(t *testing.T, c *graph.GraphServiceClient, application models.Applicationable, name string) models.Applicationable {
	t.Helper()
	application.SetDisplayName(&name)
	made, err := c.Applications().Post(t.Context(), application, nil)
	require.NoError(t, err)
	principal := models.NewServicePrincipal()
	principal.SetAppId(made.GetAppId())
	_, err = c.ServicePrincipals().Post(t.Context(), principal, nil)
	require.NoError(t, err)
	return made
}

func (s *story) remove(t *testing.T) {
	ctx := t.Context()
	require.NoError(t, s.job().Delete(ctx, nil))
	_, err := s.job().Get(ctx, nil)
	require.Equal(t, 404, faultOf(t, err).ResponseStatusCode)
	require.NoError(t, s.graph.ServicePrincipals().ByServicePrincipalId(s.at["servicePrincipal"]).Delete(ctx, nil))
	require.NoError(t, s.graph.Applications().ByApplicationId(s.at["application"]).Delete(ctx, nil))
	require.NoError(t, s.graph.Groups().ByGroupId(s.at["group"]).Delete(ctx, nil))
	for _, name := range []string{"user", "manager"} {
		require.NoError(t, s.graph.Users().ByUserId(s.at[name]).Delete(ctx, nil))
	}
	require.NotNil(t, s.account(t, s.at["userPrincipalName"]), "the accounts stay")
}
