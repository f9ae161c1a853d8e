-- +goose Up

-- Work other than cycles. The turn counts the claims. A holder that ends a version older
-- than the one that was put last leaves the row as it was put.
CREATE TABLE task (
  kind        TEXT COLLATE "C" NOT NULL,
  key         TEXT COLLATE "C" NOT NULL,
  due         BIGINT,          -- microseconds; NULL when it was answered
  urgent      BOOLEAN NOT NULL,
  payload     BYTEA,
  answer      BYTEA,
  turn        BIGINT NOT NULL,
  version     BIGINT NOT NULL, -- of the put
  claimed     BIGINT NOT NULL, -- version that the holder took
  holder      TEXT COLLATE "C",
  lease_until BIGINT,
  created     BIGINT NOT NULL, -- due of the last put
  PRIMARY KEY (kind, key)
);

CREATE INDEX task_due ON task (urgent, due) WHERE due IS NOT NULL;
