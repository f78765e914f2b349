-- Moves with everything that a node keeps of a person's memberships: the rooms that they are in, their roles there, and marks in
-- direct rooms (those are moved by the program). A node compares only the people whose number has moved.
alter table users add column members_version bigint not null default 0;

-- By triggers, so that the previous version of the program, which may run beside this one during an update, moves it too. People are
-- locked in the order of their ids, so that transactions wait for each other instead of deadlocking.
create function move_members_version() returns trigger language plpgsql as $$
begin
    perform id from users where id in (select user_id from moved) order by id for no key update;
    update users set members_version = members_version + 1 where id in (select user_id from moved);
    return null;
end
$$;
create trigger members_entered after insert on members
    referencing new table as moved for each statement execute function move_members_version();
create trigger members_left after delete on members
    referencing old table as moved for each statement execute function move_members_version();

create function move_members_version_of_one() returns trigger language plpgsql as $$
begin
    update users set members_version = members_version + 1 where id = new.user_id;
    return null;
end
$$;
create trigger members_changed after update of role on members
    for each row when (old.role <> new.role) execute function move_members_version_of_one();
