//! Seeds of the simulator: a few by default, `SEEDS=n` for another count, `SEED=n` for one.

use client::Mechanism;
use simulation::{Failure, Fault, Mutation, Report};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

/// Seeds of a plain `cargo test`.
const SEEDS: u64 = 100;
/// Seeds among which one must miss a mechanism that is switched off.
const SEEDS_OF_A_MUTATION: u64 = 1000;

/// Lines of a failing seed that are printed; of one that is replayed, all.
const LINES: usize = 300;

fn run(seed: u64, faults: &[Fault], mutation: Option<Mutation>) -> Result<Report, Failure> {
    let lines = if number("SEED").is_some() { usize::MAX } else { LINES };
    simulation::run(seed, faults, mutation, lines)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}: must be a number")))
}

#[test]
fn a_seed_repeats_itself() {
    for seed in 1..=10 {
        let hash = || run(seed, &[], None).map_or_else(|failure| panic!("{}", failure.problem), |report| report.hash);
        assert_eq!(hash(), hash(), "seed {seed}");
    }
}

#[test]
fn every_seed_ends_well() {
    let (first, last) = number("SEED").map_or((1, number("SEEDS").unwrap_or(SEEDS)), |seed| (seed, seed));
    let (next, began) = (AtomicU64::new(first), Instant::now());
    let counts: Mutex<BTreeMap<&str, u64>> = Mutex::default();
    let failed: Mutex<BTreeMap<u64, Failure>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| {
                while let seed = next.fetch_add(1, Ordering::Relaxed)
                    && seed <= last
                {
                    match run(seed, &[], None) {
                        Ok(report) => {
                            let mut counts = counts.lock().unwrap();
                            report
                                .counts
                                .into_iter()
                                .for_each(|(what, count)| *counts.entry(what).or_default() += count);
                        }
                        Err(failure) => drop(failed.lock().unwrap().insert(seed, failure)),
                    }
                }
            });
        }
    });
    let (counts, failed) = (counts.into_inner().unwrap(), failed.into_inner().unwrap());
    println!("{} seeds in {:.1} s: {counts:?}", last - first + 1, began.elapsed().as_secs_f32());
    if let Some((seed, failure)) = failed.first_key_value() {
        let lines = failure.lines.join("\n");
        println!("{lines}\n{}\n{} seeds fail", failure.plan, failed.len());
        for (seed, failure) in failed.iter().take(40) {
            println!("seed {seed}: {:.600}", failure.problem);
        }
        panic!("seed {seed} fails; replay it with SEED={seed} make prove\n{}", failure.problem);
    }
}

#[test]
fn a_mechanism_that_is_switched_off_is_missed() {
    let mutations = [
        Mutation::Node(chat::Mechanism::FlowControl),
        Mutation::Engine(Mechanism::OrderedReactions),
        Mutation::Engine(Mechanism::UnreadableHeads),
        Mutation::Dedupe,
        Mutation::FirstText,
        Mutation::Refusals,
        Mutation::Transaction,
        Mutation::Node(chat::Mechanism::GapRepair),
        Mutation::Node(chat::Mechanism::HeadCheck),
        Mutation::Node(chat::Mechanism::EpochCheck),
        Mutation::Node(chat::Mechanism::Repair),
        Mutation::Engine(Mechanism::GapRepair),
        Mutation::Engine(Mechanism::FifoOutbox),
        Mutation::Engine(Mechanism::ReferenceEpochs),
        Mutation::Engine(Mechanism::HeartbeatDeadline),
        Mutation::Engine(Mechanism::PeopleSync),
        Mutation::Engine(Mechanism::WholeSnapshot),
        Mutation::Engine(Mechanism::BatchesFirst),
    ];
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| {
                while let Some(mutation) = mutations.get(next.fetch_add(1, Ordering::Relaxed)) {
                    is_missed(*mutation);
                }
            });
        }
    });
}

/// Fails unless a seed fails without this mechanism and passes with it.
fn is_missed(mutation: Mutation) {
    let with = |seed, mutated| run(seed, mutation.needs(), mutated);
    let found = (1..=SEEDS_OF_A_MUTATION).find_map(|seed| Some((seed, with(seed, Some(mutation)).err()?)));
    let (seed, failure) = found.unwrap_or_else(|| panic!("nobody misses {mutation:?}"));
    println!("without {mutation:?} seed {seed} fails: {}", failure.problem.lines().next().unwrap_or_default());
    let same = with(seed, None);
    assert!(
        same.is_ok(),
        "with it seed {seed} fails too: {}",
        same.err().map(|failure| failure.problem).unwrap_or_default()
    );
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}
