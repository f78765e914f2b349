//! Fault switches of the engine for simulation runs: one mechanism may be off.

use super::Mechanism;
use crate::Engine;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mechanisms {
    off: Option<Mechanism>,
}

impl Mechanisms {
    pub(crate) fn has(self, mechanism: Mechanism) -> bool {
        self.off != Some(mechanism)
    }
}

impl Engine {
    /// Switches a mechanism off in this engine.
    pub fn switch_off(&mut self, mechanism: Mechanism) {
        self.mechanisms.off = Some(mechanism);
    }
}
