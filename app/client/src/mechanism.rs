//! Fault switches of the engine: the mechanisms that delivery rests on. With the feature `mutations` a simulation run switches
//! one off and must then find a violation. Without the feature all are always on.

#[cfg(feature = "mutations")]
mod switched;
#[cfg(not(feature = "mutations"))]
mod whole;

#[cfg(feature = "mutations")]
pub(crate) use switched::Mechanisms;
#[cfg(not(feature = "mutations"))]
pub(crate) use whole::Mechanisms;

/// A mechanism that can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// A gap is filled from the server.
    GapRepair,
    /// A message is sent only after the previous one was acknowledged.
    FifoOutbox,
    /// References to message numbers of another epoch are not sent.
    ReferenceEpochs,
    /// A connection is closed after the idle timeout.
    HeartbeatDeadline,
    /// Names come from the synchronized map of people.
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
