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

-- People whose messages and invitations a person does not want. Always looked up by both people: an index by the blocked one would
-- lead the planner to all who block somebody.
create table blocks (
    user_id    uuid not null references users on delete cascade,
    blocked_id uuid not null references users on delete cascade,
    created_at bigint not null,
    primary key (user_id, blocked_id)
);

-- Why a message was refused, so that the same message gets the same answer. 0: the sender is not in the room, the only reason of
-- earlier versions. Numbers are those of server/store/src/codes.rs.
alter table refusals add column reason smallint not null default 0;

-- What a public room is found by: each word of its name, folded, after a space. Null where an earlier version made the room: then it
-- is found by its name as the database folds it.
alter table rooms add column search text;

-- Messages that people report to the administrators, as they were then: a report is readable whatever becomes of its message. Without a
-- reference to the room, which may be deleted.
create table reports (
    id          uuid primary key,
    room_id     uuid not null,
    seq         bigint not null,
    -- The text and the sender's name when it was reported.
    body        text not null,
    sender_id   uuid not null references users,
    sender_name text not null,
    reporter_id uuid not null references users,
    reason      text not null,
    created_at  bigint not null,
    closed_at   bigint,
    closed_by   uuid references users
);
-- One open report per person and message.
create unique index reports_open_once on reports (room_id, seq, reporter_id) where closed_at is null;
create index reports_open on reports (created_at, id) where closed_at is null;
create index reports_by_reporter on reports (reporter_id, created_at);

-- What a room is about, since when nobody writes in it, and who may (0: everybody, 1: admins and owners).
alter table rooms add column topic text;
alter table rooms add column archived_at bigint;
alter table rooms add column posting smallint not null default 0;
