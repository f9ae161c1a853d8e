-- +goose Up

-- From then on nobody begins the task any more: who waited for it has left.
ALTER TABLE task ADD COLUMN expires INTEGER;
