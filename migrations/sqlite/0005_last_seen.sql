-- The same as for PostgreSQL in the types of SQLite.
-- When somebody who is not connected was last there; none for who never left.
alter table users add column last_seen_at integer;
