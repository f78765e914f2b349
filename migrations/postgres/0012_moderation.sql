-- What members and administrators do against abuse.

-- People who may neither see nor enter a room.
create table bans (
    room_id    uuid not null references rooms on delete cascade,
    user_id    uuid not null references users on delete cascade,
    banned_by  uuid not null references users,
    created_at bigint not null,
    primary key (room_id, user_id)
);
create index bans_by_user on bans (user_id);

-- People whose messages and invitations a person does not want.
create table blocks (
    user_id    uuid not null references users on delete cascade,
    blocked_id uuid not null references users on delete cascade,
    created_at bigint not null,
    primary key (user_id, blocked_id)
);
create index blocks_by_blocked on blocks (blocked_id);

-- Why a message was refused, so that the same message gets the same answer. 0: the sender is not in the room, the only reason of
-- earlier versions. Numbers are those of server/store/src/codes.rs.
alter table refusals add column reason smallint not null default 0;
