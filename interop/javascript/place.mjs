// Where the service and the application are that interop/with-server started, and
// what every suite needs to ask of them besides Graph.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const read = (file) => JSON.parse(readFileSync(file, "utf8"));

export const service = read(process.env.PROVISOR_BOOTSTRAP);
export const target = read(process.env.PROVISOR_TARGET);
export const authorityHost = new URL(service.authority).origin;
export const scope = "https://graph.microsoft.com/.default";
export const nonGallery = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";
export const firstRule = "03f7d90d-bf71-41b1-bda6-aaf0ddbee5d8";
export const redirect = "http://127.0.0.1/callback";

// dialect is the one setting of a job that Graph does not have: this application is
// strict, and a job made through Graph writes SCIM as Entra does.
export const dialect = { name: "ProvisorDialect", value: "rfc7644" };

// secrets are what the application needs for OAuth with an authorization code.
export const secrets = () => [
  { key: "BaseAddress", value: target.scimEndpoint },
  { key: "SyncAll", value: "false" },
  { key: "Oauth2ClientId", value: target.clientId },
  { key: "Oauth2ClientSecret", value: target.clientSecret },
  { key: "Oauth2TokenExchangeUri", value: target.tokenEndpoint },
  { key: "Oauth2AuthorizationUri", value: target.authorizationEndpoint },
];

// code lets an administrator consent at the application, who is sent back with it.
export async function code() {
  const query = new URLSearchParams({ response_type: "code", client_id: target.clientId, redirect_uri: redirect, state: "s", scope: "scim" });
  const answer = await fetch(`${target.authorizationEndpoint}?${query}`, { redirect: "manual" });
  return new URL(answer.headers.get("location")).searchParams.get("code");
}

// account is what the application holds of a user name.
export async function account(userName) {
  const grant = await fetch(target.tokenEndpoint, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", client_id: target.clientId, client_secret: target.clientSecret }),
  });
  const { access_token } = await grant.json();
  const filter = encodeURIComponent(`userName eq "${userName}"`);
  const answer = await fetch(`${target.scimEndpoint}/Users?filter=${filter}`, { headers: { Authorization: `Bearer ${access_token}` } });
  return (await answer.json()).Resources?.[0];
}

// until asks again and again until the answer is true in the sense of the language.
export async function until(ask, what) {
  for (let i = 0; i < 300; i++) {
    const answer = await ask();
    if (answer) return answer;
    await setTimeout(100);
  }
  throw new Error(`waited 30 s in vain for ${what}`);
}

// refusals are the documented errors, with names filled in for {…}.
export function refusals(names) {
  const text = readFileSync(join(process.env.PROVISOR_INTEROP, "refusals.json"), "utf8");
  return JSON.parse(text.replace(/\{(\w+)\}/g, (whole, name) => names[name] ?? whole));
}
