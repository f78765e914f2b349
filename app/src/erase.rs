//! Views without their types: a page that is one type of all its parts compiles slowly and makes a large download.
//!
//! Leptos has `into_any` for that, which also carries everything that parts need to arrive late: no page here has such
//! parts, and that code was a quarter of the download. So views end with [`Erase::erase`], and those that the server
//! never renders, like dialogs, with [`Erase::late`], which leaves the code to take over the server's HTML out as well.

use leptos::prelude::*;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::view::{Position, PositionState, RenderHtml};

/// See the module.
pub(crate) trait Erase: RenderHtml + Sized + 'static {
    /// A part of the page.
    fn erase(self) -> AnyView {
        Part::<Self, true>(self).into_any()
    }

    /// A part that appears in the browser only, after a person or the connection did something.
    fn late(self) -> AnyView {
        Part::<Self, false>(self).into_any()
    }
}

impl<V: RenderHtml + 'static> Erase for V {}

/// `RENDERED` is whether the server renders it too.
struct Part<V, const RENDERED: bool>(V);

impl<V: Render, const RENDERED: bool> Render for Part<V, RENDERED> {
    type State = V::State;

    fn build(self) -> Self::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut Self::State) {
        self.0.rebuild(state);
    }
}

/// Attributes from outside go nowhere: no part here is given any.
impl<V: RenderHtml + 'static, const RENDERED: bool> AddAnyAttr for Part<V, RENDERED> {
    type Output<NewAttr: Attribute> = Self;

    fn add_any_attr<NewAttr: Attribute>(self, _: NewAttr) -> Self::Output<NewAttr> {
        self
    }
}

impl<V: RenderHtml + 'static, const RENDERED: bool> RenderHtml for Part<V, RENDERED> {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = V::MIN_LENGTH;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn html_len(&self) -> usize {
        self.0.html_len()
    }

    fn to_html_with_buf(
        self,
        buf: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        if RENDERED {
            self.0.to_html_with_buf(buf, position, escape, mark_branches, extra_attrs);
        }
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Self::State {
        if RENDERED { self.0.hydrate::<FROM_SERVER>(cursor, position) } else { self.0.build() }
    }

    fn into_owned(self) -> Self {
        self
    }
}
