-- +goose Up

-- Authorization codes, device codes and refresh tokens, by the digest of what the
-- client holds. A redeemed one stays until it expires: who shows it again is found
-- out by it.
CREATE TABLE oauth_grant (
  tenant   BIGINT NOT NULL,
  digest   BYTEA NOT NULL,
  family   TEXT COLLATE "C" NOT NULL,
  document BYTEA NOT NULL,
  expires  BIGINT NOT NULL,
  redeemed BIGINT,
  PRIMARY KEY (tenant, digest)
);
CREATE INDEX oauth_grant_family ON oauth_grant (tenant, family);
CREATE INDEX oauth_grant_expires ON oauth_grant (expires);

-- Answers to requests that may be sent again; the document is missing while the
-- request is being answered.
CREATE TABLE reply (
  tenant   BIGINT NOT NULL,
  digest   BYTEA NOT NULL,
  document BYTEA,
  expires  BIGINT NOT NULL,
  PRIMARY KEY (tenant, digest)
);
CREATE INDEX reply_expires ON reply (expires);
