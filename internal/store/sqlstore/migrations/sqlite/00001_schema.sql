-- +goose Up

-- Times are microseconds since 1970 in UTC; year one stands for the zero time.
-- Kinds: 1 user, 2 group, 3 application, 4 service principal.
-- Presences: 0 live, 1 soft-deleted, 2 purged.
-- Relations: 1 members, 2 manager, 3 owners.

CREATE TABLE tenant (
  key          INTEGER PRIMARY KEY,
  id           TEXT NOT NULL UNIQUE,
  display_name TEXT NOT NULL,
  domain       TEXT NOT NULL,
  created      INTEGER NOT NULL,
  sequence     INTEGER NOT NULL DEFAULT 0 -- the newest number of the change feed
) STRICT;
CREATE UNIQUE INDEX tenant_domain ON tenant (lower(domain)) WHERE domain <> '';

-- An object row is never deleted: a purged one stays as the feed's tombstone.
-- The columns between deleted and document repeat attributes for $filter and
-- $orderby; texts are folded to lower case, because Graph compares so.
CREATE TABLE object (
  key                          INTEGER PRIMARY KEY,
  tenant                       INTEGER NOT NULL,
  id                           TEXT NOT NULL,
  kind                         INTEGER NOT NULL,
  presence                     INTEGER NOT NULL,
  sequence                     INTEGER NOT NULL,
  created                      INTEGER NOT NULL,
  modified                     INTEGER NOT NULL,
  deleted                      INTEGER,
  display_name                 TEXT NOT NULL,
  user_principal_name          TEXT,
  mail                         TEXT,
  mail_nickname                TEXT,
  employee_id                  TEXT,
  department                   TEXT,
  user_type                    TEXT,
  on_premises_immutable_id     TEXT,
  on_premises_sam_account_name TEXT,
  app_id                       TEXT,
  unique_name                  TEXT,
  service_principal_type       TEXT,
  account_enabled              INTEGER,
  security_enabled             INTEGER,
  mail_enabled                 INTEGER,
  app_role_assignment_required INTEGER,
  on_premises_sync_enabled     INTEGER,
  document                     TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX object_id ON object (tenant, id);
CREATE INDEX object_feed ON object (tenant, kind, sequence);
CREATE INDEX object_live ON object (tenant, kind) WHERE presence = 0;
CREATE INDEX object_deleted ON object (tenant, kind) WHERE presence = 1;
CREATE INDEX object_expiry ON object (tenant, deleted) WHERE presence = 1;
CREATE UNIQUE INDEX object_user_principal_name ON object (tenant, user_principal_name) WHERE presence = 0 AND kind = 1;
CREATE UNIQUE INDEX object_app_id ON object (tenant, kind, app_id) WHERE presence = 0 AND app_id IS NOT NULL;
CREATE UNIQUE INDEX object_unique_name ON object (tenant, unique_name) WHERE presence = 0 AND kind = 3 AND unique_name IS NOT NULL;
CREATE INDEX object_display_name ON object (tenant, kind, display_name) WHERE presence = 0;
CREATE INDEX object_created ON object (tenant, kind, created) WHERE presence = 0;
CREATE INDEX object_mail ON object (tenant, kind, mail) WHERE presence = 0 AND mail IS NOT NULL;
CREATE INDEX object_mail_nickname ON object (tenant, kind, mail_nickname) WHERE presence = 0 AND mail_nickname IS NOT NULL;
CREATE INDEX object_employee_id ON object (tenant, kind, employee_id) WHERE presence = 0 AND employee_id IS NOT NULL;
CREATE INDEX object_department ON object (tenant, kind, department) WHERE presence = 0 AND department IS NOT NULL;
CREATE INDEX object_user_type ON object (tenant, kind, user_type) WHERE presence = 0 AND user_type IS NOT NULL;
CREATE INDEX object_on_premises_immutable_id ON object (tenant, kind, on_premises_immutable_id) WHERE presence = 0 AND on_premises_immutable_id IS NOT NULL;
CREATE INDEX object_on_premises_sam_account_name ON object (tenant, kind, on_premises_sam_account_name) WHERE presence = 0 AND on_premises_sam_account_name IS NOT NULL;
CREATE INDEX object_service_principal_type ON object (tenant, kind, service_principal_type) WHERE presence = 0 AND service_principal_type IS NOT NULL;
CREATE INDEX object_disabled ON object (tenant, kind) WHERE presence = 0 AND account_enabled = FALSE; -- most are enabled
CREATE INDEX object_security_enabled ON object (tenant, kind, security_enabled) WHERE presence = 0 AND security_enabled IS NOT NULL;
CREATE INDEX object_mail_enabled ON object (tenant, kind, mail_enabled) WHERE presence = 0 AND mail_enabled IS NOT NULL;
CREATE INDEX object_app_role_assignment_required ON object (tenant, kind, app_role_assignment_required) WHERE presence = 0 AND app_role_assignment_required IS NOT NULL;
CREATE INDEX object_on_premises_sync_enabled ON object (tenant, kind, on_premises_sync_enabled) WHERE presence = 0 AND on_premises_sync_enabled IS NOT NULL;

-- The members of collection attributes that $filter asks about with any().
CREATE TABLE element (
  tenant   INTEGER NOT NULL,
  property TEXT NOT NULL,
  value    TEXT NOT NULL,
  object   INTEGER NOT NULL,
  PRIMARY KEY (tenant, property, value, object)
) STRICT, WITHOUT ROWID;
CREATE INDEX element_object ON element (object);

CREATE TABLE relation (
  owner    INTEGER NOT NULL,
  relation INTEGER NOT NULL,
  referent INTEGER NOT NULL,
  tenant   INTEGER NOT NULL,
  PRIMARY KEY (owner, relation, referent)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX relation_reverse ON relation (referent, relation, owner);

CREATE TABLE app_role_assignment (
  key         INTEGER PRIMARY KEY,
  tenant      INTEGER NOT NULL,
  id          TEXT NOT NULL,
  principal   INTEGER NOT NULL,
  resource    INTEGER NOT NULL,
  app_role_id TEXT NOT NULL,
  created     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX app_role_assignment_id ON app_role_assignment (tenant, id);
CREATE UNIQUE INDEX app_role_assignment_principal ON app_role_assignment (principal, resource, app_role_id);
CREATE INDEX app_role_assignment_resource ON app_role_assignment (resource, id);

CREATE TABLE job (
  key               INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice
  tenant            INTEGER NOT NULL,
  id                TEXT NOT NULL,
  service_principal TEXT NOT NULL,
  document          TEXT NOT NULL,
  schema            TEXT NOT NULL,
  cycle             TEXT,
  generation        INTEGER NOT NULL,
  next_run          INTEGER,
  holder            TEXT,
  fence             INTEGER NOT NULL DEFAULT 0,
  lease_until       INTEGER
) STRICT;
CREATE UNIQUE INDEX job_id ON job (tenant, id);
CREATE INDEX job_due ON job (next_run) WHERE next_run IS NOT NULL;

CREATE TABLE link (
  job       INTEGER NOT NULL,
  object    INTEGER NOT NULL,
  kind      INTEGER NOT NULL,
  target_id TEXT,
  managed   INTEGER NOT NULL,
  digest    BLOB,
  failure   TEXT,
  retry_at  INTEGER,
  PRIMARY KEY (job, object)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_target ON link (job, kind, target_id) WHERE target_id IS NOT NULL;
CREATE INDEX link_failure ON link (job, kind, object) WHERE retry_at IS NOT NULL;

-- The references written at the target. While a change is pending, whether the
-- target has it is not known: an addition has written = 0, a removal written = 1.
CREATE TABLE reference (
  job       INTEGER NOT NULL,
  owner     INTEGER NOT NULL,
  relation  INTEGER NOT NULL,
  referent  INTEGER NOT NULL,
  target_id TEXT NOT NULL,
  written   INTEGER NOT NULL,
  pending   INTEGER NOT NULL,
  PRIMARY KEY (job, owner, relation, referent)
) STRICT, WITHOUT ROWID;
CREATE INDEX reference_referent ON reference (job, referent);
CREATE INDEX reference_pending ON reference (job, owner) WHERE pending = TRUE;

CREATE TABLE reference_due (
  job   INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  open  INTEGER NOT NULL, -- what the target has was never seen
  PRIMARY KEY (job, owner)
) STRICT, WITHOUT ROWID;

CREATE TABLE provisioning_log (
  key               INTEGER PRIMARY KEY,
  tenant            INTEGER NOT NULL,
  id                TEXT NOT NULL,
  time              INTEGER NOT NULL,
  job_id            TEXT NOT NULL,
  cycle_id          TEXT NOT NULL,
  change_id         TEXT NOT NULL,
  service_principal TEXT NOT NULL,
  action            TEXT NOT NULL,
  status            TEXT NOT NULL,
  source_id         TEXT NOT NULL,
  source_name       TEXT NOT NULL,
  source_type       TEXT NOT NULL,
  target_id         TEXT NOT NULL,
  target_name       TEXT NOT NULL,
  duration          INTEGER NOT NULL, -- nanoseconds
  document          TEXT NOT NULL
) STRICT;
CREATE INDEX provisioning_log_time ON provisioning_log (tenant, time);
CREATE INDEX provisioning_log_id ON provisioning_log (tenant, id);
CREATE INDEX provisioning_log_job ON provisioning_log (tenant, job_id, time);
CREATE INDEX provisioning_log_cycle ON provisioning_log (tenant, cycle_id, time);
CREATE INDEX provisioning_log_change ON provisioning_log (tenant, change_id);
CREATE INDEX provisioning_log_source ON provisioning_log (tenant, source_id, time);

CREATE TABLE secret (
  tenant  INTEGER NOT NULL,
  owner   TEXT NOT NULL,
  key     TEXT NOT NULL,
  sealed  BLOB NOT NULL,
  listed  INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  PRIMARY KEY (tenant, owner, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;

CREATE TABLE lease (
  name   TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  fence  INTEGER NOT NULL,
  until  INTEGER NOT NULL
) STRICT;

CREATE TABLE password (
  key          INTEGER PRIMARY KEY,
  tenant       INTEGER NOT NULL,
  application  TEXT NOT NULL,
  key_id       TEXT NOT NULL,
  display_name TEXT NOT NULL,
  hint         TEXT NOT NULL,
  digest       BLOB NOT NULL,
  starts       INTEGER NOT NULL,
  ends         INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX password_key_id ON password (tenant, application, key_id);

CREATE TABLE role_definition (
  tenant       INTEGER NOT NULL,
  id           TEXT NOT NULL,
  display_name TEXT NOT NULL,
  built_in     INTEGER NOT NULL,
  actions      TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE role_assignment (
  tenant     INTEGER NOT NULL,
  id         TEXT NOT NULL,
  principal  TEXT NOT NULL,
  definition TEXT NOT NULL,
  scope      TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX role_assignment_principal ON role_assignment (tenant, principal, definition, scope);

-- What a full database looks like to the planner. Without it, an empty file would
-- teach it that one job has ten links. Written down rather than measured, so that
-- the same statement always runs the same way.
ANALYZE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('tenant', 'tenant_domain', '10 1'),
  ('object', 'object_id', '1000000 1000000 1'),
  ('object', 'object_feed', '1000000 1000000 900000 1'),
  ('object', 'object_live', '1000000 1000000 900000'),
  ('object', 'object_deleted', '1000 1000 900'),
  ('object', 'object_expiry', '1000 1000 2'),
  ('object', 'object_user_principal_name', '900000 900000 1'),
  ('object', 'object_app_id', '2000 2000 1000 1'),
  ('object', 'object_unique_name', '100 100 1'),
  ('object', 'object_display_name', '1000000 1000000 900000 2'),
  ('object', 'object_created', '1000000 1000000 900000 2'),
  ('object', 'object_mail', '900000 900000 900000 1'),
  ('object', 'object_mail_nickname', '900000 900000 900000 1'),
  ('object', 'object_employee_id', '900000 900000 900000 1'),
  ('object', 'object_department', '900000 900000 900000 2000'),
  ('object', 'object_user_type', '900000 900000 900000 450000'),
  ('object', 'object_on_premises_immutable_id', '900000 900000 900000 1'),
  ('object', 'object_on_premises_sam_account_name', '900000 900000 900000 1'),
  ('object', 'object_service_principal_type', '2000 2000 2000 1000'),
  ('object', 'object_disabled', '50000 50000 50000'),
  ('object', 'object_security_enabled', '100000 100000 100000 50000'),
  ('object', 'object_mail_enabled', '100000 100000 100000 50000'),
  ('object', 'object_app_role_assignment_required', '2000 2000 2000 1000'),
  ('object', 'object_on_premises_sync_enabled', '900000 900000 900000 450000'),
  ('element', 'element', '3000000 3000000 1000000 5 1'),
  ('element', 'element_object', '3000000 3'),
  ('relation', 'relation', '10000000 50 50 1'),
  ('relation', 'relation_reverse', '10000000 10 10 1'),
  ('app_role_assignment', 'app_role_assignment_id', '100000 100000 1'),
  ('app_role_assignment', 'app_role_assignment_principal', '100000 2 1 1'),
  ('app_role_assignment', 'app_role_assignment_resource', '100000 1000 1'),
  ('job', 'job_id', '1000 1000 1'),
  ('job', 'job_due', '1000 1'),
  ('link', 'link', '10000000 1000000 1'),
  ('link', 'link_target', '10000000 1000000 900000 1'),
  ('link', 'link_failure', '100000 10000 9000 1'),
  ('reference', 'reference', '10000000 1000000 50 50 1'),
  ('reference', 'reference_referent', '10000000 1000000 10'),
  ('reference', 'reference_pending', '10000 1000 1'),
  ('reference_due', 'reference_due', '100000 10000 1'),
  ('provisioning_log', 'provisioning_log_time', '10000000 10000000 10'),
  ('provisioning_log', 'provisioning_log_id', '10000000 10000000 1'),
  ('provisioning_log', 'provisioning_log_job', '10000000 10000000 1000000 10'),
  ('provisioning_log', 'provisioning_log_cycle', '10000000 10000000 10000 10'),
  ('provisioning_log', 'provisioning_log_change', '10000000 10000000 10'),
  ('provisioning_log', 'provisioning_log_source', '10000000 10000000 10 1');
