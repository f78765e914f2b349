//! Everything is on, and costs nothing.

use super::Mechanism;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mechanisms {}

impl Mechanisms {
    pub(crate) const fn has(self, _: Mechanism) -> bool {
        true
    }
}
