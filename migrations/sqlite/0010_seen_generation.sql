-- The last refresh token that the device is known to have received. Until that is the current one, the token before it is
-- accepted: the answer to the renewal may have been lost.
alter table sessions add column seen_generation integer not null default 0;
