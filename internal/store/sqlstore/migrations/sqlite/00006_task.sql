-- +goose Up

-- Work other than cycles. The turn counts the claims. A holder that ends a version older
-- than the one that was put last leaves the row as it was put.
CREATE TABLE task (
  kind        TEXT NOT NULL,
  key         TEXT NOT NULL,
  due         INTEGER,          -- microseconds; NULL when it was answered
  urgent      INTEGER NOT NULL,
  payload     BLOB,
  answer      BLOB,
  turn        INTEGER NOT NULL,
  version     INTEGER NOT NULL, -- of the put
  claimed     INTEGER NOT NULL, -- version that the holder took
  holder      TEXT,
  lease_until INTEGER,
  created     INTEGER NOT NULL, -- due of the last put
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX task_due ON task (urgent, due) WHERE due IS NOT NULL;
