-- +goose Up

-- Authorization codes, device codes and refresh tokens, by the digest of what the
-- client holds. A redeemed one stays until it expires: who shows it again is found
-- out by it.
CREATE TABLE oauth_grant (
  tenant   INTEGER NOT NULL,
  digest   BLOB NOT NULL,
  family   TEXT NOT NULL,
  document BLOB NOT NULL,
  expires  INTEGER NOT NULL,
  redeemed INTEGER,
  PRIMARY KEY (tenant, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_grant_family ON oauth_grant (tenant, family);
CREATE INDEX oauth_grant_expires ON oauth_grant (expires);

-- Answers to requests that may be sent again; the document is missing while the
-- request is being answered.
CREATE TABLE reply (
  tenant   INTEGER NOT NULL,
  digest   BLOB NOT NULL,
  document BLOB,
  expires  INTEGER NOT NULL,
  PRIMARY KEY (tenant, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX reply_expires ON reply (expires);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('oauth_grant', 'oauth_grant', '100000 100000 1'),
  ('oauth_grant', 'oauth_grant_family', '100000 100000 20'),
  ('oauth_grant', 'oauth_grant_expires', '100000 2'),
  ('reply', 'reply', '10000 10000 1'),
  ('reply', 'reply_expires', '10000 2');
