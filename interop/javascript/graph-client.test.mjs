// The story, told with @microsoft/microsoft-graph-client and @azure/identity.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ClientSecretCredential } from "@azure/identity";
import { Client, GraphError } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";
import { account, authorityHost, code, dialect, firstRule, nonGallery, redirect, refusals, scope, secrets, service, target, until } from "./place.mjs";

function clientOf(id, secret) {
  const credential = new ClientSecretCredential(service.tenantId, id, secret, { authorityHost, disableInstanceDiscovery: true });
  return Client.initWithMiddleware({
    baseUrl: service.graphEndpoint,
    customHosts: new Set([new URL(service.graphEndpoint).hostname]),
    authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes: [scope] }),
  });
}

describe("microsoft-graph-client", () => {
  const graph = clientOf(service.clientId, service.clientSecret);
  const mark = `gc${Date.now()}`;
  const at = {}; // ids of what the story makes

  const person = (name) => ({
    accountEnabled: true, displayName: `${name} ${mark}`, mailNickname: `${name}.${mark}`, userPrincipalName: `${name}.${mark}@example.com`,
    givenName: name, surname: mark, mail: `${name}.${mark}@example.com`, department: "Analysis", passwordProfile: { password: "Not-kept-1" },
  });
  const job = (rest = "") => graph.api(`/servicePrincipals/${at.servicePrincipal}/synchronization/jobs/${at.job}${rest}`);

  before(async () => {
    at.manager = (await graph.api("/users").post(person("grace"))).id;
    const user = await graph.api("/users").post(person("ada"));
    [at.user, at.userPrincipalName] = [user.id, user.userPrincipalName];
    await graph.api(`/users/${at.user}/manager/$ref`).put({ "@odata.id": `${service.graphEndpoint}/v1.0/users/${at.manager}` });
    at.group = (await graph.api("/groups").post({ displayName: `Staff ${mark}`, mailEnabled: false, mailNickname: mark, securityEnabled: true })).id;
    for (const id of [at.user, at.manager])
      await graph.api(`/groups/${at.group}/members/$ref`).post({ "@odata.id": `${service.graphEndpoint}/v1.0/directoryObjects/${id}` });
  });

  after(async () => {
    for (const path of [`/groups/${at.group}`, `/users/${at.user}`, `/users/${at.manager}`]) await graph.api(path).delete();
  });

  test("an application is made from the template, and the group assigned", async () => {
    const made = await graph.api(`/applicationTemplates/${nonGallery}/instantiate`).post({ displayName: `Interop ${mark}` });
    [at.application, at.servicePrincipal] = [made.application.id, made.servicePrincipal.id];
    const bare = await graph.api(`/applicationTemplates/${nonGallery}/instantiate`).post({ displayName: `Bare ${mark}` });
    at.bare = bare.servicePrincipal.id;
    const found = await graph.api("/servicePrincipals").filter(`appId eq '${made.application.appId}'`).select(["id", "displayName"]).get();
    assert.deepEqual(found.value.map((one) => one.id), [at.servicePrincipal]);
    const role = made.servicePrincipal.appRoles.find((one) => one.displayName === "User");
    await graph.api(`/servicePrincipals/${at.servicePrincipal}/appRoleAssignedTo`).post({ principalId: at.group, resourceId: at.servicePrincipal, appRoleId: role.id });
  });

  test("secrets are put, and cannot be read again", async () => {
    const path = `/servicePrincipals/${at.servicePrincipal}/synchronization/secrets`;
    await graph.api(path).put({ value: secrets() });
    const { value } = await graph.api(path).get();
    assert.equal(value.length, secrets().length);
    assert.equal(value.find((one) => one.key === "Oauth2ClientSecret").value, "*");
  });

  test("a token is acquired on both containers", async () => {
    const credentials = [{ key: "Oauth2AuthorizationCode", value: await code() }, { key: "Oauth2RedirectUri", value: redirect }];
    await graph.api(`/servicePrincipals/${at.servicePrincipal}/synchronization/acquireAccessToken`).post({ credentials });
    await graph.api(`/applications/${at.application}/synchronization/acquireAccessToken`).post({ credentials: [] });
    await graph.api(`/applications/${at.application}/synchronization/acquireAccessToken`).version("beta").post({ credentials: [{}] });
  });

  test("a job is made from a template", async () => {
    const templates = await graph.api(`/servicePrincipals/${at.servicePrincipal}/synchronization/templates`).get();
    assert.ok(templates.value.some((one) => one.id === "scim"));
    const made = await graph.api(`/servicePrincipals/${at.servicePrincipal}/synchronization/jobs`).post({ templateId: "scim" });
    at.job = made.id;
    assert.equal(made.schedule.state, "Disabled");
    await job().patch({ synchronizationJobSettings: [dialect] });
    assert.deepEqual((await job().get()).synchronizationJobSettings, [dialect]);
    at.bareJob = (await graph.api(`/servicePrincipals/${at.bare}/synchronization/jobs`).post({ templateId: "scim" })).id;
  });

  test("the schema is read, replaced by PUT and by PATCH, and reset", async () => {
    const rename = (schema, value) => {
      const users = schema.synchronizationRules[0].objectMappings.find((one) => one.sourceObjectName === "User");
      users.attributeMappings.find((one) => one.targetAttributeName === "title").source = { expression: `"${value}"`, name: value, type: "Constant", parameters: [] };
      return schema;
    };
    const titled = (schema, value) => JSON.stringify(schema).includes(`"name":"${value}"`);
    const original = await job("/schema").get();
    assert.equal(original.synchronizationRules[0].id, firstRule);
    await job("/schema").put(rename(await job("/schema").get(), "Countess"));
    assert.ok(titled(await job("/schema").get(), "Countess"));
    await job("/schema").patch(rename(await job("/schema").get(), "Admiral"));
    assert.ok(titled(await job("/schema").get(), "Admiral"));
    await job("/schema").delete();
    assert.deepEqual((await job("/schema").get()).synchronizationRules, original.synchronizationRules);
    await job("/schema").put(rename(await job("/schema").get(), "Countess"));
  });

  test("the stored credentials are valid", () => job("/validateCredentials").post({ useSavedCredentials: true }));

  test("one user is provisioned on demand", async () => {
    const parameters = [{ ruleId: firstRule, subjects: [{ objectId: at.user, objectTypeName: "User" }] }];
    const answer = await job("/provisionOnDemand").post({ parameters });
    assert.equal(JSON.parse(answer.key).result, "Success", answer.key);
    assert.equal((await account(at.userPrincipalName)).title, "Countess");
  });

  test("a cycle provisions who is assigned", async () => {
    await job("/start").post({});
    assert.equal((await job().get()).schedule.state, "Active");
    await until(async () => (await job().get()).status.lastSuccessfulExecution, "a cycle");
    const arrived = await account(at.userPrincipalName);
    assert.equal(arrived.title, "Countess");
    assert.ok(arrived["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"].manager);
  });

  test("the provisioning log tells what happened", async () => {
    const page = await graph.api("/auditLogs/provisioning").filter(`jobId eq '${at.job}'`).top(50).get();
    const created = page.value.find((one) => one.provisioningAction === "create" && one.sourceIdentity.id === at.user);
    assert.equal(created.provisioningStatusInfo.status, "success");
    assert.equal(created.servicePrincipal.id, at.servicePrincipal);
    assert.ok(created.provisioningSteps.length > 0);
  });

  test("pages are followed", async () => {
    const seen = [];
    let page = await graph.api("/auditLogs/provisioning").top(1).get();
    for (; page; page = page["@odata.nextLink"] && (await graph.api(page["@odata.nextLink"]).get())) seen.push(...page.value);
    assert.ok(seen.length > 2);
    assert.equal(new Set(seen.map((one) => one.id)).size, seen.length);
  });

  test("several requests go as a batch", async () => {
    const { responses } = await graph.api("/$batch").post({
      requests: [
        { id: "1", method: "GET", url: `/users/${at.user}?$select=id` },
        { id: "2", method: "GET", url: "/users/00000000-0000-0000-0000-00000000dead", dependsOn: ["1"] },
        { id: "3", method: "GET", url: `/groups/${at.group}`, dependsOn: ["2"] },
      ],
    });
    const statuses = Object.fromEntries(responses.map((one) => [one.id, one.status]));
    assert.deepEqual(statuses, { 1: 200, 2: 404, 3: 424 });
  });

  test("the job pauses and restarts", async () => {
    await job("/pause").post({});
    assert.notEqual((await job().get()).schedule.state, "Active");
    await job("/restart").post({ criteria: { resetScope: "Watermark, Escrows, QuarantineState" } });
    assert.equal((await job().get()).schedule.state, "Active");
  });

  describe("what is refused is a GraphError", () => {
    test("as documented", async (t) => {
      for (const refusal of refusals({ ...at, scim: target.scimEndpoint }))
        await t.test(refusal.name, async () => {
          const request = graph.api(refusal.path).headers({ "Content-Type": refusal.type ?? "application/json" });
          const verb = refusal.method.toLowerCase();
          const text = refusal.text ?? JSON.stringify(refusal.body);
          const asked = verb === "get" || verb === "delete" ? request[verb]() : request[verb](text);
          const error = await asked.then(() => assert.fail("it was accepted"), (reason) => reason);
          assert.ok(error instanceof GraphError, String(error));
          assert.deepEqual([error.statusCode, error.code], [refusal.status, refusal.code], error.message);
          assert.ok(error.message.includes(refusal.says), error.message);
          assert.match(JSON.parse(error.body).innerError["request-id"], /^[0-9a-f-]{36}$/);
        });
    });

    test("a caller without permission, and a secret that is wrong", async () => {
      const made = await graph.api("/applications").post({ displayName: `Nobody ${mark}` });
      await graph.api("/servicePrincipals").post({ appId: made.appId });
      const { secretText } = await graph.api(`/applications/${made.id}/addPassword`).post({ passwordCredential: { displayName: "interop" } });
      const nobody = clientOf(made.appId, secretText);
      const denied = { statusCode: 403, code: "Authorization_RequestDenied" };
      await assert.rejects(nobody.api(`/servicePrincipals/${at.servicePrincipal}/synchronization/jobs`).get(), denied);
      await assert.rejects(clientOf(made.appId, "wrong").api("/users").get(), /AADSTS7000215|invalid_client/);
      await graph.api(`/applications/${made.id}`).delete();
    });
  });

  test("the job and the application are deleted", async () => {
    await job().delete();
    await assert.rejects(job().get(), { statusCode: 404 });
    await graph.api(`/servicePrincipals/${at.servicePrincipal}`).delete();
    await graph.api(`/applications/${at.application}`).delete();
    assert.ok(await account(at.userPrincipalName), "the accounts stay");
  });
});
