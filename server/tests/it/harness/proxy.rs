//! A TCP proxy in front of a database or Redis that can be cut, to take it away and give it back.

use std::sync::Arc;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub(crate) struct Proxy {
    /// `127.0.0.1:PORT`
    address: String,
    up: Arc<watch::Sender<bool>>,
}

impl Proxy {
    /// Stands in front of the server of `url`; `is_up` says whether it lets anything through at first.
    pub(crate) async fn start(url: &str, is_up: bool) -> Self {
        let target = host_of(url).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let up = Arc::new(watch::Sender::new(is_up));
        let states = Arc::clone(&up);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (target, mut state) = (target.clone(), states.subscribe());
                tokio::spawn(async move {
                    if !*state.borrow_and_update() {
                        return;
                    }
                    let Ok(mut server) = TcpStream::connect(target).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        _ = state.wait_for(|up| !up) => {}
                    }
                });
            }
        });
        Self { address, up }
    }

    /// `url` with this proxy in the place of its server.
    pub(crate) fn url(&self, url: &str) -> String {
        url.replace(host_of(url), &self.address)
    }

    /// Ends every connection and lets none through until [`Proxy::restore`].
    pub(crate) fn cut(&self) {
        self.up.send_replace(false);
    }

    pub(crate) fn restore(&self) {
        self.up.send_replace(true);
    }
}

/// The `host:port` of a URL.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").unwrap().1;
    let rest = rest.split('/').next().unwrap();
    rest.rsplit('@').next().unwrap()
}
