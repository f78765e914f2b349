//! Fault switches of a node: the mechanisms that delivery rests on. A simulation run (a mutation) switches one off and must then
//! find a violation, which proves that the simulator would notice. In a release build all are always on.

#[cfg(any(test, feature = "testing"))]
mod switched;
#[cfg(not(any(test, feature = "testing")))]
mod whole;

#[cfg(any(test, feature = "testing"))]
pub(super) use switched::Mechanisms;
#[cfg(not(any(test, feature = "testing")))]
pub(super) use whole::Mechanisms;

/// A mechanism that can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(any(test, feature = "testing")), expect(unreachable_pub, reason = "only tests name mechanisms"))]
pub enum Mechanism {
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
