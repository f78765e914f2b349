//! Views without their types: a page that is one type of all its parts compiles slowly and makes a large download.
//!
//! Leptos has `AnyView` for that, which carries code to change each part into another version of itself and to let it
//! arrive late. No page here needs either, and it was a third of the download. So views end with [`Erase::erase`] (and
//! those that the server never renders, like dialogs, with [`Erase::late`], which leaves the code to take over the
//! server's HTML out as well). A part that is rendered anew replaces the old one: closures that answer with one
//! read memos, so that they run only where something else is to be shown.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::reactive_graph::SharedReactiveFunction;
use leptos::tachys::renderer::types::{Element, Node};
use leptos::tachys::view::{Mountable, Position, PositionState, RenderHtml};
use leptos::task::spawn_local;
use leptos::wasm_split::SplitLoaderError;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use uuid::Uuid;

/// See the module.
pub(crate) trait Erase: RenderHtml + Sized + 'static {
    /// A part of the page.
    fn erase(self) -> Erased {
        Erased(Box::new(Rendered(self)))
    }

    /// A part that appears in the browser only, after a person or the connection did something.
    fn late(self) -> Erased {
        Erased(Box::new(Late(self)))
    }
}

impl<V: RenderHtml + 'static> Erase for V {}

/// A part that shows nothing.
pub(crate) fn nothing() -> Erased {
    None::<Erased>.erase()
}

/// A text, an attribute or a part that follows signals. One type for all that answer the same: a closure's own type
/// would bring a copy of all that makes it follow.
pub(crate) fn live<T: 'static>(read: impl FnMut() -> T + Send + 'static) -> SharedReactiveFunction<T> {
    Arc::new(Mutex::new(read))
}

/// What happens on a click, see [`live`].
pub(crate) fn press(run: impl FnMut(MouseEvent) + 'static) -> Box<dyn FnMut(MouseEvent)> {
    Box::new(run)
}

/// As Leptos' `Effect::new`, see [`live`].
pub(crate) fn effect(run: impl FnMut() + 'static) {
    let mut run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(move |_: Option<()>| run());
}

/// As Leptos' `Memo::new`, see [`live`].
pub(crate) fn memo<T: PartialEq + Send + Sync + 'static>(read: impl Fn() -> T + Send + Sync + 'static) -> Memo<T> {
    let read: Box<dyn Fn() -> T + Send + Sync> = Box::new(read);
    Memo::new(move |_| read())
}

/// What an item of a list is known by. The second tells versions of one item apart, where a list shows them anew.
pub(crate) type Key = (Uuid, Uuid);
/// A number of a text, for the second part of a [`Key`].
pub(crate) fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// How an item is shown, called once for each key.
type Show = Box<dyn FnOnce() -> Erased + Send>;

/// As Leptos' `<For>`, see [`live`]. Keys must differ.
pub(crate) fn each<T: Send + 'static>(
    items: impl Fn() -> Vec<T> + Send + 'static,
    key: fn(&T) -> Key,
    show: impl Fn(T) -> Erased + Clone + Send + 'static,
) -> Erased {
    let shown = move |item: T| -> (Key, Show) {
        let show = show.clone();
        (key(&item), Box::new(move || show(item)))
    };
    each_shown(Box::new(move || items().into_iter().map(&shown).collect()))
}

fn each_shown(items: Box<dyn Fn() -> Vec<(Key, Show)> + Send>) -> Erased {
    view! { <For each=items key=|(key, _)| *key children=|(_, show)| show() /> }.erase()
}

/// A part that is there while `when` says so.
pub(crate) fn shown_while(
    when: impl Fn() -> bool + Send + Sync + 'static,
    part: impl Fn() -> Erased + Send + 'static,
) -> Erased {
    let when = memo(when);
    live(move || when.get().then(&part)).erase()
}

/// What a function at a split point returns: the view, or why its file could not be loaded.
pub(crate) type Part = Result<Erased, SplitLoaderError>;

/// A part whose code is a file of its own, loaded when the part is first shown. On the server, and in a browser that has
/// loaded the file before, the part is there at once.
pub(crate) fn loaded(part: impl Future<Output = Part> + 'static) -> Erased {
    loaded_boxed(Box::pin(ScopedFuture::new(part)))
}

fn loaded_boxed(mut part: Pin<Box<dyn Future<Output = Part>>>) -> Erased {
    if let Poll::Ready(part) = part.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return part.unwrap_or_else(not_loaded);
    }
    // A signal holds what can be shared; a view can be taken once.
    let view = RwSignal::new(None::<Arc<Mutex<Option<Erased>>>>);
    spawn_local(async move {
        let part = part.await.unwrap_or_else(not_loaded);
        view.try_set(Some(Arc::new(Mutex::new(Some(part)))));
    });
    live(move || view.with(|view| view.as_ref().and_then(|view| view.lock().ok()?.take()))).late()
}

fn not_loaded(_: SplitLoaderError) -> Erased {
    view! { <p class="error-text" role="alert">"This could not be loaded. Check the connection, then reload the page."</p> }
        .late()
}

/// A view of any type.
pub(crate) struct Erased(Box<dyn Piece>);

/// What is on the screen of an [`Erased`].
pub(crate) struct Shown(Box<dyn Mountable>);

/// The few things that can be done with a view, whatever its type.
trait Piece: Send {
    fn build(self: Box<Self>) -> Shown;
    fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> Shown;
    /// The browser never writes HTML, and a method of a trait object is part of the download even if nothing calls it.
    #[cfg(feature = "ssr")]
    fn write(self: Box<Self>, html: &mut String, position: &mut Position, escape: bool, mark_branches: bool);
}

struct Rendered<V>(V);

impl<V: RenderHtml + 'static> Piece for Rendered<V> {
    fn build(self: Box<Self>) -> Shown {
        Shown(Box::new(self.0.build()))
    }

    fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> Shown {
        Shown(Box::new(self.0.hydrate::<true>(cursor, position)))
    }

    #[cfg(feature = "ssr")]
    fn write(self: Box<Self>, html: &mut String, position: &mut Position, escape: bool, mark_branches: bool) {
        self.0.to_html_with_buf(html, position, escape, mark_branches, Vec::new());
    }
}

struct Late<V>(V);

impl<V: RenderHtml + 'static> Piece for Late<V> {
    fn build(self: Box<Self>) -> Shown {
        Shown(Box::new(self.0.build()))
    }

    fn hydrate(self: Box<Self>, _: &Cursor, _: &PositionState) -> Shown {
        self.build()
    }

    #[cfg(feature = "ssr")]
    fn write(self: Box<Self>, _: &mut String, _: &mut Position, _: bool, _: bool) {}
}

impl Render for Erased {
    type State = Shown;

    fn build(self) -> Shown {
        self.0.build()
    }

    fn rebuild(self, shown: &mut Shown) {
        let mut new = self.0.build();
        shown.insert_before_this(&mut new);
        shown.unmount();
        *shown = new;
    }
}

impl Mountable for Shown {
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

/// Attributes from outside go nowhere: no part here is given any.
impl AddAnyAttr for Erased {
    type Output<NewAttr: Attribute> = Self;

    fn add_any_attr<NewAttr: Attribute>(self, _: NewAttr) -> Self::Output<NewAttr> {
        self
    }
}

impl RenderHtml for Erased {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    #[cfg_attr(not(feature = "ssr"), expect(unused_variables, reason = "only the server writes HTML"))]
    fn to_html_with_buf(
        self,
        html: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        _: Vec<AnyAttribute>,
    ) {
        #[cfg(feature = "ssr")]
        self.0.write(html, position, escape, mark_branches);
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Shown {
        self.0.hydrate(cursor, position)
    }

    fn into_owned(self) -> Self {
        self
    }
}
