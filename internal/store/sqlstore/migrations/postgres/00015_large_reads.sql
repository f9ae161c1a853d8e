-- +goose Up

-- The observation that last saw a reference at the target.
ALTER TABLE reference ADD COLUMN seen BIGINT NOT NULL DEFAULT 0;

-- Which groups are members of a group: who is one by way of others is found from them.
ALTER TABLE relation ADD COLUMN nested BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE relation SET nested = TRUE WHERE relation = 1 AND referent IN (SELECT key FROM object WHERE kind = 2);
CREATE INDEX relation_nested ON relation (owner, referent) WHERE nested = TRUE;

-- Where in the feed references came and went, in an order of which every page goes on
-- where the one before it ended.
DROP INDEX relation_came;
CREATE INDEX relation_came ON relation (owner, relation, sequence, referent);
DROP INDEX relation_went;
CREATE INDEX relation_went ON relation_removed (owner, relation, sequence, referent);
