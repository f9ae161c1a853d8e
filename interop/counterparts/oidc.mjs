// An OpenID provider that grants what the suite asks for: authorization code (with
// PKCE), refresh tokens that rotate at every use, client credentials, and
// private_key_jwt. Sign-in and consent go by redirects alone.
//
// Reads one JSON object from the environment variable OPTIONS:
//   redirectUris  where codes may be sent
//   jwks          public keys of the client that signs assertions
//   accessTokenTTL  seconds; 3600 by default
// Prints one JSON line when it listens.
import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';

const options = JSON.parse(process.env.OPTIONS ?? '{}');
const secret = randomBytes(24).toString('base64url');
const redirectUris = options.redirectUris ?? ['http://127.0.0.1/callback'];
const ttl = options.accessTokenTTL ?? 3600;

const server = createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const clients = [
  {
    client_id: 'provisor', client_secret: secret, redirect_uris: redirectUris, response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'], token_endpoint_auth_method: 'client_secret_basic',
  },
];
if (options.jwks) {
  clients.push({
    client_id: 'signer', jwks: options.jwks, redirect_uris: [], response_types: [], grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256',
  });
}

const provider = new Provider(issuer, {
  clients,
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
  },
  scopes: ['openid', 'offline_access', 'scim'],
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  pkce: { required: () => false },
  ttl: { AccessToken: ttl, ClientCredentials: ttl, RefreshToken: 86400, Grant: 86400, Session: 86400, Interaction: 600, AuthorizationCode: 60, IdToken: 3600 },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  cookies: { keys: [randomBytes(16).toString('hex')] },
});

async function interact(req, res) {
  const { prompt, params, session } = await provider.interactionDetails(req, res);
  if (prompt.name === 'login') {
    return provider.interactionFinished(req, res, { login: { accountId: 'administrator' } }, { mergeWithLastSubmission: false });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope ?? 'openid');
  return provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

// Every token request, so that the suite can count: a code must come once.
const tokenRequests = [];
provider.on('grant.success', (ctx) => tokenRequests.push({ grant: ctx.oidc.params.grant_type, client: ctx.oidc.client?.clientId, ok: true }));
provider.on('grant.error', (ctx, error) => tokenRequests.push({ grant: ctx.oidc?.params?.grant_type, error: error.error, ok: false }));

const handle = provider.callback();
server.on('request', (req, res) => {
  if (req.url.startsWith('/interaction/')) {
    interact(req, res).catch((error) => { res.statusCode = 500; res.end(String(error)); });
  } else if (req.url === '/requests') {
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(tokenRequests));
  } else {
    handle(req, res);
  }
});

console.log(JSON.stringify({
  issuer, tokenEndpoint: `${issuer}/token`, authorizationEndpoint: `${issuer}/auth`, introspectionEndpoint: `${issuer}/token/introspection`,
  clientId: 'provisor', clientSecret: secret,
}));
