-- +goose Up

-- Synchronization templates that were made or changed for one application. The id is
-- folded to lower case; the document has it as it was written.
CREATE TABLE template (
  tenant   INTEGER NOT NULL,
  owner    TEXT NOT NULL, -- a service principal
  id       TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, owner, id)
) STRICT, WITHOUT ROWID;

-- The order in which a caller gave the secrets.
ALTER TABLE secret ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
