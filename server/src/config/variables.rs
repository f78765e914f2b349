//! The table of variables: one source for `jackdaw --help` and for the README, which a test compares with it.

/// A variable that a person may set.
pub struct Variable {
    pub name: &'static str,
    pub default: &'static str,
    /// What it is for and what it may be.
    pub about: &'static str,
}

const fn variable(name: &'static str, default: &'static str, about: &'static str) -> Variable {
    Variable { name, default, about }
}

/// All of them, the most used first.
pub const VARIABLES: [Variable; 14] = [
    variable("LISTEN_ADDR", "127.0.0.1:3000", "address and port to listen on"),
    variable(
        "PUBLIC_URL",
        "",
        "scheme and host that browsers use, as https://chat.example.org; needed behind a proxy that changes Host",
    ),
    variable("DATA_DIR", "./data", "folder for the SQLite file and the generated secret"),
    variable("DATABASE_URL", "sqlite://DATA_DIR/jackdaw.db", "sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME"),
    variable("DATABASE_POOL", "10", "database connections of this node, 1 to 50"),
    variable("REDIS_URL", "", "redis://HOST:PORT; needed as soon as there is a second node"),
    variable(
        "JWT_SECRET",
        "made on first start",
        "32 characters at least, the same on every node; required with PostgreSQL or Redis",
    ),
    variable(
        "JACKDAW_REGISTRATION",
        "open",
        "open or closed: whether strangers may make accounts (the first one always may)",
    ),
    variable("CORS_ORIGINS", "", "other sites whose pages may call the API, separated by commas"),
    variable("DRAIN_SECONDS", "10", "how long a stopping node waits for its connections, 0 to 3600"),
    variable("RUST_LOG", "info", "what is logged, as in info,server=debug"),
    variable("LOG_FORMAT", "text", "text or json"),
    variable("LEPTOS_SITE_ROOT", "site beside the program", "folder with the page's files"),
    variable("LEPTOS_RELOAD_PORT", "", "set by cargo leptos watch"),
];
