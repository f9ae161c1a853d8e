-- +goose Up

-- The observation that last saw a reference at the target.
ALTER TABLE reference ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;

-- Which groups are members of a group: who is one by way of others is found from them.
ALTER TABLE relation ADD COLUMN nested INTEGER NOT NULL DEFAULT FALSE;
UPDATE relation SET nested = TRUE WHERE relation = 1 AND referent IN (SELECT key FROM object WHERE kind = 2);
CREATE INDEX relation_nested ON relation (owner, referent) WHERE nested = TRUE;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('relation', 'relation_nested', '10000 5 1');
