//! By what a node finds what nobody told it. In the simulator one can be switched off, to show that it is missed; in
//! what ships they are always on.

#[cfg(test)]
mod switched;
#[cfg(not(test))]
mod whole;

#[cfg(test)]
pub(super) use switched::Mechanisms;
#[cfg(not(test))]
pub(super) use whole::Mechanisms;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// What is missing between two frames of a room is read from the store.
    GapRepair,
    /// Heads of rooms are compared with the store.
    HeadCheck,
    /// The epoch is read again with them, after a look at the database server's history.
    EpochCheck,
    /// Memberships and marks are compared with the store.
    Repair,
    /// What a device missed is sent only while little is queued for it.
    FlowControl,
}
