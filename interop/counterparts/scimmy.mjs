// A SCIM application built on scimmy and scimmy-routers, over memory, protected by
// the tokens of an OpenID provider: every token is introspected there.
//
// Reads INTROSPECTION, CLIENT_ID and CLIENT_SECRET from the environment; without
// INTROSPECTION the bearer token must be TOKEN. Prints one JSON line when it listens.
import express from 'express';
import { randomUUID } from 'node:crypto';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';

const { INTROSPECTION, CLIENT_ID, CLIENT_SECRET, TOKEN } = process.env;

async function authenticate(req) {
  const [, token] = (req.headers.authorization ?? '').match(/^Bearer (.+)$/) ?? [];
  if (!token) throw new Error('a bearer token is needed');
  if (!INTROSPECTION) {
    if (token !== TOKEN) throw new Error('the token is unknown');
    return 'static';
  }
  const answer = await fetch(INTROSPECTION, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ token }),
  });
  const { active } = await answer.json();
  if (!active) throw new Error('the token is not active');
  return 'introspected';
}

// store keeps the resources of one type.
function store(unique) {
  const items = new Map();
  return {
    items,
    ingress(resource, data) {
      const key = String(data[unique] ?? '').toLowerCase();
      for (const other of items.values()) {
        if (unique === 'userName' && other.id !== resource.id && String(other[unique]).toLowerCase() === key) {
          throw new SCIMMY.Types.Error(409, 'uniqueness', `${unique} is taken`);
        }
      }
      const id = resource.id ?? randomUUID();
      const before = items.get(id);
      if (resource.id && !before) throw new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
      const now = new Date().toISOString();
      const item = { ...JSON.parse(JSON.stringify(data)), id, meta: { created: before?.meta.created ?? now, lastModified: now } };
      items.set(id, item);
      return item;
    },
    egress(resource) {
      if (resource.id) {
        const item = items.get(resource.id);
        if (!item) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
        return item;
      }
      const all = [...items.values()];
      return resource.filter ? resource.filter.match(all) : all;
    },
    degress(resource) {
      if (!items.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
    },
  };
}

const users = store('userName');
const groups = store('displayName');
SCIMMY.Resources.declare(SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false))
  .ingress((r, d) => users.ingress(r, d)).egress((r) => users.egress(r)).degress((r) => users.degress(r));
SCIMMY.Resources.declare(SCIMMY.Resources.Group)
  .ingress((r, d) => groups.ingress(r, d)).egress((r) => groups.egress(r)).degress((r) => groups.degress(r));

const app = express();
app.use('/scim/v2', new SCIMMYRouters({ type: 'bearer', handler: authenticate }));
const server = app.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ baseUrl: `http://127.0.0.1:${server.address().port}/scim/v2` }));
});
