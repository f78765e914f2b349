-- The same as for PostgreSQL in the types of SQLite.
-- Moves with everything that a node keeps of a person's memberships: the rooms that they are in, their roles there, and marks in
-- direct rooms (those are moved by the program). A node compares only the people whose number has moved.
alter table users add column members_version integer not null default 0;

create trigger members_entered after insert on members begin
    update users set members_version = members_version + 1 where id = new.user_id;
end;
create trigger members_left after delete on members begin
    update users set members_version = members_version + 1 where id = old.user_id;
end;
create trigger members_changed after update of role on members when old.role <> new.role begin
    update users set members_version = members_version + 1 where id = new.user_id;
end;
