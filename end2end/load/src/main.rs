//! The load and fault driver. So far it only says what it speaks; scenarios come with the delivery engine.

fn main() {
    println!("load speaks protocol version {}; it has no scenario yet.", protocol::PROTOCOL_VERSION);
}
