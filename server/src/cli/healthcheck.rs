//! `jackdaw healthcheck`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const HEALTH_TIMEOUT: Duration = Duration::from_secs(3);

/// Asks `/healthz` of the server that the same environment describes.
pub(crate) fn healthcheck() -> Result<(), String> {
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
