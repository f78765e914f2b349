//! Fault switches in a release build: every mechanism is on, at no cost.

use super::Mechanism;

#[derive(Default)]
pub(in super::super) struct Mechanisms(());

impl Mechanisms {
    pub(in super::super) const fn has(&self, _: Mechanism) -> bool {
        true
    }
}
