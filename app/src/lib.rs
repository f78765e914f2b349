//! (in the making)
#[cfg(feature = "hydrate")]
pub fn hydrate() {}
