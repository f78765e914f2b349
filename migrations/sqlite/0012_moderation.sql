-- The same as for PostgreSQL in the types of SQLite.
-- What members and administrators do against abuse.

-- People who may neither see nor enter a room.
create table bans (
    room_id    blob not null references rooms on delete cascade,
    user_id    blob not null references users on delete cascade,
    banned_by  blob not null references users,
    created_at integer not null,
    primary key (room_id, user_id)
) strict, without rowid;
create index bans_by_user on bans (user_id);
