-- Whether a person's marks are told to others, and those of others to them.
alter table users add column receipts boolean not null default true;
