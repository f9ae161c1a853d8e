-- +goose Up

-- Where in the feed the attributes or the presence of an object changed last. Its
-- sequence also moves when its memberships or assignments do.
ALTER TABLE object ADD COLUMN altered BIGINT NOT NULL DEFAULT 0;

-- Subscriptions to change notifications. The turn counts the claims.
CREATE TABLE subscription (
  tenant      BIGINT NOT NULL,
  id          TEXT COLLATE "C" NOT NULL,
  kind        SMALLINT NOT NULL, -- of the objects; 0 is a job
  object      BIGINT,            -- the one object; NULL is all of the kind
  job         BIGINT,
  document    JSON NOT NULL,
  sealed      BYTEA,
  expires     BIGINT NOT NULL,
  remind      BIGINT,
  position    BIGINT NOT NULL,   -- what the subscriber knows of the feed, or of the job
  waits       BOOLEAN NOT NULL,  -- something is to be sent that neither announces
  delivery    JSON NOT NULL,
  due         BIGINT NOT NULL,   -- not before
  turn        BIGINT NOT NULL,
  holder      TEXT COLLATE "C",
  lease_until BIGINT,
  PRIMARY KEY (tenant, id)
);

CREATE INDEX subscription_due ON subscription (due);
CREATE INDEX subscription_expires ON subscription (expires);
