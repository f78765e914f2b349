//! Pages that are whole documents without scripts: a person's account, one-time links, and the administration. They are rendered here and not
//! in the crate `app`, so that nothing of them is in the page's download.

#![expect(clippy::disallowed_methods, reason = "Leptos' own `into_any` costs no download here: browsers get HTML only")]

pub(crate) mod account;
pub(crate) mod admin;
mod document;
mod form;
pub(crate) mod message;
pub(crate) mod new_room;
pub(crate) mod person;
pub(crate) mod public_rooms;
pub(crate) mod report;
pub(crate) mod reset;
pub(crate) mod room;

use document::{Document, Notice};
