-- The same as for PostgreSQL in the types of SQLite.
-- Whether a person's marks are told to others, and those of others to them.
alter table users add column receipts integer not null default 1;
