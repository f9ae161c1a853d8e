// With the switches that make the service as the original is, clients see what they see there.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ClientSecretCredential } from "@azure/identity";
import { Client, GraphError } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";
import { authorityHost, nonGallery, scope, service } from "../place.mjs";

function clientOf(id, secret) {
  const credential = new ClientSecretCredential(service.tenantId, id, secret, { authorityHost, disableInstanceDiscovery: true });
  return Client.initWithMiddleware({
    baseUrl: service.graphEndpoint,
    customHosts: new Set([new URL(service.graphEndpoint).hostname]),
    authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes: [scope] }),
  });
}

const refusal = (asked) => asked.then(() => assert.fail("it was accepted"), (reason) => reason);

describe("as the original", () => {
  const graph = clientOf(service.clientId, service.clientSecret);

  test("a caller without permission gets 401 UnknownError and no reason", async () => {
    const made = await graph.api("/applications").post({ displayName: "Nobody" });
    const principal = await graph.api("/servicePrincipals").post({ appId: made.appId });
    const { secretText } = await graph.api(`/applications/${made.id}/addPassword`).post({});
    const error = await refusal(clientOf(made.appId, secretText).api(`/servicePrincipals/${principal.id}/synchronization/secrets`).get());
    assert.ok(error instanceof GraphError);
    assert.deepEqual([error.statusCode, error.code, error.message], [401, "UnknownError", ""]);
  });

  test("PATCH of a schema is 404 UnknownError, PUT is not", async () => {
    const { servicePrincipal } = await graph.api(`/applicationTemplates/${nonGallery}/instantiate`).post({ displayName: "Strict" });
    const job = await graph.api(`/servicePrincipals/${servicePrincipal.id}/synchronization/jobs`).post({ templateId: "scim" });
    const schema = graph.api(`/servicePrincipals/${servicePrincipal.id}/synchronization/jobs/${job.id}/schema`);
    const read = await schema.get();
    const error = await refusal(schema.patch(read));
    assert.deepEqual([error.statusCode, error.code], [404, "UnknownError"]);
    assert.match(JSON.parse(error.message).Message, /^No HTTP resource was found that matches the request URI/);
    await schema.put(read);
  });
});
