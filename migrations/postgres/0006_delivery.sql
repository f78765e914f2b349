-- SHA-256 of a message's first text, kept from the first edit or deletion on: what a message that is sent again is
-- compared with. Null while the text is the first one.
alter table messages add column first_digest bytea;

-- When a room was deleted: its rows are removed afterwards, in small transactions.
alter table rooms add column deleted_at bigint;
create index rooms_deleted on rooms (deleted_at) where deleted_at is not null;

-- No node removes more rows of deleted rooms before this moment, so that all of them together leave time for messages.
alter table meta add column purge_after bigint not null default 0;

-- Which history of the database server the epoch belongs to, in its own words. Another one (a replica was promoted, a
-- backup was restored) may lack what was acknowledged: a new epoch begins.
alter table meta add column history text;
