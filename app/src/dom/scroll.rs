//! Keeps the reading position of a timeline.
//!
//! The scroller is a reversed column, so the browser itself shows the end first and stays there: `scrollTop` is 0 at the
//! end and negative above. Away from the end, the row at the top of the view is the anchor: whatever is added or removed
//! above or below, the scroller is moved by as much as the anchor moved, before the next frame is painted.

use js_sys::Array;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{
    Element, HtmlElement, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit, ResizeObserver,
};

/// Pixels from the end that still count as being at the end.
const SLACK: f64 = 24.0;

/// The elements of a timeline.
pub(crate) struct Parts {
    /// What scrolls.
    pub(crate) scroller: HtmlElement,
    /// Its one child; the rows are the children of its `<ol>`.
    pub(crate) content: HtmlElement,
    /// A mark above the first row.
    pub(crate) top: HtmlElement,
}

/// Watches one timeline from its first rows until it is dropped.
pub(crate) struct Keeper {
    view: Rc<View>,
    top_observer: IntersectionObserver,
    resize_observer: ResizeObserver,
    on_scroll: Closure<dyn Fn()>,
    _on_top: Closure<dyn Fn(Array)>,
    _on_resize: Closure<dyn Fn()>,
}

impl Keeper {
    /// Starts to watch. `on_end` is told whether the reader is at the end, whenever that changes; `on_top` is called
    /// when the first row comes near.
    pub(crate) fn new(parts: Parts, on_end: impl Fn(bool) + 'static, on_top: impl Fn() + 'static) -> Self {
        let view =
            Rc::new(View { parts, anchor: RefCell::new(None), at_end: Cell::new(true), on_end: Box::new(on_end) });

        let on_scroll = Closure::<dyn Fn()>::new({
            let view = Rc::clone(&view);
            move || view.scrolled()
        });
        let on_resize = Closure::<dyn Fn()>::new({
            let view = Rc::clone(&view);
            move || view.settle()
        });
        let on_top = Closure::<dyn Fn(Array)>::new(move |entries: Array| {
            let last = entries.get(entries.length().saturating_sub(1));
            if last.dyn_ref::<IntersectionObserverEntry>().is_some_and(IntersectionObserverEntry::is_intersecting) {
                on_top();
            }
        });

        let scroller = &view.parts.scroller;
        let _ = scroller.add_event_listener_with_callback("scroll", on_scroll.as_ref().unchecked_ref());
        let resize_observer = ResizeObserver::new(on_resize.as_ref().unchecked_ref()).expect("every browser has it");
        resize_observer.observe(&view.parts.content);
        resize_observer.observe(scroller);
        let options = IntersectionObserverInit::new();
        options.set_root(Some(scroller));
        options.set_root_margin("600px 0px 0px 0px");
        let top_observer = IntersectionObserver::new_with_options(on_top.as_ref().unchecked_ref(), &options)
            .expect("every browser has it");
        top_observer.observe(&view.parts.top);
        view.scrolled();

        Self { view, top_observer, resize_observer, on_scroll, _on_top: on_top, _on_resize: on_resize }
    }

    /// Asks again whether the first row is near: after older rows came, it may still be.
    pub(crate) fn check_top(&self) {
        self.top_observer.unobserve(&self.view.parts.top);
        self.top_observer.observe(&self.view.parts.top);
    }

    /// Goes to the newest row.
    pub(crate) fn to_end(&self) {
        self.view.parts.scroller.set_scroll_top(0);
        self.view.scrolled();
    }

    /// Goes to the mark of what is new, if it is above the view: its line at a fifth of the height.
    pub(crate) fn show_divider(&self) {
        let scroller = &self.view.parts.scroller;
        if let Ok(Some(divider)) = scroller.query_selector("[data-divider]") {
            let view = scroller.get_bounding_client_rect();
            let above = view.top() + view.height() / 5.0 - divider.get_bounding_client_rect().top();
            if above > 0.0 {
                scroller.set_scroll_top(scroller.scroll_top() - above as i32);
            }
        }
        self.view.scrolled();
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.top_observer.disconnect();
        self.resize_observer.disconnect();
        let scroller = &self.view.parts.scroller;
        let _ = scroller.remove_event_listener_with_callback("scroll", self.on_scroll.as_ref().unchecked_ref());
    }
}

/// The row at the top of the view, and where its top was within the view at that scroll position.
struct Anchor {
    row: Element,
    /// The row's top and the scroll position, summed up: constant while only the reader scrolls.
    place: f64,
}

struct View {
    parts: Parts,
    anchor: RefCell<Option<Anchor>>,
    at_end: Cell<bool>,
    on_end: Box<dyn Fn(bool)>,
}

impl View {
    /// The reader scrolled, or the view was placed: first undo what rows did meanwhile, then look where the reader is.
    fn scrolled(&self) {
        self.settle();
        let at_end = f64::from(self.parts.scroller.scroll_top()) > -SLACK;
        let anchor = if at_end { None } else { self.first_visible_row() };
        *self.anchor.borrow_mut() = anchor.map(|row| Anchor { place: self.place(&row), row });
        if self.at_end.replace(at_end) != at_end {
            (self.on_end)(at_end);
        }
    }

    /// Moves by as much as the anchor was moved. Without an anchor the reader is at the end, where the browser keeps them.
    fn settle(&self) {
        let mut anchor = self.anchor.borrow_mut();
        let Some(anchor) = anchor.as_mut().filter(|anchor| anchor.row.is_connected()) else {
            return;
        };
        let place = self.place(&anchor.row);
        let moved = place - anchor.place;
        if moved.abs() >= 1.0 {
            let scroller = &self.parts.scroller;
            scroller.set_scroll_top(scroller.scroll_top() + moved.round() as i32);
            anchor.place = place;
        }
    }

    fn place(&self, row: &Element) -> f64 {
        let view = self.parts.scroller.get_bounding_client_rect().top();
        row.get_bounding_client_rect().top() - view + f64::from(self.parts.scroller.scroll_top())
    }

    /// The first row that reaches below the top of the view: rows are in order, so halving finds it.
    fn first_visible_row(&self) -> Option<Element> {
        let rows = self.parts.content.query_selector("ol").ok().flatten()?.children();
        let top = self.parts.scroller.get_bounding_client_rect().top();
        let (mut low, mut high) = (0, rows.length());
        while low < high {
            let middle = u32::midpoint(low, high);
            let above = rows.item(middle).is_some_and(|row| row.get_bounding_client_rect().bottom() <= top);
            if above { low = middle + 1 } else { high = middle }
        }
        rows.item(low)
    }
}
