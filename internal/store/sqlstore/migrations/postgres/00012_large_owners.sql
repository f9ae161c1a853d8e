-- +goose Up

-- Where in the feed the references of an owner came and went.
CREATE INDEX relation_came ON relation (owner, relation, sequence);
CREATE INDEX relation_went ON relation_removed (owner, relation, sequence);

-- What a job remembers of an owner's references beside the record of them.
CREATE TABLE reference_owner (
  job        BIGINT NOT NULL,
  owner      BIGINT NOT NULL,
  reconciled BIGINT, -- feed number up to which the record has the directory's references; NULL: not known
  created    BIGINT, -- feed number at which the job began to create the target object; NULL: it found it
  PRIMARY KEY (job, owner)
);

-- The references of reconciled owners that may differ from the record since.
CREATE TABLE reference_changed (
  job      BIGINT NOT NULL,
  owner    BIGINT NOT NULL,
  relation SMALLINT NOT NULL,
  referent BIGINT NOT NULL,
  PRIMARY KEY (job, owner, relation, referent)
);
