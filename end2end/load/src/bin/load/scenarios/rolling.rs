//! An update of a cluster: its nodes are drained and started again one after the other, under real engines. At the end
//! every device is held against the database.

use crate::environment::{self, Case, World};
use crate::report::Row;
use std::sync::Arc;
use std::time::Duration;
use testbed::population::Plan;
use testbed::servers::SECRET;
use testbed::{Error, Participants, Population, Site};
use tokio::time::sleep;

/// All is well before each node's turn, and after the last.
const WELL: Duration = Duration::from_secs(3);
const ROOMS_EACH: usize = 2;

pub(crate) async fn run(world: &mut World, case: Case) -> Result<Row, Error> {
    let (url, run) = world.database().await?;
    let mut cluster = environment::start(world, &case, &run, &url).await?;
    let plan = Plan { people: case.connections, rooms_each: ROOMS_EACH, members: (case.members, case.members) };
    let mut random = fastrand::Rng::with_seed(1);
    let population = Population::gather(&url, SECRET, plan, &mut random).await?;
    let site = Arc::new(Site::new(cluster.addresses())?);
    // Nobody has a second device.
    let participants = Participants::enter(&population, usize::MAX, &site, &mut random).await?;
    let update = async {
        for node in &mut cluster.nodes {
            sleep(WELL).await;
            node.stop().await?;
            node.start().await?;
        }
        sleep(WELL).await;
        Ok::<_, Error>(())
    };
    tokio::select! {
        () = participants.talk(Duration::from_secs_f64(1.0 / case.rate), &mut random) => {}
        done = update => done?,
    }
    let verdict = participants.settle(&url).await?;
    cluster.check()?;
    let (sent, acknowledged) = participants.counts();
    let mut resumes = Vec::new();
    let mut troubles = 0;
    for participant in &participants.all {
        participant.device.look(|_, journal| {
            resumes.extend(journal.resumes.iter().map(Duration::as_secs_f64));
            troubles += journal.troubles.len();
        });
    }
    resumes.sort_unstable_by(f64::total_cmp);
    let at = |percent: usize| resumes.get(resumes.len() * percent / 100).copied().unwrap_or_default();
    for told in &verdict.told {
        println!("  {told}");
    }
    let mut row = Row::empty(&case)
        .with("connections that went elsewhere", resumes.len() as f64)
        .with("s without a connection, p50", at(50))
        .with("s without a connection, p99", at(99));
    (row.rate, row.messages, row.acknowledged) = (case.rate, sent as u64, acknowledged as u64);
    (row.lost, row.doubled, row.disordered) =
        ((verdict.missing + verdict.gaps) as u64, verdict.doubled as u64, verdict.out_of_order as u64);
    row.is_clean = verdict.is_clean() && troubles == 0 && sent == acknowledged;
    Ok(row)
}
