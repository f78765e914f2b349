//! All attacks by name, and how each is played: in an environment of its own, with two honest people beside it.

mod access;
mod accounts;
mod admission;
mod crowding;
mod delivery;
mod flooding;
mod link;
mod reading;
mod requests;
mod sessions;

use crate::environment::{Environment, Needs, World};
use crate::honest::Pair;
use crate::table::{self, Finding, Outcome, Row};
use futures_util::future::join_all;
use std::pin::Pin;
use std::time::Duration;
use testbed::Error;

/// What an attack answers: a finding, or why it cannot be played here.
pub(crate) type Played<'a> = Pin<Box<dyn Future<Output = Result<Result<Finding, String>, Error>> + 'a>>;

/// One attack.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    needs: Needs,
    /// It waits for a deadline of the node most of the time, so that it is played beside others in the short form.
    waits: bool,
    play: for<'a> fn(&'a Environment) -> Played<'a>,
}

/// An attack from a function that answers with a finding.
macro_rules! attack {
    ($name:literal, $play:path) => {
        attack!($name, $play, Needs::DEFAULT, false)
    };
    ($name:literal, $play:path, waits) => {
        attack!($name, $play, Needs::DEFAULT, true)
    };
    ($name:literal, $play:path, $needs:expr) => {
        attack!($name, $play, $needs, false)
    };
    ($name:literal, $play:path, $needs:expr, $waits:literal) => {
        Attack {
            name: $name,
            needs: $needs,
            waits: $waits,
            play: |environment| Box::pin(async move { Ok(Ok($play(environment).await?)) }),
        }
    };
}

/// No attack takes longer.
const ATTACK_TIMEOUT: Duration = Duration::from_secs(120);

const ATTACKS: &[Attack] = &[
    attack!("long-messages", delivery::long_messages),
    attack!("long-history", delivery::long_history),
    attack!("many-reactions", delivery::many_reactions),
    Attack {
        name: "slow-link",
        needs: Needs::DEFAULT,
        waits: false,
        play: |environment| Box::pin(link::slow_link(environment)),
    },
    attack!("marks", flooding::marks),
    attack!("flood", flooding::messages),
    attack!("reactions", flooding::reactions),
    attack!("typing", flooding::typing),
    attack!("hello", flooding::hello),
    attack!("admission", admission::refusals),
    attack!("admission-nginx", admission::refusals_behind_nginx, Needs { nodes: 2, settings: &[("PROXY_HOPS", "1")] }),
    attack!("sockets", admission::sockets),
    attack!("silent-sockets", admission::silent_sockets, waits),
    attack!("empty-key", admission::empty_key),
    attack!("close-frame", admission::close_frame),
    attack!("hello-again", admission::hello_again, waits),
    attack!("receipts", access::receipts),
    attack!("presence", access::presence),
    attack!(
        "foreign-origin",
        access::foreign_origin,
        Needs { nodes: 1, settings: &[("CORS_ORIGINS", "http://elsewhere.example")] }
    ),
    attack!("pages", requests::pages),
    attack!("strangers", requests::strangers),
    attack!("refresh", requests::refresh),
    attack!("request-id", requests::request_id),
    attack!("passwords", sessions::passwords),
    attack!("hashing", sessions::hashing, Needs { nodes: 1, settings: &[("PROXY_HOPS", "1")] }),
    attack!("long-names", sessions::long_names),
    attack!("lost-renewal", sessions::lost_renewal, waits),
    attack!("codes", accounts::codes),
    attack!("own-password", accounts::own_password),
    attack!("administration", accounts::administration),
    attack!("slow-body", reading::slow_body, waits),
    attack!("slow-answer", reading::slow_answer, waits),
    attack!("big-head", reading::big_head),
    attack!("connections", crowding::connections),
    attack!("revoked-reader", reading::revoked_reader, waits),
    attack!("delete-room", crowding::delete_room),
];

/// Plays those that are wanted, or all, and prints each line as it is known.
pub(crate) async fn play(world: &World, wanted: &[String]) -> Result<Vec<Row>, Error> {
    if let Some(unknown) = wanted.iter().find(|name| ATTACKS.iter().all(|attack| attack.name != **name)) {
        return Err(format!("there is no attack {unknown}").into());
    }
    // What needs a network namespace of its own is then played apart.
    let apart = std::env::var("ABUSE_APART").unwrap_or_default();
    let is_wanted = |attack: &&Attack| {
        if wanted.is_empty() { attack.name != apart } else { wanted.iter().any(|name| name == attack.name) }
    };
    let (waiting, busy): (Vec<_>, Vec<_>) =
        ATTACKS.iter().filter(is_wanted).partition(|attack| attack.waits && world.is_short);
    table::head();
    let one = async |attack: &Attack| {
        let row = play_one(world, attack).await;
        println!("{}", row.line());
        row
    };
    let in_turn = async {
        let mut rows = Vec::new();
        for attack in busy {
            rows.push(one(attack).await);
        }
        rows
    };
    let (mut rows, beside) = tokio::join!(in_turn, join_all(waiting.into_iter().map(one)));
    rows.extend(beside);
    Ok(rows)
}

async fn play_one(world: &World, attack: &Attack) -> Row {
    let outcome = match tokio::time::timeout(ATTACK_TIMEOUT, environment(world, attack)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Outcome::Broken(error.to_string()),
        Err(_) => Outcome::Broken(format!("not over after {} s", ATTACK_TIMEOUT.as_secs())),
    };
    Row { attack: attack.name, outcome }
}

async fn environment(world: &World, attack: &Attack) -> Result<Outcome, Error> {
    let mut environment = Environment::set(world, attack.name, attack.needs).await?;
    let mut pair = Pair::enter(&environment).await?;
    let before = if world.is_short { None } else { Some(pair.calm().await?) };
    let finding = pair.beside((attack.play)(&environment), world.is_short).await?;
    let effect = pair.effect(before).await;
    environment.cluster.check()?;
    Ok(match finding {
        Ok(finding) => Outcome::Played { finding, effect },
        Err(reason) => Outcome::Skipped(reason),
    })
}
