// The story, told with @microsoft/msgraph-sdk, made by Kiota, and @azure/identity. Of
// the paths only those of users are published for it; the others are given to its
// adapter with its models.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ClientSecretCredential } from "@azure/identity";
import { HttpMethod, RequestInformation } from "@microsoft/kiota-abstractions";
import { AzureIdentityAuthenticationProvider } from "@microsoft/kiota-authentication-azure";
import { createGraphServiceClient, GraphRequestAdapter } from "@microsoft/msgraph-sdk";
import "@microsoft/msgraph-sdk-users";
import * as models from "@microsoft/msgraph-sdk/models/index.js";
import { createODataErrorFromDiscriminatorValue } from "@microsoft/msgraph-sdk/models/oDataErrors/index.js";
import { account, authorityHost, code, dialect, firstRule, nonGallery, redirect, refusals, scope, secrets, service, target, until } from "./place.mjs";

function adapterOf(id, secret) {
  const credential = new ClientSecretCredential(service.tenantId, id, secret, { authorityHost, disableInstanceDiscovery: true });
  const adapter = new GraphRequestAdapter(new AzureIdentityAuthenticationProvider(credential, [scope], undefined, new Set([new URL(service.graphEndpoint).hostname])));
  adapter.baseUrl = `${service.graphEndpoint}/v1.0`;
  return adapter;
}

const errors = { XXX: createODataErrorFromDiscriminatorValue };

// request describes one call, as a generated request builder does.
function request(adapter, method, path, text, type = "application/json") {
  const info = new RequestInformation(method, `{+baseurl}${path}`, { baseurl: adapter.baseUrl });
  info.addRequestHeaders({ Accept: "application/json" });
  if (text !== undefined) info.setStreamContent(new TextEncoder().encode(text).buffer, type);
  return info;
}

describe("msgraph-sdk", () => {
  const adapter = adapterOf(service.clientId, service.clientSecret);
  const graph = createGraphServiceClient(adapter);
  const mark = `ks${Date.now()}`;
  const at = {}; // ids of what the story makes

  const read = (path, factory) => adapter.send(request(adapter, HttpMethod.GET, path), factory, errors);
  const order = (method, path, body) => adapter.sendNoResponseContent(request(adapter, method, path, body && JSON.stringify(body)), errors);
  const make = (path, body, factory) => adapter.send(request(adapter, HttpMethod.POST, path, JSON.stringify(body)), factory, errors);
  const write = (method, path, value, serializer) => {
    const info = request(adapter, method, path);
    info.setContentFromParsable(adapter, "application/json", value, serializer);
    return info;
  };
  const container = (rest) => `/servicePrincipals/${at.servicePrincipal}/synchronization${rest}`;
  const job = (rest = "") => container(`/jobs/${at.job}${rest}`);
  const getJob = () => read(job(), models.createSynchronizationJobFromDiscriminatorValue);
  const getSchema = () => read(job("/schema"), models.createSynchronizationSchemaFromDiscriminatorValue);

  before(async () => {
    const user = await graph.users.post({
      accountEnabled: true, displayName: `Ada ${mark}`, mailNickname: `ada.${mark}`, userPrincipalName: `ada.${mark}@example.com`,
      givenName: "Ada", surname: mark, passwordProfile: { password: "Not-kept-1" },
    });
    [at.user, at.userPrincipalName] = [user.id, user.userPrincipalName];
  });

  after(() => graph.users.byUserId(at.user).delete());

  test("users are found", async () => {
    const page = await graph.users.get({ queryParameters: { filter: `userPrincipalName eq '${at.userPrincipalName}'`, select: ["id", "displayName"], count: true } });
    assert.deepEqual(page.value.map((one) => one.id), [at.user]);
    assert.equal(page.odataCount, 1);
    const changed = await graph.users.delta.get({ queryParameters: { select: ["displayName"] } });
    assert.ok(changed.odataDeltaLink ?? changed.odataNextLink);
  });

  test("an application is made from the template", async () => {
    const instantiate = (displayName) => make(`/applicationTemplates/${nonGallery}/instantiate`, { displayName }, models.createApplicationServicePrincipalFromDiscriminatorValue);
    const made = await instantiate(`Interop ${mark}`);
    [at.application, at.servicePrincipal] = [made.application.id, made.servicePrincipal.id];
    at.bare = (await instantiate(`Bare ${mark}`)).servicePrincipal.id;
    const role = made.servicePrincipal.appRoles.find((one) => one.displayName === "User");
    const assigned = await graph.users.byUserId(at.user).appRoleAssignments.post({ principalId: at.user, resourceId: at.servicePrincipal, appRoleId: role.id });
    assert.equal(assigned.resourceDisplayName, `Interop ${mark}`);
  });

  test("a token is acquired on both containers", async () => {
    await order(HttpMethod.PUT, container("/secrets"), { value: secrets() });
    const credentials = [{ key: "Oauth2AuthorizationCode", value: await code() }, { key: "Oauth2RedirectUri", value: redirect }];
    await order(HttpMethod.POST, container("/acquireAccessToken"), { credentials });
    await order(HttpMethod.POST, `/applications/${at.application}/synchronization/acquireAccessToken`, { credentials: [] });
  });

  test("a job is made, and its settings changed", async () => {
    const made = await make(container("/jobs"), { templateId: "scim" }, models.createSynchronizationJobFromDiscriminatorValue);
    at.job = made.id;
    assert.equal(made.schedule.state, models.SynchronizationScheduleStateObject.Disabled);
    assert.equal(made.schedule.interval.minutes, 40);
    const settings = { synchronizationJobSettings: [dialect] };
    await adapter.send(write(HttpMethod.PATCH, job(), settings, models.serializeSynchronizationJob), models.createSynchronizationJobFromDiscriminatorValue, errors);
    assert.equal((await getJob()).synchronizationJobSettings[0].value, dialect.value);
    const bare = await make(`/servicePrincipals/${at.bare}/synchronization/jobs`, { templateId: "scim" }, models.createSynchronizationJobFromDiscriminatorValue);
    at.bareJob = bare.id;
  });

  test("the schema goes there and back through the models", async () => {
    const schema = await getSchema();
    assert.equal(schema.synchronizationRules[0].id, firstRule);
    // This SDK reads flags as none and writes them back as "", which must not switch anything off.
    const users = schema.synchronizationRules[0].objectMappings.find((one) => one.sourceObjectName === "User");
    users.attributeMappings.find((one) => one.targetAttributeName === "title").source = { expression: '"Countess"', name: "Countess", type: models.AttributeMappingSourceTypeObject.Constant };
    for (const method of [HttpMethod.PUT, HttpMethod.PATCH]) await adapter.sendNoResponseContent(write(method, job("/schema"), schema, models.serializeSynchronizationSchema), errors);
    const again = await getSchema();
    const title = again.synchronizationRules[0].objectMappings.find((one) => one.sourceObjectName === "User").attributeMappings.find((one) => one.targetAttributeName === "title");
    assert.equal(title.source.name, "Countess");
    assert.equal(again.directories.length, schema.directories.length);
  });

  test("the stored credentials are valid", () => order(HttpMethod.POST, job("/validateCredentials"), { useSavedCredentials: true }));

  test("one user is provisioned on demand", async () => {
    const parameters = [{ ruleId: firstRule, subjects: [{ objectId: at.user, objectTypeName: "User" }] }];
    const answer = await make(job("/provisionOnDemand"), { parameters }, models.createStringKeyStringValuePairFromDiscriminatorValue);
    assert.equal(JSON.parse(answer.key).result, "Success", answer.key);
  });

  test("a cycle provisions who is assigned", async () => {
    await order(HttpMethod.POST, job("/start"));
    assert.equal((await getJob()).schedule.state, models.SynchronizationScheduleStateObject.Active);
    const state = await until(async () => (await getJob()).status.lastSuccessfulExecution?.state, "a cycle");
    assert.equal(state, models.SynchronizationTaskExecutionResultObject.Succeeded);
    assert.equal((await account(at.userPrincipalName)).title, "Countess");
  });

  test("the provisioning log tells what happened", async () => {
    const filter = encodeURIComponent(`jobId eq '${at.job}'`);
    const page = await read(`/auditLogs/provisioning?$filter=${filter}`, models.createProvisioningObjectSummaryCollectionResponseFromDiscriminatorValue);
    const created = page.value.find((one) => one.provisioningAction === models.ProvisioningActionObject.Create);
    assert.equal(created.provisioningStatusInfo.status, models.ProvisioningResultObject.Success);
    assert.equal(created.sourceIdentity.id, at.user);
    assert.ok(created.activityDateTime instanceof Date);
  });

  test("the job pauses, restarts and pauses", async () => {
    await order(HttpMethod.POST, job("/pause"));
    assert.notEqual((await getJob()).schedule.state, models.SynchronizationScheduleStateObject.Active);
    await order(HttpMethod.POST, job("/restart"), { criteria: { resetScope: "Full" } });
    assert.equal((await getJob()).schedule.state, models.SynchronizationScheduleStateObject.Active);
    await order(HttpMethod.POST, job("/pause"));
  });

  describe("what is refused is an ODataError", () => {
    test("as documented", async (t) => {
      for (const refusal of refusals({ ...at, scim: target.scimEndpoint }))
        await t.test(refusal.name, async () => {
          const text = refusal.text ?? (refusal.body && JSON.stringify(refusal.body));
          const info = request(adapter, refusal.method, refusal.path.replaceAll(" ", "%20"), text, refusal.type);
          const error = await adapter.sendNoResponseContent(info, errors).then(() => assert.fail("it was accepted"), (reason) => reason);
          assert.deepEqual([error.responseStatusCode, error.errorEscaped?.code], [refusal.status, refusal.code], error.errorEscaped?.message ?? error);
          assert.ok(error.errorEscaped.message.includes(refusal.says), error.errorEscaped.message);
          assert.match(error.errorEscaped.innerError.requestId, /^[0-9a-f-]{36}$/);
        });
    });
  });

  test("the job and the application are deleted", async () => {
    await order(HttpMethod.DELETE, job());
    await assert.rejects(getJob(), { responseStatusCode: 404 });
    for (const id of [at.servicePrincipal, at.bare]) await order(HttpMethod.DELETE, `/servicePrincipals/${id}`);
    await order(HttpMethod.DELETE, `/applications/${at.application}`);
  });
});
