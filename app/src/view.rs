//! A view whose type is erased, in place of Leptos' `AnyView`, which adds 71 KB to the first load (docs/decisions).
//!
//! Used as Leptos' own, by `.into_any()`. It can do less: it is replaced instead of being rebuilt, takes no attributes
//! from outside and waits for no data. A closure that returns one therefore reads memos, so that it runs only when
//! something else is to be shown. To go back to Leptos' `AnyView`, delete this module and its imports.

use leptos::prelude::{AddAnyAttr, Mountable, Render, RenderHtml};
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::renderer::types::{Element, Node};
use leptos::tachys::view::{Position, PositionState};

/// Erases the type of a view. Hides the trait of the same name in Leptos' prelude.
pub(crate) trait IntoAny: RenderHtml + Send + Sized + 'static {
    fn into_any(self) -> AnyView {
        AnyView(Box::new(self))
    }
}

impl<V: RenderHtml + Send + 'static> IntoAny for V {}

/// A view of any type.
pub(crate) struct AnyView(Box<dyn Piece>);

/// The DOM of an [`AnyView`].
pub(crate) struct AnyViewState(Box<dyn Mountable>);

const ATTRIBUTES: &str = "takes no attributes from outside: give its component a prop";

/// Panics in debug builds: the page was changed to need what an erased view cannot do. Release builds leave it out.
#[track_caller]
fn unsupported(rule: &str) {
    if cfg!(debug_assertions) {
        panic!("an erased view {rule}");
    }
}

/// What can be done with a view, whatever its type.
trait Piece: Send {
    fn build(self: Box<Self>) -> AnyViewState;
    fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> AnyViewState;
    /// Left out in the browser, which renders no HTML: a method of a trait object is in the download even if nothing
    /// calls it.
    #[cfg(feature = "ssr")]
    fn to_html(self: Box<Self>, html: &mut String, position: &mut Position, escape: bool, mark_branches: bool);
}

impl<V: RenderHtml + Send + 'static> Piece for V {
    fn build(self: Box<Self>) -> AnyViewState {
        AnyViewState(Box::new(Render::build(*self)))
    }

    fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> AnyViewState {
        AnyViewState(Box::new(RenderHtml::hydrate::<true>(*self, cursor, position)))
    }

    #[cfg(feature = "ssr")]
    fn to_html(self: Box<Self>, html: &mut String, position: &mut Position, escape: bool, mark_branches: bool) {
        self.to_html_with_buf(html, position, escape, mark_branches, Vec::new());
    }
}

impl Render for AnyView {
    type State = AnyViewState;

    fn build(self) -> AnyViewState {
        self.0.build()
    }

    fn rebuild(self, shown: &mut AnyViewState) {
        let mut new = self.0.build();
        shown.insert_before_this(&mut new);
        shown.unmount();
        *shown = new;
    }
}

impl Mountable for AnyViewState {
    fn unmount(&mut self) {
        self.0.unmount();
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        self.0.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.0.insert_before_this(child)
    }

    fn elements(&self) -> Vec<Element> {
        self.0.elements()
    }
}

/// Unsupported: a component that returns an erased view takes no attributes (`<Part attr:id="x" />`).
impl AddAnyAttr for AnyView {
    type Output<NewAttr: Attribute> = Self;

    fn add_any_attr<NewAttr: Attribute>(self, _: NewAttr) -> Self {
        unsupported(ATTRIBUTES);
        self
    }
}

impl RenderHtml for AnyView {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    /// Unsupported: what a view inside waits for is not known here.
    async fn resolve(self) -> Self {
        unsupported("waits for no data: inside <Suspense>, erase with Leptos' own trait");
        self
    }

    #[cfg_attr(not(feature = "ssr"), expect(unused_variables, reason = "only the server renders HTML"))]
    fn to_html_with_buf(
        self,
        html: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        attributes: Vec<AnyAttribute>,
    ) {
        debug_assert!(
            attributes.is_empty(),
            "an erased view takes no attributes from outside: give its component a prop"
        );
        #[cfg(feature = "ssr")]
        self.0.to_html(html, position, escape, mark_branches);
        #[cfg(not(feature = "ssr"))]
        unsupported("renders HTML on the server only");
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> AnyViewState {
        if !FROM_SERVER {
            unsupported("hydrates HTML of the server only");
        }
        self.0.hydrate(cursor, position)
    }

    fn into_owned(self) -> Self {
        self
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::{AddAnyAttr, IntoAny, RenderHtml};
    use leptos::attr::id;
    use leptos::prelude::{ElementChild, view};

    #[test]
    fn an_erased_view_renders_as_the_view_itself() {
        let part = |shown: bool| view! { <p>"one" {shown.then(|| view! { <b>"two"</b> })}</p> };
        for shown in [true, false] {
            assert_eq!(part(shown).into_any().to_html(), part(shown).to_html());
        }
        let empty = view! { <p>{().into_any()}</p> };
        assert_eq!(empty.to_html(), "<p><!></p>");
    }

    #[test]
    #[should_panic(expected = "takes no attributes from outside")]
    fn an_attribute_from_outside_is_an_error() {
        let _ = view! { <p></p> }.into_any().add_any_attr(id("x"));
    }
}
