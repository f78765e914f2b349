//! Fault switches in a release build: every mechanism is on, at no cost.

use super::Mechanism;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mechanisms {}

impl Mechanisms {
    pub(crate) const fn has(self, _: Mechanism) -> bool {
        true
    }
}
