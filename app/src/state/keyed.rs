//! A list on the screen whose items keep their identity: an item that changes is told through its own signal, and the
//! list itself changes only when keys come, go or move.

use leptos::prelude::*;
use std::collections::HashMap;
use std::hash::Hash;

/// An item and its signal.
pub(crate) type Entry<K, T> = (K, ArcRwSignal<T>);

/// See the module.
pub(crate) struct Keyed<K: 'static, T: 'static> {
    entries: RwSignal<Vec<Entry<K, T>>>,
}

impl<K, T> Clone for Keyed<K, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, T> Copy for Keyed<K, T> {}

impl<K, T> Keyed<K, T>
where
    K: Copy + Eq + Hash + Send + Sync + 'static,
    T: Clone + PartialEq + Send + Sync + 'static,
{
    pub(crate) fn new(items: Vec<(K, T)>) -> Self {
        let entries = items.into_iter().map(|(key, item)| (key, ArcRwSignal::new(item))).collect();
        Self { entries: RwSignal::new(entries) }
    }

    /// The entries in order; tracks keys only.
    pub(crate) fn entries(self) -> Vec<Entry<K, T>> {
        self.entries.get()
    }

    /// Whether there is any; tracks keys only.
    pub(crate) fn is_empty(self) -> bool {
        self.entries.with(Vec::is_empty)
    }

    /// The first key; tracks keys only.
    pub(crate) fn first_key(self) -> Option<K> {
        self.entries.with(|entries| entries.first().map(|(key, _)| *key))
    }

    /// Shows these items from now on. Signals of items that did not change stay silent.
    pub(crate) fn replace(self, items: Vec<(K, T)>) {
        let same_keys = self.entries.with_untracked(|old| {
            old.len() == items.len() && old.iter().zip(&items).all(|((old, _), (new, _))| old == new)
        });
        let known: HashMap<K, ArcRwSignal<T>> = self.entries.with_untracked(|old| old.iter().cloned().collect());
        let entries = items.into_iter().map(|(key, item)| (key, renew(known.get(&key), item))).collect();
        if !same_keys {
            self.entries.set(entries);
        }
    }
}

fn renew<T: PartialEq + Send + Sync + 'static>(known: Option<&ArcRwSignal<T>>, item: T) -> ArcRwSignal<T> {
    let Some(signal) = known else {
        return ArcRwSignal::new(item);
    };
    if signal.with_untracked(|old| *old != item) {
        signal.set(item);
    }
    signal.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_keeps_its_signal_while_its_key_stays() {
        let owner = Owner::new();
        owner.set();
        let list = Keyed::new(vec![(1, "a"), (2, "b")]);
        let second = list.entries()[1].1.clone();
        list.replace(vec![(2, "B"), (3, "c")]);
        assert_eq!(second.get_untracked(), "B");
        assert_eq!(list.entries().iter().map(|(key, _)| *key).collect::<Vec<_>>(), [2, 3]);
    }
}
