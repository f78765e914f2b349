-- Times are milliseconds since the Unix epoch. Kinds and roles are the numbers of server/src/store/codes.rs.

CREATE TABLE users (
    id            UUID PRIMARY KEY,
    username      TEXT NOT NULL UNIQUE,
    display_name  TEXT NOT NULL,
    -- Both names, folded, each word after a space: what people are found by.
    search        TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    is_admin      BOOLEAN NOT NULL,
    created_at    BIGINT NOT NULL
);

CREATE TABLE sessions (
    id         UUID PRIMARY KEY,
    user_id    UUID NOT NULL REFERENCES users ON DELETE CASCADE,
    -- Which refresh token is the current one.
    generation BIGINT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE rooms (
    id            UUID PRIMARY KEY,
    kind          SMALLINT NOT NULL,
    name          TEXT,
    -- The two people of a direct room, in order of their ids.
    direct_key    BYTEA UNIQUE,
    -- The two counters of a room move under this row's lock, so their order is commit order.
    last_seq      BIGINT NOT NULL DEFAULT 0,
    last_rev      BIGINT NOT NULL DEFAULT 0,
    members_count BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL
);
CREATE INDEX rooms_public ON rooms (lower(name)) WHERE kind = 2;

CREATE TABLE members (
    room_id       UUID NOT NULL REFERENCES rooms ON DELETE CASCADE,
    user_id       UUID NOT NULL REFERENCES users,
    role          SMALLINT NOT NULL,
    joined_seq    BIGINT NOT NULL,
    delivered_seq BIGINT NOT NULL,
    read_seq      BIGINT NOT NULL,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX members_by_user ON members (user_id);

CREATE TABLE messages (
    room_id    UUID NOT NULL REFERENCES rooms ON DELETE CASCADE,
    seq        BIGINT NOT NULL,
    rev        BIGINT NOT NULL DEFAULT 0,
    sender_id  UUID NOT NULL REFERENCES users,
    client_id  UUID NOT NULL,
    kind       SMALLINT NOT NULL,
    -- The text, or what a system message tells as JSON.
    body       TEXT NOT NULL,
    reply_to   BIGINT,
    created_at BIGINT NOT NULL,
    edited_at  BIGINT,
    deleted_at BIGINT,
    PRIMARY KEY (room_id, seq),
    -- Exactly once, for ever.
    UNIQUE (sender_id, client_id)
);
CREATE INDEX messages_revised ON messages (room_id, rev) WHERE rev > 0;

CREATE TABLE meta (
    id              SMALLINT PRIMARY KEY CHECK (id = 1),
    -- Which life of the database this is.
    epoch           UUID NOT NULL,
    -- The room that every new account joins.
    general_room_id UUID REFERENCES rooms ON DELETE SET NULL
);

INSERT INTO rooms (id, kind, name, created_at)
VALUES (gen_random_uuid(), 2, 'General', (extract(epoch FROM now()) * 1000)::BIGINT);
INSERT INTO meta (id, epoch, general_room_id) SELECT 1, gen_random_uuid(), id FROM rooms;
