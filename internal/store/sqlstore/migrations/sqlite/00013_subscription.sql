-- +goose Up

-- Where in the feed the attributes or the presence of an object changed last. Its
-- sequence also moves when its memberships or assignments do.
ALTER TABLE object ADD COLUMN altered INTEGER NOT NULL DEFAULT 0;

-- Subscriptions to change notifications. The turn counts the claims.
CREATE TABLE subscription (
  tenant      INTEGER NOT NULL,
  id          TEXT NOT NULL,
  kind        INTEGER NOT NULL, -- of the objects; 0 is a job
  object      INTEGER,          -- the one object; NULL is all of the kind
  job         INTEGER,
  document    TEXT NOT NULL,
  sealed      BLOB,
  expires     INTEGER NOT NULL,
  remind      INTEGER,
  position    INTEGER NOT NULL, -- what the subscriber knows of the feed, or of the job
  waits       INTEGER NOT NULL, -- something is to be sent that neither announces
  delivery    TEXT NOT NULL,
  due         INTEGER NOT NULL, -- not before
  turn        INTEGER NOT NULL,
  holder      TEXT,
  lease_until INTEGER,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX subscription_due ON subscription (due);
CREATE INDEX subscription_expires ON subscription (expires);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('subscription', 'subscription', '1000 100 1'),
  ('subscription', 'subscription_due', '1000 1'),
  ('subscription', 'subscription_expires', '1000 1');
