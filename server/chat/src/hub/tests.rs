//! The hub as a whole.

mod versions;
