// A caller that asks too often is told when to come back, and the published client does.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { ClientSecretCredential } from "@azure/identity";
import { Client, GraphError, RetryHandlerOptions } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";
import { authorityHost, firstRule, nonGallery, scope, secrets, service } from "./place.mjs";

const synchronizationReadWriteAll = "9b50c33d-700f-43b1-b2eb-87e89b703581";

function clientOf(id, secret) {
  const credential = new ClientSecretCredential(service.tenantId, id, secret, { authorityHost, disableInstanceDiscovery: true });
  return Client.initWithMiddleware({
    baseUrl: service.graphEndpoint,
    customHosts: new Set([new URL(service.graphEndpoint).hostname]),
    authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes: [scope] }),
  });
}

describe("throttling", () => {
  const administrator = clientOf(service.clientId, service.clientSecret);
  let caller, onDemand, user;

  before(async () => {
    const mark = `th${Date.now()}`;
    // The limits are those of each application that calls; this one has its own.
    const application = await administrator.api("/applications").post({ displayName: `Busy ${mark}` });
    const principal = await administrator.api("/servicePrincipals").post({ appId: application.appId });
    const graph = await administrator.api("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')").get();
    await administrator.api(`/servicePrincipals/${graph.id}/appRoleAssignedTo`).post({ principalId: principal.id, resourceId: graph.id, appRoleId: synchronizationReadWriteAll });
    const { secretText } = await administrator.api(`/applications/${application.id}/addPassword`).post({});
    caller = clientOf(application.appId, secretText);

    const { servicePrincipal } = await administrator.api(`/applicationTemplates/${nonGallery}/instantiate`).post({ displayName: `Target ${mark}` });
    await administrator.api(`/servicePrincipals/${servicePrincipal.id}/synchronization/secrets`).put({ value: secrets() });
    const job = await administrator.api(`/servicePrincipals/${servicePrincipal.id}/synchronization/jobs`).post({ templateId: "scim" });
    onDemand = `/servicePrincipals/${servicePrincipal.id}/synchronization/jobs/${job.id}/provisionOnDemand`;
    user = (await administrator.api("/users").post({
      accountEnabled: true, displayName: mark, mailNickname: mark, userPrincipalName: `${mark}@example.com`, passwordProfile: { password: "Not-kept-1" },
    })).id;
  });

  // Nobody is assigned, so each call is answered that the user is skipped.
  const ask = (...options) =>
    caller.api(onDemand).middlewareOptions(options).post({ parameters: [{ ruleId: firstRule, subjects: [{ objectId: user, objectTypeName: "User" }] }] });

  test("five calls in ten seconds, as documented; the sixth is a GraphError or waits", async () => {
    for (let i = 0; i < 5; i++) assert.equal(JSON.parse((await ask()).key).result, "Skipped");
    const error = await ask(new RetryHandlerOptions(1, 0)).then(() => assert.fail("it was accepted"), (reason) => reason);
    assert.ok(error instanceof GraphError);
    assert.equal(error.statusCode, 429);
    assert.ok(Number(error.headers.get("Retry-After")) >= 1);
    assert.equal(JSON.parse((await ask()).key).result, "Skipped", "the client waits by itself");
  });
});
