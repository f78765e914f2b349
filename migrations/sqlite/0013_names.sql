-- The same as for PostgreSQL in the types of SQLite.
-- Two names that look alike are told apart: the user name is shown with both.

-- What the display name looks like (server/store/src/rules/names.rs), and the name that others see where it is not the display name.
-- Both are null until the program has looked at the name.
alter table users add column skeleton text;
alter table users add column shown_name text;
create index users_by_skeleton on users (skeleton);
create index users_without_shown_name on users (skeleton) where shown_name is null;
create index users_without_skeleton on users (id) where skeleton is null and deleted_at is null;

-- By a trigger, so that the previous version of the program, which may run beside this one during an update, does it too.
create trigger users_renamed after update of display_name on users when old.display_name <> new.display_name begin
    update users set skeleton = null, shown_name = null where id = new.id;
end;
