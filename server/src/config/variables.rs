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
pub const VARIABLES: [Variable; 25] = [
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
        "JWT_SECRET_PREVIOUS",
        "",
        "while JWT_SECRET is replaced: the other one of the two secrets, which verifies and never signs",
    ),
    variable(
        "JACKDAW_REGISTRATION",
        "open",
        "open or closed: whether strangers may make accounts (the first one always may)",
    ),
    variable("CORS_ORIGINS", "", "other sites whose pages may call the API, separated by commas"),
    variable("PROXY_HOPS", "0", "proxies of yours in front of this node: whose X-Forwarded-For is believed, 0 to 10"),
    variable("METRICS_ADDR", "", "address and port of the private listener for Prometheus, as 127.0.0.1:9464"),
    variable("WORKER_THREADS", "half of the processors", "threads that serve connections, 1 to 256"),
    variable("DRAIN_SECONDS", "10", "over how long a stopping node sends its connections elsewhere, 0 to 3600"),
    variable("MAX_CONNECTIONS", "19000", "WebSockets of this node at once; more are answered with 503"),
    variable("CONNECTIONS_PER_SECOND", "100", "new WebSockets of this node; more are answered with 503"),
    variable(
        "MESSAGES_PER_SECOND",
        "50",
        "messages and changes of one person, and 64 KiB of them for 50, twelve times as many at once; 0: no limit",
    ),
    variable("FRAMES_PER_SECOND", "200", "frames of one connection, five times as many at once; 0: no limit"),
    variable(
        "REQUESTS_PER_SECOND",
        "50",
        "requests of one person (a page counts as 10, a hello as 5), sixty times as many at once; 0: no limit",
    ),
    variable(
        "LOGINS_PER_MINUTE",
        "20",
        "failed sign-ins with one name from one address; 5 times as many from it with any names, 10 times as many with one name from everywhere; 0: no limit",
    ),
    variable("REGISTRATIONS_PER_HOUR", "60", "new accounts from one address; 0: no limit"),
    variable(
        "RUST_LOG",
        "info",
        "what is logged, as in info,chat=debug (the program's parts are server, chat and store)",
    ),
    variable("LOG_FORMAT", "text", "text or json"),
    variable("LEPTOS_SITE_ROOT", "site beside the program", "folder with the page's files"),
    variable("LEPTOS_RELOAD_PORT", "", "set by cargo leptos watch"),
];
