-- The same as for PostgreSQL in the types of SQLite.
-- An account can be disabled and enabled again, and deleted for ever.
alter table users add column disabled_at integer;
alter table users add column deleted_at integer;
-- What is left to do for a deleted account, in small transactions: 0 nothing, 1 leave its rooms, 2 leave its rooms and then delete its
-- messages, 3 delete its messages. Messages are looked at room by room, in the order of their ids: this is how far that has come.
alter table users add column erasure integer not null default 0;
alter table users add column erasure_room blob;
alter table users add column erasure_seq integer not null default 0;
create index users_to_erase on users (id) where erasure > 0;

-- Moves when an account was disabled, deleted, given another password or other rights, or when all its sessions were ended: nodes then
-- clear what they cache of sessions.
alter table meta add column accounts_rev integer not null default 0;

-- Sessions are removed some time after their end.
create index sessions_by_end on sessions (coalesce(revoked_at, expires_at));

-- What was done to accounts and to the server, and by whom. Append-only.
create table audit (
    id         integer primary key autoincrement,
    at         integer not null,
    -- Null: somebody at the command line of the server.
    actor_id   blob,
    -- Names as they were then.
    actor      text not null,
    action     text not null,
    subject_id blob,
    subject    text not null,
    detail     text not null
) strict;
create trigger audit_is_not_updated before update on audit begin
    select raise(abort, 'the audit log is append-only');
end;
create trigger audit_is_not_deleted before delete on audit begin
    select raise(abort, 'the audit log is append-only');
end;

-- What administrators set in the page, by name.
create table settings (
    name  text primary key,
    value text not null
) strict;

-- Invite links. The code itself is not stored, only its SHA-256.
create table invites (
    id         blob primary key,
    code_hash  blob not null unique,
    -- Null: the command line.
    created_by blob references users,
    created_at integer not null,
    expires_at integer not null,
    uses_left  integer not null,
    revoked_at integer
) strict;
-- Rooms that who comes by the invite joins, beside the first one.
create table invite_rooms (
    invite_id blob not null references invites on delete cascade,
    room_id   blob not null references rooms on delete cascade,
    primary key (invite_id, room_id)
) strict;

-- Links that work once: to set a new password, or, without a user, to make the first account.
create table one_time_links (
    code_hash  blob primary key,
    user_id    blob unique references users on delete cascade,
    created_at integer not null,
    expires_at integer not null
) strict;
