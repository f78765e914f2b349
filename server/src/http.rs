//! What all HTTP routes share: who asks, what a body may be, where requests may come from, which headers go out.

pub(crate) mod account;
pub(crate) mod address;
pub(crate) mod admission;
pub(crate) mod cookies;
pub(crate) mod extract;
pub(crate) mod headers;
pub(crate) mod origin;
pub(crate) mod sign_in;
pub(crate) mod trace;
