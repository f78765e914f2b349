//! All but one may be on.

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
    /// From now on this engine does without.
    pub fn switch_off(&mut self, mechanism: Mechanism) {
        self.mechanisms.off = Some(mechanism);
    }
}
