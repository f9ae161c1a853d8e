-- +goose Up

-- An account that was last written as one that is taken away; and a departure that
-- is not sent yet: 0 none, 1 staged, 2 held back, 3 released.
ALTER TABLE link ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE link ADD COLUMN departure INTEGER NOT NULL DEFAULT 0;
CREATE INDEX link_departure ON link (job, kind, object) WHERE departure > 0;

-- References that could not be written are tried again at an instant of their own.
ALTER TABLE reference_due ADD COLUMN failure TEXT;
ALTER TABLE reference_due ADD COLUMN retry_at INTEGER;

-- Until then no worker takes the job: somebody waits for it to provision on demand.
ALTER TABLE job ADD COLUMN wanted_until INTEGER;

-- The phases of a cycle are counted anew. A cycle that was running begins again from
-- its watermark and finds what it did.
UPDATE job SET cycle = NULL;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('link', 'link_departure', '10000 1000 900 1');
