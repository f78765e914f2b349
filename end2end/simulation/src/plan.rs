//! What may go wrong in a run, and which mechanism is switched off to see that it is missed.

use chat::rules::Reach;
use testbed::Chance;

/// Bytes that may wait for a device behind a narrow link: more than one batch, and less than the batches of all rooms.
pub(super) const NARROW_QUEUE: usize = 32 * 1024;

/// A kind of fault. Its name is counted and printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A connection breaks; what is under way on it is lost, and each side notices in its own time.
    Cut,
    /// A node dies at some point of what it does.
    Crash,
    /// A node asks its connections to go elsewhere.
    Drain,
    /// The store fails before or after the commit.
    Store,
    BusLost,
    BusDoubled,
    BusLate,
    /// The bus takes its time to subscribe and to unsubscribe.
    BusSlow,
    /// A node's connection to the bus breaks, or the bus restarts.
    BusBroken,
    /// The answer to a request is lost.
    Request,
    /// A tab is loaded anew.
    Reload,
    /// A device is without a network for a while.
    Away,
    /// More is written than fits into a batch, or into a window.
    Flood,
    /// The database is put back to an earlier state, in a new epoch.
    Restore,
    /// A copy of a message comes late, by a connection that was given up.
    Stale,
    /// The database loses its last commits while nodes and devices go on: a replica that lagged behind was promoted.
    Rewind,
    /// Clocks of nodes and devices differ by up to an hour.
    Clocks,
    /// Nodes translate the next version of the protocol.
    Later,
    /// A device reads nothing for a while, in the middle of a frame, say, and sometimes for too long.
    Slow,
    /// A link swallows what goes over it, in one direction or in both, for a while or for ever, and nobody is told.
    Silent,
    /// Another device of the person edits or deletes a message before its sender has the acknowledgement.
    Overtaken,
    /// Links take little at a time and queues hold little, for the whole run; devices miss more than fits into one.
    Narrow,
}

const FAULTS: [Fault; 22] = [
    Fault::Cut,
    Fault::Crash,
    Fault::Drain,
    Fault::Store,
    Fault::BusLost,
    Fault::BusDoubled,
    Fault::BusLate,
    Fault::BusSlow,
    Fault::BusBroken,
    Fault::Request,
    Fault::Reload,
    Fault::Away,
    Fault::Flood,
    Fault::Restore,
    Fault::Clocks,
    Fault::Slow,
    Fault::Silent,
    Fault::Overtaken,
    Fault::Rewind,
    Fault::Stale,
    Fault::Narrow,
    Fault::Later,
];

/// A mechanism that can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// A message's id is unique for its sender.
    Dedupe,
    /// A refusal of a message is kept.
    Refusals,
    /// Of a message that is revised the digest of its first text is kept.
    FirstText,
    /// What a device keeps it keeps whole.
    Transaction,
    /// One of the nodes.
    Node(chat::Mechanism),
    /// One of the engines.
    Engine(client::Mechanism),
}

impl Mutation {
    /// Faults without which nobody misses this: histories that look for it have them beside those that are drawn.
    pub const fn needs(self) -> &'static [Fault] {
        match self {
            Self::Node(chat::Mechanism::FlowControl) => &[Fault::Narrow, Fault::Away, Fault::Flood],
            Self::Engine(client::Mechanism::OrderedReactions | client::Mechanism::UnreadableHeads) => &[Fault::Later],
            _ => &[],
        }
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Plan {
    /// Kinds of faults that this run has: some of them, so that one kind does not hide what another brings about.
    faults: Vec<Fault>,
    pub(super) mutation: Option<Mutation>,
    /// How much nodes put into one frame: so little that lists and batches come in parts.
    pub(super) reach: Reach,
}

impl Plan {
    /// Draws a plan. It has these faults in any case.
    pub(super) fn new(faults: &[Fault], mutation: Option<Mutation>, chance: &Chance) -> Self {
        let quiet = chance.one_in(20);
        let is_drawn = |fault: &Fault| (!quiet && chance.below(5) < 2) | faults.contains(fault);
        let faults: Vec<_> = FAULTS.into_iter().filter(is_drawn).collect();
        // Of a queue that holds little, what is sent without flow control is the same part as in what ships.
        let most = if faults.contains(&Fault::Narrow) { NARROW_QUEUE / 4 } else { usize::MAX };
        let drawn = |from: [usize; 3]| from[chance.below(3)];
        let reach = Reach {
            batch_bytes: drawn([1_500, 4_000, 12_000]),
            fill_bytes: drawn([3_000, 12_000, 256 * 1024]).min(most),
            page_bytes: drawn([3_000, 12_000, 256 * 1024]).min(most),
            welcome_bytes: drawn([500, 1_500, 4_000]),
        };
        Self { faults, mutation, reach }
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    pub(super) fn lacks(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }
}

impl Fault {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Cut => "connections cut",
            Self::Crash => "crashes",
            Self::Drain => "drains",
            Self::Store => "store failures",
            Self::BusLost => "bus messages lost",
            Self::BusDoubled => "bus messages doubled",
            Self::BusLate => "bus messages late",
            Self::BusSlow => "slow subscriptions",
            Self::BusBroken => "bus breaks",
            Self::Request => "answers lost",
            Self::Reload => "reloads",
            Self::Away => "absences",
            Self::Flood => "floods",
            Self::Restore => "restores",
            Self::Stale => "late copies",
            Self::Rewind => "commits lost",
            Self::Clocks => "clocks off",
            Self::Slow => "slow readers",
            Self::Silent => "silent links",
            Self::Overtaken => "revised before the acknowledgement",
            Self::Narrow => "absences behind narrow links",
            Self::Later => "words of a later version",
        }
    }
}
