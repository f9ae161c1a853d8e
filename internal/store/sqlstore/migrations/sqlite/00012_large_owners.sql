-- +goose Up

-- Where in the feed the references of an owner came and went.
CREATE INDEX relation_came ON relation (owner, relation, sequence);
CREATE INDEX relation_went ON relation_removed (owner, relation, sequence);

-- What a job remembers of an owner's references beside the record of them.
CREATE TABLE reference_owner (
  job        INTEGER NOT NULL,
  owner      INTEGER NOT NULL,
  reconciled INTEGER, -- feed number up to which the record has the directory's references; NULL: not known
  created    INTEGER, -- feed number at which the job began to create the target object; NULL: it found it
  PRIMARY KEY (job, owner)
) STRICT, WITHOUT ROWID;

-- The references of reconciled owners that may differ from the record since.
CREATE TABLE reference_changed (
  job      INTEGER NOT NULL,
  owner    INTEGER NOT NULL,
  relation INTEGER NOT NULL,
  referent INTEGER NOT NULL,
  PRIMARY KEY (job, owner, relation, referent)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('relation', 'relation_came', '10000000 50 50 2'),
  ('relation_removed', 'relation_went', '1000000 50 50 2'),
  ('reference_owner', 'reference_owner', '10000 1000 1'),
  ('reference_changed', 'reference_changed', '10000 1000 100 100 1');
