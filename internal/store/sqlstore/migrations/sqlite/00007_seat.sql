-- +goose Up

-- Who works on a target now.
CREATE TABLE seat (
  target TEXT NOT NULL,
  holder TEXT NOT NULL,
  until  INTEGER NOT NULL,
  PRIMARY KEY (target, holder)
) STRICT, WITHOUT ROWID;
