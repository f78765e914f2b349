-- The same as for PostgreSQL. SQLite cannot drop a constraint, so the table is made anew.
-- Ids of messages are made in the order of time: an index that begins with them grows at its end, where it stays
-- full, and not in the middle once for each sender.

create table messages_anew (
    room_id    blob not null references rooms on delete cascade,
    seq        integer not null,
    rev        integer not null default 0,
    sender_id  blob not null references users,
    client_id  blob not null,
    kind       integer not null,
    -- The text, or what a system message tells as JSON.
    body       text not null,
    reply_to   integer,
    created_at integer not null,
    edited_at  integer,
    deleted_at integer,
    -- Who reacted with what, as JSON; null where nobody did.
    reactions  text,
    primary key (room_id, seq),
    -- Exactly once, for ever.
    unique (client_id, sender_id)
) strict, without rowid;
insert into messages_anew
select room_id, seq, rev, sender_id, client_id, kind, body, reply_to, created_at, edited_at, deleted_at, reactions
from messages;
drop table messages;
alter table messages_anew rename to messages;
create index messages_revised on messages (room_id, rev) where rev > 0;
