//! A person's database in this browser (IndexedDB). Each write is one transaction, so that nothing in it can contradict
//! anything else in it, whenever the page ends.

use super::records::{self, TABLES, Table, Texts, Unreadable, Write};
use super::{Trouble, method};
use client::{Saved, StorageWrite};
use js_sys::{Array, Object, Promise, Reflect};
use leptos::prelude::window;
use protocol::UserId;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbFactory, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction};

/// Of the tables. A browser that has seen a later one refuses to open an earlier one.
const VERSION: u32 = 1;

/// What the names of databases begin with.
const NAME: &str = "jackdaw-";

/// An open database. It closes by itself when somebody wants it removed.
#[derive(Clone)]
pub(crate) struct Database(IdbDatabase);

impl Database {
    /// Opens the person's database, and makes it where there is none.
    pub(crate) async fn open(user: UserId) -> Result<Self, Trouble> {
        let request = factory().ok_or(Trouble::Refused)?.open_with_u32(&name(user), VERSION).map_err(trouble)?;
        let make = Closure::once_into_js({
            let request = request.clone();
            move || make_tables(&request)
        });
        request.set_onupgradeneeded(Some(make.unchecked_ref()));
        let database = answer(&request).await?.dyn_into::<IdbDatabase>().map_err(trouble)?;
        // Sign-outs remove it, in whichever tab they happen.
        let close = method(&database, "close").map_err(trouble)?.bind0(&database);
        database.set_onversionchange(Some(&close));
        Ok(Self(database))
    }

    /// Everything, as of one moment, and which unsent messages cannot be read.
    pub(crate) async fn read(&self) -> Result<(Saved, Vec<Unreadable>), Trouble> {
        let transaction = self.transaction("readonly", false).map_err(trouble)?;
        // They are answered in this order, and each is listened to only once the one before has been answered.
        let requests = TABLES.map(|(_, name)| transaction.object_store(name).and_then(|table| table.get_all()));
        let unsent = transaction.object_store(TABLES[Table::Unsent as usize].1);
        let keys = unsent.and_then(|table| table.get_all_keys()).map_err(trouble)?;
        let mut texts = Texts::default();
        for (texts, request) in texts.iter_mut().zip(requests) {
            let all = answer(&request.map_err(trouble)?).await?;
            texts.extend(Array::from(&all).iter().filter_map(|text| text.as_string()));
        }
        let keys = Array::from(&answer(&keys).await?);
        Ok(records::read(&texts, &keys.iter().map(|key| key.as_string().unwrap_or_default()).collect::<Vec<_>>()))
    }

    /// Writes all of it or nothing, begun before this returns. The writes of one page happen in the order of the calls.
    /// Messages are on the disk when it is done, where the browser can promise that.
    pub(crate) fn write(&self, writes: Vec<StorageWrite>) -> impl Future<Output = Result<(), Trouble>> + use<> {
        let precious = writes.iter().any(StorageWrite::is_shared);
        self.run(writes.into_iter().flat_map(records::write).collect(), precious)
    }

    /// Removes an unsent message that cannot be read.
    pub(crate) fn discard(&self, key: String) -> impl Future<Output = Result<(), Trouble>> + use<> {
        self.run(vec![Write::Remove(Table::Unsent, key)], false)
    }

    /// Removes all rooms, and leaves the messages.
    pub(crate) fn give_up_rooms(&self) -> impl Future<Output = Result<(), Trouble>> + use<> {
        let tables = [Table::Facts, Table::Rooms, Table::Rows];
        self.run(tables.map(|table| Write::Remove(table, String::new())).into(), false)
    }

    /// Removes the person's database. Goes on by itself when the page ends.
    pub(crate) fn remove(user: UserId) {
        if let Some(factory) = factory() {
            let _ = factory.delete_database(&name(user));
        }
    }

    fn run(&self, writes: Vec<Write>, precious: bool) -> impl Future<Output = Result<(), Trouble>> + use<> {
        let begun = (!writes.is_empty()).then(|| self.begin(writes, precious));
        async move {
            match begun {
                Some(begun) => JsFuture::from(begun.map_err(trouble)?).await.map(drop).map_err(trouble),
                None => Ok(()),
            }
        }
    }

    fn begin(&self, writes: Vec<Write>, precious: bool) -> Result<Promise, JsValue> {
        let transaction = self.transaction("readwrite", precious)?;
        let done = Promise::new(&mut |resolve, reject| {
            transaction.set_oncomplete(Some(&resolve));
            transaction.set_onabort(Some(&reject));
        });
        for write in writes {
            step(&transaction, write)?;
        }
        // Not to wait until the requests are answered: the page may end first.
        if let Ok(commit) = method(&transaction, "commit") {
            let _ = commit.call0(&transaction);
        }
        Ok(done)
    }

    fn transaction(&self, mode: &str, strict: bool) -> Result<IdbTransaction, JsValue> {
        let options = Object::new();
        if strict {
            let _ = Reflect::set(&options, &"durability".into(), &"strict".into());
        }
        let names = TABLES.iter().map(|(_, name)| JsValue::from(*name)).collect::<Array>();
        method(&self.0, "transaction")?.call3(&self.0, &names, &mode.into(), &options).map(JsCast::unchecked_into)
    }
}

/// Removes the cached rooms of every account of this browser, and leaves unsent messages.
pub(super) async fn empty_all() {
    let Some(factory) = factory() else { return };
    // Not in every browser.
    let listed = method(&factory, "databases").and_then(|list| list.call0(&factory));
    let Ok(listed) = listed.and_then(|promise| promise.dyn_into::<Promise>()) else { return };
    let Ok(listed) = JsFuture::from(listed).await else { return };
    for found in Array::from(&listed).iter() {
        let name = Reflect::get(&found, &"name".into()).ok().and_then(|name| name.as_string());
        if let Some(name) = name.filter(|name| name.starts_with(NAME))
            && let Ok(request) = factory.open(&name)
            && let Ok(Ok(database)) = answer(&request).await.map(|found| found.dyn_into::<IdbDatabase>())
        {
            let database = Database(database);
            let _ = database.give_up_rooms().await;
            if let Ok(close) = method(&database.0, "close") {
                let _ = close.call0(&database.0);
            }
        }
    }
}

fn factory() -> Option<IdbFactory> {
    window().indexed_db().ok().flatten()
}

fn name(user: UserId) -> String {
    format!("{NAME}{user}")
}

fn make_tables(request: &IdbOpenDbRequest) {
    if let Ok(database) = request.result().and_then(|database| database.dyn_into::<IdbDatabase>()) {
        for (_, name) in TABLES {
            let _ = database.create_object_store(name);
        }
    }
}

fn step(transaction: &IdbTransaction, write: Write) -> Result<IdbRequest, JsValue> {
    let store =
        |table: Table| -> Result<IdbObjectStore, JsValue> { transaction.object_store(TABLES[table as usize].1) };
    match write {
        Write::Put(table, key, text) => store(table)?.put_with_key(&text.into(), &key.into()),
        Write::Remove(table, begins) => {
            // No key has a letter above this one.
            let end = format!("{begins}~");
            store(table)?.delete(&IdbKeyRange::bound(&begins.into(), &end.into())?.into())
        }
    }
}

/// What a request leads to.
async fn answer(request: &IdbRequest) -> Result<JsValue, Trouble> {
    let done = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    JsFuture::from(done).await.map_err(trouble)?;
    request.result().map_err(trouble)
}

/// From an exception, or from the event that tells of one.
fn trouble(error: JsValue) -> Trouble {
    let get = |from: &JsValue, field: &str| Reflect::get(from, &field.into()).ok();
    let exception = get(&error, "target").and_then(|target| get(&target, "error")).unwrap_or(error);
    match get(&exception, "name").and_then(|name| name.as_string()).as_deref() {
        Some("QuotaExceededError") => Trouble::Full,
        Some("VersionError") => Trouble::Later,
        _ => Trouble::Refused,
    }
}
