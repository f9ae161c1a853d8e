// People sign in: a device code and an authorization code with PKCE, with
// @azure/msal-node and @azure/identity, and do what scope and role allow together.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { ClientSecretCredential, DeviceCodeCredential } from "@azure/identity";
import { PublicClientApplication } from "@azure/msal-node";
import { authorityHost, scope, service } from "./place.mjs";

const graphTools = "14d82eec-204b-4c2f-b7e8-296a70dab67e"; // what PowerShell signs in as
const cloudApplicationAdministrator = "158c047a-c907-4556-b7ef-446551a6b5f7";
const password = "correct horse battery";

// page opens a page, or sends a form back to it, as a browser does up to a redirect.
async function page(address, form) {
  const answer = await fetch(new URL(address, service.graphEndpoint), { method: form ? "POST" : "GET", body: form, redirect: "manual" });
  return { text: await answer.text(), location: answer.headers.get("location") };
}

const unescaped = (text) => text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code)).replaceAll("&amp;", "&");

// typed sends the form of a page with what a person types.
function typed(text, values) {
  const form = new URLSearchParams();
  for (const [, name, value] of text.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)) form.set(unescaped(name), unescaped(value));
  for (const [name, value] of Object.entries(values)) form.set(name, value);
  return page(unescaped(text.match(/action="([^"]*)"/)[1]), form);
}

describe("people", () => {
  const mark = `pp${Date.now()}`;
  const people = {};
  let graph;

  before(async () => {
    const credential = new ClientSecretCredential(service.tenantId, service.clientId, service.clientSecret, { authorityHost, disableInstanceDiscovery: true });
    graph = asking((await credential.getToken(scope)).token);
    for (const name of ["ada", "bob"]) {
      const userPrincipalName = `${name}.${mark}@example.com`;
      const made = await graph("POST", "/users", { accountEnabled: true, displayName: name, mailNickname: `${name}.${mark}`, userPrincipalName, passwordProfile: { password } });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      people[name] = { id: made.body.id, userPrincipalName };
    }
    const assigned = await graph("POST", "/roleManagement/directory/roleAssignments", {
      principalId: people.ada.id, roleDefinitionId: cloudApplicationAdministrator, directoryScopeId: "/",
    });
    assert.equal(assigned.status, 201, JSON.stringify(assigned.body));
  });

  const asking = (token) => async (method, path, body) => {
    const answer = await fetch(`${service.graphEndpoint}/v1.0${path}`, {
      method, body: body && JSON.stringify(body), headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    });
    const text = await answer.text();
    return { status: answer.status, body: text && JSON.parse(text) };
  };

  const credentials = (name) => ({ "provisor-user": people[name].userPrincipalName, "provisor-password": password });

  async function enter({ verificationUri, userCode }, name) {
    const asked = await page(verificationUri, new URLSearchParams({ user_code: userCode }));
    const done = await typed(asked.text, credentials(name));
    assert.match(done.text, /You have signed in/);
  }

  const client = (clientId, authority = service.authority) =>
    new PublicClientApplication({ auth: { clientId, authority, knownAuthorities: [new URL(authority).host] } });

  test("with a device code, by msal-node, at the authority of any organization", async () => {
    const app = client(graphTools, `${authorityHost}/organizations`);
    const entered = [];
    const got = await app.acquireTokenByDeviceCode({ scopes: [scope], deviceCodeCallback: (code) => entered.push(enter(code, "ada")) });
    await Promise.all(entered);
    assert.deepEqual([got.tenantId, got.account.username], [service.tenantId, people.ada.userPrincipalName]);
    assert.equal((await asking(got.accessToken)("GET", "/me")).body.id, people.ada.id);
    const silent = await app.acquireTokenSilent({ account: got.account, scopes: [scope], forceRefresh: true });
    assert.notEqual(silent.accessToken, got.accessToken, "the refresh token gives another one");
  });

  test("with a device code, by azure/identity; scope and role allow together", async () => {
    for (const [name, status] of [["ada", 201], ["bob", 403]]) {
      const credential = new DeviceCodeCredential({
        tenantId: service.tenantId, clientId: graphTools, authorityHost, disableInstanceDiscovery: true, userPromptCallback: (info) => void enter(info, name),
      });
      const { token } = await credential.getToken(scope);
      assert.equal((await asking(token)("POST", "/applications", { displayName: `Of ${name} ${mark}` })).status, status);
    }
  });

  test("with an authorization code and PKCE, in a browser", async () => {
    const registered = (await graph("POST", "/applications", { displayName: `Tool ${mark}`, isFallbackPublicClient: true, publicClient: { redirectUris: ["http://localhost"] } })).body;
    const principal = (await graph("POST", "/servicePrincipals", { appId: registered.appId })).body;
    const resource = (await graph("GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")).body;
    const granted = await graph("POST", "/oauth2PermissionGrants", { clientId: principal.id, consentType: "AllPrincipals", resourceId: resource.id, scope: "User.Read" });
    assert.equal(granted.status, 201, JSON.stringify(granted.body));
    const got = await client(registered.appId).acquireTokenInteractive({
      scopes: ["User.Read"],
      openBrowser: async (address) => {
        const asked = await page(address);
        const done = await typed(asked.text, credentials("bob"));
        // The code comes back in a form or in the query, as the client asked.
        await (done.location ? page(done.location) : typed(done.text, {}));
      },
    });
    assert.equal(got.account.username, people.bob.userPrincipalName);
    assert.ok(JSON.parse(Buffer.from(got.accessToken.split(".")[1], "base64url")).scp.split(" ").includes("User.Read"));
    assert.equal((await asking(got.accessToken)("GET", "/me?$select=id")).body.id, people.bob.id);
    assert.equal((await asking(got.accessToken)("GET", "/applications")).status, 403);
  });
});
