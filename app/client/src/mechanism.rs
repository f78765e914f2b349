//! The mechanisms that delivery rests on. With the feature `mutations` one can be switched off, so that the simulator
//! can show that it is missed; in what ships they are always on.

#[cfg(feature = "mutations")]
mod switched;
#[cfg(not(feature = "mutations"))]
mod whole;

#[cfg(feature = "mutations")]
pub(crate) use switched::Mechanisms;
#[cfg(not(feature = "mutations"))]
pub(crate) use whole::Mechanisms;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// A gap is filled from the server.
    GapRepair,
    /// A message leaves only once the server has the one before.
    FifoOutbox,
    /// References to message numbers of another epoch are not sent.
    ReferenceEpochs,
    /// A connection on which nothing is received for a while is given up.
    HeartbeatDeadline,
    /// Names are of the map of people, which follows what the server tells.
    PeopleSync,
    /// The list of rooms in `welcome` is applied only once all pages of it have come.
    WholeSnapshot,
    /// What is ahead of a batch that is not the last one waits for the batches that bring it.
    BatchesFirst,
    /// A reaction is applied only where every revision before it is in what is here.
    OrderedReactions,
    /// A frame that cannot be read still says how far its room is.
    UnreadableHeads,
}
