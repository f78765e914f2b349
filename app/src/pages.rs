//! One page a file.

pub(crate) mod devices;
pub(crate) mod home;
pub(crate) mod login;
pub(crate) mod not_found;
pub(crate) mod problem;
pub(crate) mod register;
pub(crate) mod room;
