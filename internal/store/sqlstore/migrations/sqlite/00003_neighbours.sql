-- +goose Up

-- More attributes that people filter by.
ALTER TABLE object ADD COLUMN given_name TEXT;
ALTER TABLE object ADD COLUMN surname TEXT;
ALTER TABLE object ADD COLUMN job_title TEXT;
ALTER TABLE object ADD COLUMN company_name TEXT;
UPDATE object SET
  given_name   = lower(nullif(document ->> 'givenName', '')),
  surname      = lower(nullif(document ->> 'surname', '')),
  job_title    = lower(nullif(document ->> 'jobTitle', '')),
  company_name = lower(nullif(document ->> 'companyName', ''))
WHERE presence < 2 AND kind = 1;
CREATE INDEX object_given_name ON object (tenant, kind, given_name) WHERE presence = 0 AND given_name IS NOT NULL;
CREATE INDEX object_surname ON object (tenant, kind, surname) WHERE presence = 0 AND surname IS NOT NULL;
CREATE INDEX object_job_title ON object (tenant, kind, job_title) WHERE presence = 0 AND job_title IS NOT NULL;
CREATE INDEX object_company_name ON object (tenant, kind, company_name) WHERE presence = 0 AND company_name IS NOT NULL;
CREATE INDEX object_group_unique_name ON object (tenant, unique_name) WHERE presence = 0 AND kind = 2 AND unique_name IS NOT NULL;

-- Where in the feed a reference came, and where those that went went: a delta
-- tells both.
ALTER TABLE relation ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
CREATE TABLE relation_removed (
  owner    INTEGER NOT NULL,
  relation INTEGER NOT NULL,
  referent INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (owner, relation, referent)
) STRICT, WITHOUT ROWID;

-- A delegated permission that was consented to. The principal is empty when it
-- holds for everybody.
CREATE TABLE permission_grant (
  tenant    INTEGER NOT NULL,
  id        TEXT NOT NULL,
  client    TEXT NOT NULL,
  principal TEXT NOT NULL,
  resource  TEXT NOT NULL,
  scope     TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX permission_grant_client ON permission_grant (tenant, client, resource, principal);

ALTER TABLE role_definition ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE role_definition ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE role_definition ADD COLUMN disabled INTEGER NOT NULL DEFAULT FALSE;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('object', 'object_given_name', '900000 900000 900000 100'),
  ('object', 'object_surname', '900000 900000 900000 50'),
  ('object', 'object_job_title', '900000 900000 900000 500'),
  ('object', 'object_company_name', '900000 900000 900000 5000'),
  ('object', 'object_group_unique_name', '1000 1000 1'),
  ('relation_removed', 'relation_removed', '1000000 50 50 1'),
  ('permission_grant', 'permission_grant', '1000 1000 1'),
  ('permission_grant', 'permission_grant_client', '1000 1000 5 2 1');
