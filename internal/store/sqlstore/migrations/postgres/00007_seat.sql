-- +goose Up

-- Who works on a target now.
CREATE TABLE seat (
  target TEXT COLLATE "C" NOT NULL,
  holder TEXT COLLATE "C" NOT NULL,
  until  BIGINT NOT NULL,
  PRIMARY KEY (target, holder)
);
