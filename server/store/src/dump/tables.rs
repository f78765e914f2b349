//! The list of everything that a backup contains. A new table or column gets a line here: a test compares the list with the schema
//! that the migrations make, at every version.

use crate::bounds::SETUP_LINKS;

/// The type of a column, in the form that both engines can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `uuid`; 16 bytes on SQLite.
    Uuid,
    /// Any integer.
    Int,
    /// `boolean`; 0 or 1 on SQLite.
    Bool,
    Text,
    /// Bytes of any length.
    Blob,
}

/// A column and the migration that adds it.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub since: i64,
}

/// A table and the migration that makes it.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub since: i64,
    /// The primary key, which orders the rows.
    pub key: &'static [&'static str],
    pub columns: &'static [Column],
    /// Rows that there may be where nobody has done anything: those that the migrations themselves insert, and the links for the first
    /// account.
    pub fresh_rows: i64,
}

impl Table {
    /// The columns at a version of the schema.
    pub(crate) fn columns_at(&self, schema: i64) -> Vec<&'static Column>
    where
        Self: 'static,
    {
        let columns: &'static [Column] = self.columns;
        columns.iter().filter(|column| column.since <= schema).collect()
    }

    pub(crate) fn kind_of(&self, column: &str) -> Option<Kind> {
        self.columns.iter().find(|one| one.name == column).map(|one| one.kind)
    }
}

/// The tables at a version of the schema.
pub(crate) fn tables_at(schema: i64) -> impl Iterator<Item = &'static Table> {
    TABLES.iter().filter(move |table| table.since <= schema)
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, since: 1 }
}

/// A column of a later migration.
const fn added(since: i64, name: &'static str, kind: Kind) -> Column {
    Column { name, kind, since }
}

/// All tables, each after those that it refers to.
pub const TABLES: &[Table] = &[
    Table {
        name: "users",
        since: 1,
        key: &["id"],
        columns: &[
            column("id", Kind::Uuid),
            column("username", Kind::Text),
            column("display_name", Kind::Text),
            column("search", Kind::Text),
            column("password_hash", Kind::Text),
            column("is_admin", Kind::Bool),
            column("created_at", Kind::Int),
            added(3, "receipts", Kind::Bool),
            added(5, "last_seen_at", Kind::Int),
            added(8, "members_version", Kind::Int),
            added(9, "rev", Kind::Int),
            added(11, "disabled_at", Kind::Int),
            added(11, "deleted_at", Kind::Int),
            added(11, "erasure", Kind::Int),
            added(11, "erasure_room", Kind::Uuid),
            added(11, "erasure_seq", Kind::Int),
            added(13, "skeleton", Kind::Text),
            added(13, "shown_name", Kind::Text),
        ],
        fresh_rows: 0,
    },
    Table {
        name: "sessions",
        since: 1,
        key: &["id"],
        columns: &[
            column("id", Kind::Uuid),
            column("user_id", Kind::Uuid),
            column("generation", Kind::Int),
            column("user_agent", Kind::Text),
            column("created_at", Kind::Int),
            column("rotated_at", Kind::Int),
            column("expires_at", Kind::Int),
            column("revoked_at", Kind::Int),
            added(10, "seen_generation", Kind::Int),
        ],
        fresh_rows: 0,
    },
    Table {
        name: "rooms",
        since: 1,
        key: &["id"],
        columns: &[
            column("id", Kind::Uuid),
            column("kind", Kind::Int),
            column("name", Kind::Text),
            column("direct_key", Kind::Blob),
            column("last_seq", Kind::Int),
            column("last_rev", Kind::Int),
            column("members_count", Kind::Int),
            column("created_at", Kind::Int),
            added(6, "deleted_at", Kind::Int),
            added(12, "search", Kind::Text),
            added(12, "topic", Kind::Text),
            added(12, "archived_at", Kind::Int),
            added(12, "posting", Kind::Int),
        ],
        fresh_rows: 1,
    },
    Table {
        name: "members",
        since: 1,
        key: &["room_id", "user_id"],
        columns: &[
            column("room_id", Kind::Uuid),
            column("user_id", Kind::Uuid),
            column("role", Kind::Int),
            column("joined_seq", Kind::Int),
            column("delivered_seq", Kind::Int),
            column("read_seq", Kind::Int),
        ],
        fresh_rows: 0,
    },
    Table {
        name: "messages",
        since: 1,
        key: &["room_id", "seq"],
        columns: &[
            column("room_id", Kind::Uuid),
            column("seq", Kind::Int),
            column("rev", Kind::Int),
            column("sender_id", Kind::Uuid),
            column("client_id", Kind::Uuid),
            column("kind", Kind::Int),
            column("body", Kind::Text),
            column("reply_to", Kind::Int),
            column("created_at", Kind::Int),
            column("edited_at", Kind::Int),
            column("deleted_at", Kind::Int),
            added(2, "reactions", Kind::Text),
            added(6, "first_digest", Kind::Blob),
        ],
        fresh_rows: 0,
    },
    Table {
        name: "revisions",
        since: 2,
        key: &["user_id", "client_id"],
        columns: &[
            column("user_id", Kind::Uuid),
            column("client_id", Kind::Uuid),
            column("room_id", Kind::Uuid),
            column("seq", Kind::Int),
            column("rev", Kind::Int),
        ],
        fresh_rows: 0,
    },
    Table {
        name: "refusals",
        since: 7,
        key: &["client_id", "sender_id"],
        columns: &[
            column("sender_id", Kind::Uuid),
            column("client_id", Kind::Uuid),
            column("refused_at", Kind::Int),
            added(12, "reason", Kind::Int),
        ],
        fresh_rows: 0,
    },
    Table {
        name: "audit",
        since: 11,
        key: &["id"],
        columns: &[
            column("id", Kind::Int),
            column("at", Kind::Int),
            column("actor_id", Kind::Uuid),
            column("actor", Kind::Text),
            column("action", Kind::Text),
            column("subject_id", Kind::Uuid),
            column("subject", Kind::Text),
            column("detail", Kind::Text),
        ],
        fresh_rows: 0,
    },
    Table {
        name: "settings",
        since: 11,
        key: &["name"],
        columns: &[column("name", Kind::Text), column("value", Kind::Text)],
        fresh_rows: 0,
    },
    Table {
        name: "invites",
        since: 11,
        key: &["id"],
        columns: &[
            column("id", Kind::Uuid),
            column("code_hash", Kind::Blob),
            column("created_by", Kind::Uuid),
            column("created_at", Kind::Int),
            column("expires_at", Kind::Int),
            column("uses_left", Kind::Int),
            column("revoked_at", Kind::Int),
        ],
        fresh_rows: 0,
    },
    Table {
        name: "invite_rooms",
        since: 11,
        key: &["invite_id", "room_id"],
        columns: &[column("invite_id", Kind::Uuid), column("room_id", Kind::Uuid)],
        fresh_rows: 0,
    },
    Table {
        name: "one_time_links",
        since: 11,
        key: &["code_hash"],
        columns: &[
            column("code_hash", Kind::Blob),
            column("user_id", Kind::Uuid),
            column("created_at", Kind::Int),
            column("expires_at", Kind::Int),
        ],
        fresh_rows: SETUP_LINKS,
    },
    Table {
        name: "bans",
        since: 12,
        key: &["room_id", "user_id"],
        columns: &[
            column("room_id", Kind::Uuid),
            column("user_id", Kind::Uuid),
            column("banned_by", Kind::Uuid),
            column("created_at", Kind::Int),
        ],
        fresh_rows: 0,
    },
    Table {
        name: "blocks",
        since: 12,
        key: &["user_id", "blocked_id"],
        columns: &[column("user_id", Kind::Uuid), column("blocked_id", Kind::Uuid), column("created_at", Kind::Int)],
        fresh_rows: 0,
    },
    Table {
        name: "reports",
        since: 12,
        key: &["id"],
        columns: &[
            column("id", Kind::Uuid),
            column("room_id", Kind::Uuid),
            column("seq", Kind::Int),
            column("body", Kind::Text),
            column("sender_id", Kind::Uuid),
            column("sender_name", Kind::Text),
            column("reporter_id", Kind::Uuid),
            column("reason", Kind::Text),
            column("created_at", Kind::Int),
            column("closed_at", Kind::Int),
            column("closed_by", Kind::Uuid),
        ],
        fresh_rows: 0,
    },
    Table {
        name: "meta",
        since: 1,
        key: &["id"],
        columns: &[
            column("id", Kind::Int),
            column("epoch", Kind::Uuid),
            column("general_room_id", Kind::Uuid),
            added(6, "purge_after", Kind::Int),
            added(6, "history", Kind::Text),
            added(9, "people_rev", Kind::Int),
            added(11, "accounts_rev", Kind::Int),
        ],
        fresh_rows: 1,
    },
];
