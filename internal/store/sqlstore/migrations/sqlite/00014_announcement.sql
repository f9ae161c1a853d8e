-- +goose Up

-- What pages of cycles are about to create, a row for each page under way.
CREATE TABLE announcement (
  key      INTEGER PRIMARY KEY,
  job      INTEGER NOT NULL,
  cycle    TEXT NOT NULL,
  phase    INTEGER NOT NULL,
  upto     INTEGER NOT NULL, -- position of the page's last object
  document TEXT NOT NULL
) STRICT;
CREATE INDEX announcement_job ON announcement (job);
