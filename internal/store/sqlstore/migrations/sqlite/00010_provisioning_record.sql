-- +goose Up

-- What the entries of the provisioning log have in common that one cycle wrote about
-- objects of one kind and with one outcome. The document has all of it; the other
-- columns are what entries are searched by.
CREATE TABLE provisioning_context (
  key                    INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice
  tenant                 INTEGER NOT NULL,
  time                   INTEGER NOT NULL, -- of use, to the day
  job                    INTEGER NOT NULL, -- a number that all have with this job_id, and no others
  cycle                  INTEGER NOT NULL, -- the same of cycle_id
  job_id                 TEXT NOT NULL,
  cycle_id               TEXT NOT NULL,
  service_principal      TEXT NOT NULL,
  service_principal_name TEXT NOT NULL,
  source_system          TEXT NOT NULL,
  target_system          TEXT NOT NULL,
  initiator              TEXT NOT NULL,
  action                 TEXT NOT NULL,
  status                 TEXT NOT NULL,
  source_type            TEXT NOT NULL,
  target_type            TEXT NOT NULL,
  id_tail                TEXT NOT NULL, -- of the entries that have no id of their own
  change_tail            TEXT NOT NULL,
  document               TEXT NOT NULL
) STRICT;
CREATE INDEX provisioning_context_job ON provisioning_context (tenant, job_id);
CREATE INDEX provisioning_context_cycle ON provisioning_context (tenant, cycle_id);

-- The entries. Those of earlier versions stay in provisioning_log until they are old
-- enough to be removed.
CREATE TABLE provisioning_record (
  key         INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: ids are made of it
  tenant      INTEGER NOT NULL,
  time        INTEGER NOT NULL,
  job         INTEGER NOT NULL, -- of the context
  cycle       INTEGER NOT NULL, -- of the context
  context     INTEGER NOT NULL,
  source      INTEGER NOT NULL, -- the object; negative: made of source_id; zero: none
  source_name TEXT NOT NULL,
  target_id   TEXT NOT NULL,
  target_name TEXT, -- null: that of the source
  duration    INTEGER NOT NULL, -- nanoseconds
  details     BLOB NOT NULL,
  id          TEXT, -- null: made of the key and the context
  change_id   TEXT, -- the same
  source_id   TEXT  -- null: that of the object
) STRICT;
CREATE INDEX provisioning_record_time ON provisioning_record (tenant, time);
CREATE INDEX provisioning_record_job ON provisioning_record (job, time);
CREATE INDEX provisioning_record_cycle ON provisioning_record (cycle, time);
CREATE INDEX provisioning_record_source ON provisioning_record (source, time);
CREATE INDEX provisioning_record_id ON provisioning_record (id) WHERE id IS NOT NULL;
CREATE INDEX provisioning_record_change ON provisioning_record (change_id) WHERE change_id IS NOT NULL;

-- Keys go on behind those of the earlier table, so that (time, key) orders both.
INSERT INTO sqlite_sequence (name, seq) SELECT 'provisioning_record', COALESCE(max(key), 0) FROM provisioning_log;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('provisioning_context', 'provisioning_context_job', '10000 10000 100'),
  ('provisioning_context', 'provisioning_context_cycle', '10000 10000 10'),
  ('provisioning_record', 'provisioning_record_time', '10000000 10000000 10'),
  ('provisioning_record', 'provisioning_record_job', '10000000 1000000 10'),
  ('provisioning_record', 'provisioning_record_cycle', '10000000 10000 10'),
  ('provisioning_record', 'provisioning_record_source', '10000000 10 1'),
  ('provisioning_record', 'provisioning_record_id', '10000 1'),
  ('provisioning_record', 'provisioning_record_change', '10000 1');
