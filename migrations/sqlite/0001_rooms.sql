-- The same as for PostgreSQL in the types of SQLite; ids are 16 bytes.
-- Times are milliseconds since the Unix epoch. Kinds and roles are the numbers of server/src/store/codes.rs.

CREATE TABLE users (
    id            BLOB PRIMARY KEY,
    username      TEXT NOT NULL UNIQUE,
    display_name  TEXT NOT NULL,
    -- Both names, folded, each word after a space: what people are found by.
    search        TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    is_admin      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id         BLOB PRIMARY KEY,
    user_id    BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    -- Which refresh token is the current one.
    generation INTEGER NOT NULL,
    user_agent TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE rooms (
    id            BLOB PRIMARY KEY,
    kind          INTEGER NOT NULL,
    name          TEXT,
    -- The two people of a direct room, in order of their ids.
    direct_key    BLOB UNIQUE,
    -- The two counters of a room move under this row's lock, so their order is commit order.
    last_seq      INTEGER NOT NULL DEFAULT 0,
    last_rev      INTEGER NOT NULL DEFAULT 0,
    members_count INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX rooms_public ON rooms (lower(name)) WHERE kind = 2;

CREATE TABLE members (
    room_id       BLOB NOT NULL REFERENCES rooms ON DELETE CASCADE,
    user_id       BLOB NOT NULL REFERENCES users,
    role          INTEGER NOT NULL,
    joined_seq    INTEGER NOT NULL,
    delivered_seq INTEGER NOT NULL,
    read_seq      INTEGER NOT NULL,
    PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user_id);

CREATE TABLE messages (
    room_id    BLOB NOT NULL REFERENCES rooms ON DELETE CASCADE,
    seq        INTEGER NOT NULL,
    rev        INTEGER NOT NULL DEFAULT 0,
    sender_id  BLOB NOT NULL REFERENCES users,
    client_id  BLOB NOT NULL,
    kind       INTEGER NOT NULL,
    -- The text, or what a system message tells as JSON.
    body       TEXT NOT NULL,
    reply_to   INTEGER,
    created_at INTEGER NOT NULL,
    edited_at  INTEGER,
    deleted_at INTEGER,
    PRIMARY KEY (room_id, seq),
    -- Exactly once, for ever.
    UNIQUE (sender_id, client_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_revised ON messages (room_id, rev) WHERE rev > 0;

CREATE TABLE meta (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    -- Which life of the database this is.
    epoch           BLOB NOT NULL,
    -- The room that every new account joins.
    general_room_id BLOB REFERENCES rooms ON DELETE SET NULL
) STRICT;

INSERT INTO rooms (id, kind, name, created_at)
VALUES (randomblob(16), 2, 'General', unixepoch() * 1000);
INSERT INTO meta (id, epoch, general_room_id) SELECT 1, randomblob(16), id FROM rooms;
