-- The same as for PostgreSQL in the types of SQLite.
-- Edits, deletions and reactions. Each takes the next `rev` of its room and stamps it on the message.

-- Who reacted with what, as JSON; null where nobody did.
alter table messages add column reactions text;

-- Exactly once, for ever: which revisions were asked for and what became of them.
create table revisions (
    user_id   blob not null references users,
    client_id blob not null,
    room_id   blob not null references rooms on delete cascade,
    seq       integer not null,
    rev       integer not null,
    primary key (user_id, client_id)
) strict, without rowid;
create index revisions_by_room on revisions (room_id);
