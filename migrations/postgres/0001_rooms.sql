-- Times are milliseconds since the Unix epoch. Kinds and roles are the numbers of server/src/store/codes.rs.

create table users (
    id            uuid primary key,
    username      text not null unique,
    display_name  text not null,
    -- Both names, folded, each word after a space: what people are found by.
    search        text not null,
    password_hash text not null,
    is_admin      boolean not null,
    created_at    bigint not null
);

create table sessions (
    id         uuid primary key,
    user_id    uuid not null references users on delete cascade,
    -- Which refresh token is the current one.
    generation bigint not null,
    user_agent text not null,
    created_at bigint not null,
    rotated_at bigint not null,
    expires_at bigint not null,
    revoked_at bigint
);
create index sessions_by_user on sessions (user_id);

create table rooms (
    id            uuid primary key,
    kind          smallint not null,
    name          text,
    -- The two people of a direct room, in order of their ids.
    direct_key    bytea unique,
    -- The two counters of a room move under this row's lock, so their order is commit order.
    last_seq      bigint not null default 0,
    last_rev      bigint not null default 0,
    members_count bigint not null default 0,
    created_at    bigint not null
);
create index rooms_public on rooms (lower(name)) where kind = 2;

create table members (
    room_id       uuid not null references rooms on delete cascade,
    user_id       uuid not null references users,
    role          smallint not null,
    joined_seq    bigint not null,
    delivered_seq bigint not null,
    read_seq      bigint not null,
    primary key (room_id, user_id)
);
create index members_by_user on members (user_id);

create table messages (
    room_id    uuid not null references rooms on delete cascade,
    seq        bigint not null,
    rev        bigint not null default 0,
    sender_id  uuid not null references users,
    client_id  uuid not null,
    kind       smallint not null,
    -- The text, or what a system message tells as JSON.
    body       text not null,
    reply_to   bigint,
    created_at bigint not null,
    edited_at  bigint,
    deleted_at bigint,
    primary key (room_id, seq),
    -- Exactly once, for ever.
    unique (sender_id, client_id)
);
create index messages_revised on messages (room_id, rev) where rev > 0;

create table meta (
    id              smallint primary key check (id = 1),
    -- Which life of the database this is.
    epoch           uuid not null,
    -- The room that every new account joins.
    general_room_id uuid references rooms on delete set null
);

insert into rooms (id, kind, name, created_at)
values (gen_random_uuid(), 2, 'General', (extract(epoch from now()) * 1000)::bigint);
insert into meta (id, epoch, general_room_id) select 1, gen_random_uuid(), id from rooms;
