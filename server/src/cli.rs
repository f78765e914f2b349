//! Arguments: one word at most, since everything else is an environment variable.

use server::config::variables::VARIABLES;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Serve,
    Migrate,
    Restored,
    Healthcheck,
    Limits,
    Help,
    Version,
}

impl Command {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let command = match arguments.next().as_deref() {
            None | Some("serve") => Self::Serve,
            Some("migrate") => Self::Migrate,
            Some("restored") => Self::Restored,
            Some("healthcheck") => Self::Healthcheck,
            Some("limits") => Self::Limits,
            Some("help" | "--help" | "-h") => Self::Help,
            Some("--version" | "-V") => Self::Version,
            Some(other) => return Err(format!("there is no command {other:?}; see jackdaw --help")),
        };
        match arguments.next() {
            Some(more) if command != Self::Help => {
                Err(format!("{more:?} is one word too many: settings are environment variables, see jackdaw --help"))
            }
            _ => Ok(command),
        }
    }
}

pub(crate) fn print_help() {
    println!(
        "Jackdaw, a self-hosted chat.\n\n\
         Usage: jackdaw [COMMAND]\n\n\
         Commands:\n\
         \x20 serve        run the server (this is what happens without a command)\n\
         \x20 migrate      bring the database up to date and return\n\
         \x20 restored     say that a backup was put back, before the server runs on it: devices drop what they cached\n\
         \x20              and send again what the backup lacks\n\
         \x20 healthcheck  ask the server at LISTEN_ADDR whether it is alive; for containers\n\
         \x20 limits       print the table of bounds, as in docs/limits.md\n\n\
         Environment variables:"
    );
    for variable in VARIABLES {
        let default = if variable.default.is_empty() { "not set" } else { variable.default };
        println!("  {:<20} {}\n  {:<20} default: {default}", variable.name, variable.about, "");
    }
}

/// Asks `/healthz` of the server that the same environment describes.
pub(crate) fn healthcheck() -> Result<(), String> {
    const HEALTH_TIMEOUT: Duration = Duration::from_secs(3);
    let address = std::env::var("LISTEN_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".into());
    let address = address.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]");
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(&address)?;
        stream.set_read_timeout(Some(HEALTH_TIMEOUT))?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.take(4_096).read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = ask().map_err(|error| format!("no answer at {address}: {error}"))?;
    if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(format!("{address} does not answer as Jackdaw")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Command, String> {
        Command::parse(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn one_word_says_what_to_do() {
        assert_eq!(parse(&[]), Ok(Command::Serve));
        assert_eq!(parse(&["migrate"]), Ok(Command::Migrate));
        assert_eq!(parse(&["restored"]), Ok(Command::Restored));
        assert_eq!(parse(&["--help"]), Ok(Command::Help));
        assert!(parse(&["sevre"]).unwrap_err().contains("no command \"sevre\""));
        assert!(parse(&["serve", "--port"]).unwrap_err().contains("environment variables"));
    }
}
