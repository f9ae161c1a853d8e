-- +goose Up

-- Synchronization templates that were made or changed for one application. The id is
-- folded to lower case; the document has it as it was written.
CREATE TABLE template (
  tenant   BIGINT NOT NULL,
  owner    TEXT COLLATE "C" NOT NULL, -- a service principal
  id       TEXT COLLATE "C" NOT NULL,
  document JSON NOT NULL,
  PRIMARY KEY (tenant, owner, id)
);

-- The order in which a caller gave the secrets.
ALTER TABLE secret ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
