//! The rules that are checked in the transaction that writes, as pure functions over what was read under the room's lock: called by
//! the SQL of both engines and by the model alike.

pub(crate) mod append;
pub(crate) mod consent;
pub mod membership;
pub(crate) mod names;
pub(crate) mod report;
pub(crate) mod revision;
pub(crate) mod writing;
