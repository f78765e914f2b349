//! An HTTP client for attacks: requests from any loopback address, with a token, with cookies, or as raw bytes.

use crate::ws;
use serde_json::Value;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use testbed::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A client of one node, or of a proxy in front of some.
#[derive(Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    pub(crate) address: SocketAddr,
}

/// A signed-in browser's cookies, by name.
pub(crate) type Cookies = HashMap<String, String>;

impl Http {
    pub(crate) fn new(address: SocketAddr) -> Result<Self, Error> {
        Self::from(Ipv4Addr::LOCALHOST, address)
    }

    /// Whose requests come from this loopback address.
    pub(crate) fn from(source: Ipv4Addr, address: SocketAddr) -> Result<Self, Error> {
        let client = reqwest::Client::builder()
            .local_address(IpAddr::V4(source))
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { client, address })
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The status; 0 where no answer comes.
    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> u16 {
        let mut request = self.client.get(self.url(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        match request.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                // Read whole, so that the connection is used again.
                let _ = answer.bytes().await;
                status
            }
            Err(_) => 0,
        }
    }

    /// A page as a browser asks for it.
    pub(crate) async fn page(&self, path: &str, token: &str) -> u16 {
        let cookie = format!("jackdaw_access={token}");
        match self.client.get(self.url(path)).header("cookie", cookie).header("accept", "text/html").send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                let _ = answer.bytes().await;
                status
            }
            Err(_) => 0,
        }
    }

    /// Status and body of a request with a bearer token.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value), Error> {
        let mut request = self.client.request(method.parse()?, self.url(path)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await.unwrap_or_default()))
    }

    /// A POST without a token; 0 where no answer comes.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> u16 {
        self.client.post(self.url(path)).json(body).send().await.map_or(0, |answer| answer.status().as_u16())
    }

    /// The same, as a proxy passes it on for this address.
    pub(crate) async fn post_for(&self, address: &str, path: &str, body: &Value) -> u16 {
        let request = self.client.post(self.url(path)).header("x-forwarded-for", address).json(body);
        request.send().await.map_or(0, |answer| answer.status().as_u16())
    }

    /// A POST of a browser: with cookies and an `Origin`. Takes over the cookies that come back.
    pub(crate) async fn browse(
        &self,
        path: &str,
        cookies: &mut Cookies,
        origin: &str,
        body: Option<&Value>,
    ) -> Result<u16, Error> {
        let text: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.client.post(self.url(path)).header("origin", origin);
        if !text.is_empty() {
            request = request.header("cookie", text.join("; "));
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        for value in answer.headers().get_all("set-cookie") {
            let pair = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(answer.status().as_u16())
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Sends these bytes as they are and answers with what comes back until the other side closes, or time is up.
pub(crate) async fn raw(node: SocketAddr, bytes: &[u8], timeout: Duration) -> Result<Vec<u8>, Error> {
    let mut stream = ws::connect(ws::ELSEWHERE, node, None).await?;
    // A node may answer and close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(timeout, stream.read_to_end(&mut answer)).await;
    Ok(answer)
}

/// The status of a raw answer.
pub(crate) fn status(answer: &[u8]) -> Option<u16> {
    String::from_utf8_lossy(answer.get(..12)?).split(' ').nth(1)?.parse().ok()
}
