-- Names are versioned: a change takes the next value of the counter, which moves under the lock of its row and so in commit
-- order, and stamps it on the person.
alter table meta add column people_rev bigint not null default 0;
alter table users add column rev bigint not null default 0;
create index users_changed on users (rev) where rev > 0;
