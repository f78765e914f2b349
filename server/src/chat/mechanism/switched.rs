//! All but one may be on.

use super::super::Chat;
use super::Mechanism;
use std::sync::OnceLock;

#[derive(Default)]
pub(in super::super) struct Mechanisms {
    off: OnceLock<Mechanism>,
}

impl Mechanisms {
    pub(in super::super) fn has(&self, mechanism: Mechanism) -> bool {
        self.off.get() != Some(&mechanism)
    }
}

impl Chat {
    /// From now on this node does without.
    pub(crate) fn switch_off(&self, mechanism: Mechanism) {
        self.mechanisms.off.set(mechanism).expect("one is switched off, once");
    }
}
