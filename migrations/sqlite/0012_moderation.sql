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

-- People whose messages and invitations a person does not want. Always looked up by both people: an index by the blocked one would
-- lead the planner to all who block somebody.
create table blocks (
    user_id    blob not null references users on delete cascade,
    blocked_id blob not null references users on delete cascade,
    created_at integer not null,
    primary key (user_id, blocked_id)
) strict, without rowid;

-- Why a message was refused, so that the same message gets the same answer. 0: the sender is not in the room, the only reason of
-- earlier versions. Numbers are those of server/store/src/codes.rs.
alter table refusals add column reason integer not null default 0;

-- What a public room is found by: each word of its name, folded, after a space. Null where an earlier version made the room: then it
-- is found by its name as the database folds it.
alter table rooms add column search text;

-- Messages that people report to the administrators, as they were then: a report is readable whatever becomes of its message. Without a
-- reference to the room, which may be deleted.
create table reports (
    id          blob primary key,
    room_id     blob not null,
    seq         integer not null,
    -- The text and the sender's name when it was reported.
    body        text not null,
    sender_id   blob not null references users,
    sender_name text not null,
    reporter_id blob not null references users,
    reason      text not null,
    created_at  integer not null,
    closed_at   integer,
    closed_by   blob references users
) strict;
-- One open report per person and message.
create unique index reports_open_once on reports (room_id, seq, reporter_id) where closed_at is null;
create index reports_open on reports (created_at, id) where closed_at is null;
create index reports_by_reporter on reports (reporter_id, created_at);

-- What a room is about, since when nobody writes in it, and who may (0: everybody, 1: admins and owners).
alter table rooms add column topic text;
alter table rooms add column archived_at integer;
alter table rooms add column posting integer not null default 0;
