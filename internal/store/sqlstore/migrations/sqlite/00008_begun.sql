-- +goose Up

-- The values by which what a create made is found while its outcome is not known.
ALTER TABLE link ADD COLUMN begun TEXT;
