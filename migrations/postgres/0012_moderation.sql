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
