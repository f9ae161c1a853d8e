// Signing in with @azure/msal-node and @azure/identity, by secret and by certificate.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ClientCertificateCredential } from "@azure/identity";
import { ConfidentialClientApplication } from "@azure/msal-node";
import { authorityHost, scope, service } from "./place.mjs";

const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

function msal(auth) {
  return new ConfidentialClientApplication({ auth: { authority: service.authority, knownAuthorities: [new URL(service.authority).host], ...auth } });
}

describe("sign-in", () => {
  const dir = mkdtempSync(join(tmpdir(), "interop-"));
  const application = {};
  let graph, certificate, privateKey;

  before(async () => {
    const { accessToken } = await msal({ clientId: service.clientId, clientSecret: service.clientSecret }).acquireTokenByClientCredential({ scopes: [scope] });
    graph = async (method, path, body) => {
      const answer = await fetch(`${service.graphEndpoint}/v1.0${path}`, {
        method, body: body && JSON.stringify(body), headers: { Authorization: `Bearer ${accessToken}`, "Content-Type": "application/json" },
      });
      assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
      return answer.status === 204 ? undefined : answer.json();
    };
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=interop", "-keyout", "key.pem", "-out", "cert.pem"], { cwd: dir, stdio: "ignore" });
    certificate = new X509Certificate(readFileSync(join(dir, "cert.pem")));
    privateKey = readFileSync(join(dir, "key.pem"), "utf8");
    Object.assign(application, await graph("POST", "/applications", {
      displayName: "Signs in by certificate",
      keyCredentials: [{ type: "AsymmetricX509Cert", usage: "Verify", key: certificate.raw.toString("base64"), displayName: "CN=interop" }],
    }));
    application.principal = (await graph("POST", "/servicePrincipals", { appId: application.appId })).id;
  });

  after(async () => {
    await graph("DELETE", `/applications/${application.id}`);
    rmSync(dir, { recursive: true });
  });

  test("the administrator's token has what MSAL expects of an application's", async () => {
    const answer = await msal({ clientId: service.clientId, clientSecret: service.clientSecret }).acquireTokenByClientCredential({ scopes: [scope] });
    const token = claims(answer.accessToken);
    assert.equal(answer.tokenType, "Bearer");
    assert.deepEqual([token.tid, token.appid ?? token.azp, token.idtyp], [service.tenantId, service.clientId, "app"]);
    assert.ok(token.roles.includes("Synchronization.ReadWrite.All"));
  });

  test("a certificate signs in with msal-node, by either thumbprint", async () => {
    const thumbprint = (hash) => createHash(hash).update(certificate.raw).digest("hex");
    for (const name of [{ thumbprintSha256: thumbprint("sha256") }, { thumbprint: thumbprint("sha1") }]) {
      const answer = await msal({ clientId: application.appId, clientCertificate: { ...name, privateKey } }).acquireTokenByClientCredential({ scopes: [scope] });
      assert.equal(claims(answer.accessToken).oid, application.principal);
    }
  });

  test("a certificate signs in with azure/identity", async () => {
    const pem = certificate.toString() + privateKey;
    const credential = new ClientCertificateCredential(service.tenantId, application.appId, { certificate: pem }, { authorityHost, disableInstanceDiscovery: true });
    assert.equal(claims((await credential.getToken(scope)).token).oid, application.principal);
  });

  test("a secret that is wrong is refused as MSAL expects", async () => {
    const wrong = msal({ clientId: service.clientId, clientSecret: "wrong" }).acquireTokenByClientCredential({ scopes: [scope] });
    await assert.rejects(wrong, { errorCode: "invalid_client", errorMessage: /AADSTS7000215/ });
  });
});
