-- Ids of messages are made in the order of time: an index that begins with them grows at its end, where it stays
-- full, and not in the middle once for each sender.
alter table messages
    drop constraint messages_sender_id_client_id_key,
    add unique (client_id, sender_id);
