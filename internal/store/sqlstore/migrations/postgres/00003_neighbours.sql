-- +goose Up

-- More attributes that people filter by.
ALTER TABLE object ADD COLUMN given_name TEXT COLLATE "C";
ALTER TABLE object ADD COLUMN surname TEXT COLLATE "C";
ALTER TABLE object ADD COLUMN job_title TEXT COLLATE "C";
ALTER TABLE object ADD COLUMN company_name TEXT COLLATE "C";
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
ALTER TABLE relation ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;
CREATE TABLE relation_removed (
  owner    BIGINT NOT NULL,
  relation SMALLINT NOT NULL,
  referent BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  PRIMARY KEY (owner, relation, referent)
);

-- A delegated permission that was consented to. The principal is empty when it
-- holds for everybody.
CREATE TABLE permission_grant (
  tenant    BIGINT NOT NULL,
  id        TEXT COLLATE "C" NOT NULL,
  client    TEXT COLLATE "C" NOT NULL,
  principal TEXT COLLATE "C" NOT NULL,
  resource  TEXT COLLATE "C" NOT NULL,
  scope     TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX permission_grant_client ON permission_grant (tenant, client, resource, principal);

ALTER TABLE role_definition ADD COLUMN description TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE role_definition ADD COLUMN version TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE role_definition ADD COLUMN disabled BOOLEAN NOT NULL DEFAULT FALSE;
