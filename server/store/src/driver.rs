//! How the database driver's failures are told.

use super::Error;

/// PostgreSQL's codes, and classes of them, that pass by themselves: connection lost, resources short, shutting down or
/// starting, deadlock, a lock that was not free in time.
const POSTGRES_PASSING: [&str; 5] = ["08", "53", "57", "40", "55P03"];
/// The same of SQLite: busy, locked, input/output, full.
const SQLITE_PASSING: [i32; 4] = [5, 6, 10, 13];

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as Driver;
        let text = error.to_string();
        match error {
            Driver::Io(_)
            | Driver::Tls(_)
            | Driver::Protocol(_)
            | Driver::PoolTimedOut
            | Driver::PoolClosed
            | Driver::WorkerCrashed => Self::Unavailable(text),
            Driver::Database(refusal) if refusal.code().is_some_and(|code| passes(&code)) => Self::Unavailable(text),
            Driver::Configuration(_) => Self::Invalid(text),
            _ => Self::Internal(text),
        }
    }
}

fn passes(code: &str) -> bool {
    match code.parse::<i32>() {
        // SQLite's extended codes carry the plain one in their last byte; PostgreSQL's have five places.
        Ok(number) if code.len() < 5 => SQLITE_PASSING.contains(&(number & 0xff)),
        _ => POSTGRES_PASSING.iter().any(|class| code.starts_with(class)),
    }
}

/// Whether the server cannot or may not say anything of its own history: not supported, not permitted, or a replica.
pub(super) fn tells_no_history(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| ["0A000", "42501", "42883", "55000"].contains(&code.as_ref()))
}

/// Whether a connection that failed like this must not be used again: part of an answer may still be under way, or
/// the server has ended it.
pub(super) fn ends_connection(error: &sqlx::Error) -> bool {
    use sqlx::Error as Driver;
    match error {
        Driver::Io(_) | Driver::Tls(_) | Driver::Protocol(_) | Driver::WorkerCrashed => true,
        Driver::Database(refusal) => refusal
            .code()
            .is_some_and(|code| code.len() == 5 && ["57P", "08"].iter().any(|class| code.starts_with(class))),
        _ => false,
    }
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError;
        match error {
            MigrateError::Execute(error) => error.into(),
            MigrateError::ExecuteMigration(error, version) => match error.into() {
                Self::Internal(text) => Self::Invalid(format!("migration {version} failed: {text}")),
                other => other,
            },
            MigrateError::VersionMissing(version) => Self::Invalid(format!(
                "the database was made by a later version of Jackdaw (its migration {version} is not known here)"
            )),
            other => Self::Invalid(format!("the database cannot be brought up to date: {other}")),
        }
    }
}

/// The ids of messages are unique per sender.
pub(super) const TAKEN: Error = Error::Conflict("a message id was taken meanwhile");

/// Whether a statement failed because others hold a lock for longer than it waits.
pub(super) fn is_locked(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "55P03")
}

/// Whether a write failed because something of the kind is there already.
pub(super) fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

#[cfg(test)]
mod tests {
    use super::passes;

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        // Shutting down, too many connections, deadlock, lock not available; busy (with its extended form), disk full.
        for code in ["57P01", "53300", "40P01", "55P03", "5", "517", "13"] {
            assert!(passes(code), "{code}");
        }
        // A missing table, a wrong password; a constraint, a file that is no database.
        for code in ["42P01", "28P01", "19", "26"] {
            assert!(!passes(code), "{code}");
        }
    }
}
