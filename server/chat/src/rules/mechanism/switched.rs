//! Fault switches for tests: one mechanism may be off.

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
    /// Switches a mechanism off on this node, once.
    pub fn switch_off(&self, mechanism: Mechanism) {
        self.mechanisms.off.set(mechanism).expect("one is switched off, once");
    }
}
