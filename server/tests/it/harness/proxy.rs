//! A TCP proxy in front of a database or Redis that can be cut, to take it away and give it back, or be made to let nothing
//! through, as a network does that swallows packets.

use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What happens to what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Open,
    /// Everything takes this much longer, in each direction.
    Slow(Duration),
    /// Connections are accepted and stay open, and nothing passes until the way is open again; then all of it does.
    Stalled,
    /// Connections end, and new ones with them.
    Cut,
}

#[derive(Clone, Copy, Debug)]
struct State {
    way: Way,
    /// How many connections were accepted so far.
    accepted: usize,
    /// Nothing passes any more on so many of the first.
    stranded: usize,
}

pub(crate) struct Proxy {
    /// `127.0.0.1:PORT`
    address: String,
    state: Arc<watch::Sender<State>>,
}

impl Proxy {
    /// Stands in front of the server of `url`; `is_up` says whether it lets anything through at first.
    pub(crate) async fn start(url: &str, is_up: bool) -> Self {
        let target = host_of(url).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let way = if is_up { Way::Open } else { Way::Cut };
        let state = Arc::new(watch::Sender::new(State { way, accepted: 0, stranded: 0 }));
        let states = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, state, number) = (target.clone(), states.subscribe(), states.borrow().accepted);
                states.send_modify(|state| state.accepted += 1);
                tokio::spawn(serve(client, target, state, number));
            }
        });
        Self { address, state }
    }

    /// `url` with this proxy in the place of its server.
    pub(crate) fn url(&self, url: &str) -> String {
        url.replace(host_of(url), &self.address)
    }

    /// Ends every connection and lets none through until [`Proxy::restore`].
    pub(crate) fn cut(&self) {
        self.turn(Way::Cut);
    }

    /// Keeps every connection and lets nothing through until [`Proxy::restore`].
    pub(crate) fn stall(&self) {
        self.turn(Way::Stalled);
    }

    /// Lets everything through late.
    pub(crate) fn slow(&self, by: Duration) {
        self.turn(Way::Slow(by));
    }

    /// Nothing passes any more on the connections that there are, and neither side hears that: new ones are as good as ever.
    pub(crate) fn strand(&self) {
        self.state.send_modify(|state| state.stranded = state.accepted);
    }

    pub(crate) fn restore(&self) {
        self.turn(Way::Open);
    }

    fn turn(&self, way: Way) {
        self.state.send_modify(|state| state.way = way);
    }
}

async fn serve(client: TcpStream, target: String, mut state: watch::Receiver<State>, number: usize) {
    if state.borrow_and_update().way == Way::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(target).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::select! {
        () = pass(from_client, to_server, state.clone(), number) => {}
        () = pass(from_server, to_client, state.clone(), number) => {}
        _ = state.wait_for(|state| state.way == Way::Cut) => {}
    }
}

/// One direction of a connection, until it ends.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>, number: usize) {
    let mut some = vec![0; 16 * 1024];
    while let Ok(bytes @ 1..) = from.read(&mut some).await {
        let passes = |state: &State| state.way != Way::Stalled && number >= state.stranded;
        let Ok(way) = state.wait_for(passes).await.map(|state| state.way) else { return };
        if let Way::Slow(by) = way {
            tokio::time::sleep(by).await;
        }
        if to.write_all(&some[..bytes]).await.is_err() {
            return;
        }
    }
}

/// The `host:port` of a URL.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").unwrap().1;
    let rest = rest.split('/').next().unwrap();
    rest.rsplit('@').next().unwrap()
}
