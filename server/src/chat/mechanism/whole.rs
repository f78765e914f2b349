//! Everything is on, and costs nothing.

use super::Mechanism;

#[derive(Default)]
pub(in super::super) struct Mechanisms(());

impl Mechanisms {
    pub(in super::super) const fn has(&self, _: Mechanism) -> bool {
        true
    }
}
