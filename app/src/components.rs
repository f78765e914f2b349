//! Views that pages are made of. They read signals of `state` and say what happened; they decide nothing about messages.
//!
//! Large ones, and those that closures, `<Show>` and `<For>` show, end with `.into_any()`, see `view`.

pub(crate) mod auth_card;
pub(crate) mod avatar;
pub(crate) mod browse;
pub(crate) mod composer;
pub(crate) mod confirm;
pub(crate) mod connection_bar;
pub(crate) mod details;
pub(crate) mod entrance;
pub(crate) mod field;
pub(crate) mod icon;
pub(crate) mod join_bar;
pub(crate) mod layout;
pub(crate) mod logo;
pub(crate) mod member_row;
pub(crate) mod message_actions;
pub(crate) mod message_row;
pub(crate) mod modal;
pub(crate) mod new_room;
pub(crate) mod notice;
pub(crate) mod people;
pub(crate) mod reactions;
pub(crate) mod room_header;
pub(crate) mod room_item;
pub(crate) mod room_settings;
pub(crate) mod roster;
pub(crate) mod seen_by;
pub(crate) mod sidebar;
pub(crate) mod time_label;
pub(crate) mod timeline;
