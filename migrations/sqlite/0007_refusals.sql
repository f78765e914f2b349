-- The same as for PostgreSQL in the types of SQLite.
-- Messages that were refused because their sender was not in the room. A refusal is an answer too: the same message gets it
-- again for a day, so that a copy of it that comes late is not stored after the sender has joined.
create table refusals (
    sender_id  blob not null references users on delete cascade,
    client_id  blob not null,
    refused_at integer not null,
    primary key (client_id, sender_id)
) strict, without rowid;
create index refusals_by_sender on refusals (sender_id, refused_at);
create index refusals_by_time on refusals (refused_at);
