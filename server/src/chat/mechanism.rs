//! Fault switches of a node: the mechanisms that delivery rests on. A simulation run (a mutation) switches one off and must then
//! find a violation, which proves that the simulator would notice. In a release build all are always on.

#[cfg(test)]
mod switched;
#[cfg(not(test))]
mod whole;

#[cfg(test)]
pub(super) use switched::Mechanisms;
#[cfg(not(test))]
pub(super) use whole::Mechanisms;

/// A mechanism that can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// Gaps of a room are filled from the store.
    GapRepair,
    /// Heads of rooms are compared with the store.
    HeadCheck,
    /// The epoch is checked with them, against the database server's history.
    EpochCheck,
    /// Memberships and marks are compared with the store.
    Repair,
    /// Catch-up batches are sent only while little is queued for the device.
    FlowControl,
}
