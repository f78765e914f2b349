-- The same as for PostgreSQL in the types of SQLite; ids are 16 bytes.
-- Times are milliseconds since the Unix epoch. Kinds and roles are the numbers of server/src/store/codes.rs.

create table users (
    id            blob primary key,
    username      text not null unique,
    display_name  text not null,
    -- Both names, folded, each word after a space: what people are found by.
    search        text not null,
    password_hash text not null,
    is_admin      integer not null,
    created_at    integer not null
) strict;

create table sessions (
    id         blob primary key,
    user_id    blob not null references users on delete cascade,
    -- Which refresh token is the current one.
    generation integer not null,
    user_agent text not null,
    created_at integer not null,
    rotated_at integer not null,
    expires_at integer not null,
    revoked_at integer
) strict;
create index sessions_by_user on sessions (user_id);

create table rooms (
    id            blob primary key,
    kind          integer not null,
    name          text,
    -- The two people of a direct room, in order of their ids.
    direct_key    blob unique,
    -- The two counters of a room move under this row's lock, so their order is commit order.
    last_seq      integer not null default 0,
    last_rev      integer not null default 0,
    members_count integer not null default 0,
    created_at    integer not null
) strict;
create index rooms_public on rooms (lower(name)) where kind = 2;

create table members (
    room_id       blob not null references rooms on delete cascade,
    user_id       blob not null references users,
    role          integer not null,
    joined_seq    integer not null,
    delivered_seq integer not null,
    read_seq      integer not null,
    primary key (room_id, user_id)
) strict, without rowid;
create index members_by_user on members (user_id);

create table messages (
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
    primary key (room_id, seq),
    -- Exactly once, for ever.
    unique (sender_id, client_id)
) strict, without rowid;
create index messages_revised on messages (room_id, rev) where rev > 0;

create table meta (
    id              integer primary key check (id = 1),
    -- Which life of the database this is.
    epoch           blob not null,
    -- The room that every new account joins.
    general_room_id blob references rooms on delete set null
) strict;

insert into rooms (id, kind, name, created_at)
values (randomblob(16), 2, 'General', unixepoch() * 1000);
insert into meta (id, epoch, general_room_id) select 1, randomblob(16), id from rooms;
