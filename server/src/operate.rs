//! What operators do at the command line. It works beside a running server and takes no lock: each act is one transaction of the store,
//! and nodes follow within seconds, because they look at `accounts_rev`.
//!
//! Results are texts for a terminal; errors are sentences.

mod invites;
mod users;

pub use invites::{audit, invite, list_invites, revoke_invite};
pub use users::{User, sessions, user};

use crate::Config;
use std::fmt::Write;
use std::sync::Arc;
use store::{Actor, Store};

/// Connections to the database: what is done here is done in turn.
const CONNECTIONS: u32 = 2;

/// What all commands need.
struct Operator {
    store: Arc<dyn Store>,
    by: Actor,
    /// The base of links that are printed.
    base_url: String,
}

impl Operator {
    /// Opens the database, which must be up to date.
    async fn open(config: &Config) -> Result<Self, String> {
        let store = store::open(&config.store.url, CONNECTIONS).map_err(|error| error.to_string())?;
        if let Some(file) = store::file(&config.store.url).filter(|file| !file.exists()) {
            return Err(format!(
                "there is no database at {}: start the server once, or run: jackdaw migrate",
                file.display()
            ));
        }
        store.ping().await.map_err(|error| error.to_string())?;
        // A schema of before this version lacks what the commands need.
        if let Err(error) = store.accounts_rev().await {
            return Err(format!(
                "the database is not up to date: start the server once, or run: jackdaw migrate ({error})"
            ));
        }
        Ok(Self { store, by: Actor::command_line(), base_url: config.http.base_url(config.http.listen) })
    }
}

/// A column of text: rows below each other, each value padded to the longest one of its column.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|text| text.chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (value, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{value:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_as_wide_as_their_longest_value() {
        let rows = [vec!["a".to_owned(), "bb".to_owned()], vec!["ccc".to_owned(), "d".to_owned()]];
        assert_eq!(table(&rows), "a    bb\nccc  d\n");
        assert_eq!(table(&[]), "");
    }
}
