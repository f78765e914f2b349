//! The command line: what to do. How to do it is configured by environment variables, which `--help` lists.

mod backup;
mod healthcheck;
pub(crate) mod operate;

pub(crate) use backup::{backup, restore, verify};
pub(crate) use healthcheck::healthcheck;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use server::config::variables::VARIABLES;
use std::fmt::Write;
use std::path::PathBuf;

#[derive(Debug, Parser)]
#[command(name = "jackdaw", version, about = "Jackdaw, a self-hosted chat.", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Command {
    /// Run the server (this is what happens without a command)
    Serve,
    /// Bring the database up to date and return
    Migrate,
    /// Tell the database that a backup was put back, before the server runs on it: devices drop what they cached and send again what the backup lacks
    Restored,
    /// Manage accounts; works beside a running server
    #[command(subcommand)]
    User(operate::User),
    /// Make, list and revoke invite links; works beside a running server
    #[command(subcommand)]
    Invite(operate::Invite),
    /// List somebody's sessions, or end them; works beside a running server
    Sessions {
        /// The user name
        name: String,
        /// End all of them
        #[arg(long)]
        end: bool,
    },
    /// Print the newest entries of the audit log
    Audit {
        /// How many
        #[arg(long, default_value_t = 50)]
        count: u16,
    },
    /// Write a backup of the database, as of this moment, while the server may run
    Backup {
        /// The file to write, or - for standard output; without it a new file in DATA_DIR/backups
        #[arg(long, value_name = "FILE|-")]
        to: Option<PathBuf>,
    },
    /// Check that a backup is complete and undamaged, and print what it contains
    Verify {
        /// The file that `jackdaw backup` wrote
        file: PathBuf,
    },
    /// Put a verified backup of either engine into the database, while no server runs on it, and begin a new epoch
    Restore {
        /// The file that `jackdaw backup` wrote
        file: PathBuf,
        /// The database to restore into, as in DATABASE_URL, which is used without it
        #[arg(long, value_name = "URL")]
        database: Option<String>,
        /// Remove everything that the database has; without it the database must be empty
        #[arg(long)]
        replace: bool,
    },
    /// Ask the server at LISTEN_ADDR whether it is alive; for containers
    Healthcheck,
    /// Print the table of bounds, as in docs/limits.md
    Limits,
}

/// Reads the arguments. An error is also the answer to `--help` and `--version`: it prints itself and has an exit code.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, clap::Error> {
    let matches = Cli::command().after_help(variables()).try_get_matches_from(arguments)?;
    Ok(Cli::from_arg_matches(&matches)?.command.unwrap_or(Command::Serve))
}

/// The table of environment variables.
fn variables() -> String {
    let mut table = "Environment variables:\n".to_owned();
    for variable in VARIABLES {
        let default = if variable.default.is_empty() { "not set" } else { variable.default };
        let _ = writeln!(table, "  {:<22} {}\n  {:<22} default: {default}", variable.name, variable.about, "");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Command, String> {
        let arguments = std::iter::once(&"jackdaw").chain(words).map(|word| (*word).to_owned());
        super::parse(arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn one_word_says_what_to_do() {
        Cli::command().debug_assert();
        assert_eq!(parse(&[]), Ok(Command::Serve));
        assert_eq!(parse(&["migrate"]), Ok(Command::Migrate));
        assert_eq!(parse(&["restored"]), Ok(Command::Restored));
        let disable = operate::User::Disable { name: "ada".to_owned() };
        assert_eq!(parse(&["user", "disable", "ada"]), Ok(Command::User(disable)));
        assert!(parse(&["user", "delete", "ada"]).unwrap_err().contains("--yes"), "nobody is deleted by a slip");
        let to = Some(PathBuf::from("-"));
        assert_eq!(parse(&["backup", "--to", "-"]), Ok(Command::Backup { to }));
        assert!(parse(&["restore"]).unwrap_err().contains("<FILE>"));
        assert!(parse(&["sevre"]).unwrap_err().contains("'serve'"), "the nearest command is named");
        assert!(parse(&["serve", "--port"]).unwrap_err().contains("--port"));
        let help = parse(&["--help"]).unwrap_err();
        assert!(help.contains("LISTEN_ADDR") && help.contains("restored"), "{help}");
    }
}
