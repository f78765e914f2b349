//! The list of tables, compared with what the migrations make; and backups of earlier and later schemas.

use super::database::{Database, Kind};
use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection, SqliteConnection};
use std::collections::BTreeMap;
use store::backup::{self, Error, Kind as Type, Progress, TABLES};

static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// Types of columns by table and name.
type Columns = BTreeMap<(String, String), String>;
/// The columns of each primary key.
type Keys = BTreeMap<String, Vec<String>>;

/// The list at this version, in the words of an engine.
fn listed(schema: i64, word: fn(Type) -> &'static str) -> (Columns, Keys) {
    let tables = || TABLES.iter().filter(|table| table.since <= schema);
    let columns = tables().flat_map(|table| {
        let columns = table.columns.iter().filter(|column| column.since <= schema);
        columns.map(|column| ((table.name.to_owned(), column.name.to_owned()), word(column.kind).to_owned()))
    });
    let key = |key: &[&str]| key.iter().map(|column| (*column).to_owned()).collect();
    (columns.collect(), tables().map(|table| (table.name.to_owned(), key(table.key))).collect())
}

/// Names what is only in the schema, or only in the list.
fn compare(version: i64, (found, keys): (Columns, Keys), (listed, listed_keys): (Columns, Keys)) {
    let missing: Vec<_> = found.iter().filter(|(name, kind)| listed.get(*name) != Some(*kind)).collect();
    let unknown: Vec<_> = listed.iter().filter(|(name, kind)| found.get(*name) != Some(*kind)).collect();
    let list = "the list of server/store/src/dump/tables.rs";
    assert!(missing.is_empty(), "version {version} has what {list} lacks: {missing:?}");
    assert!(unknown.is_empty(), "version {version} lacks what {list} has: {unknown:?}");
    assert_eq!(keys, listed_keys, "primary keys of version {version}, and those of {list}");
}

async fn sqlite(connection: &mut SqliteConnection) -> (Columns, Keys) {
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "select t.name, c.name, lower(c.type), c.pk from sqlite_schema t join pragma_table_info(t.name) c
         where t.type = 'table' and t.name not like '\\_sqlx%' escape '\\' and t.name not like 'sqlite%' order by c.pk",
    )
    .fetch_all(connection)
    .await
    .unwrap();
    split(rows)
}

async fn postgres(connection: &mut PgConnection) -> (Columns, Keys) {
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "select c.table_name::text, c.column_name::text, c.data_type::text, coalesce(k.ordinal_position, 0)::bigint
         from information_schema.columns c
         left join information_schema.table_constraints p
           on p.table_schema = c.table_schema and p.table_name = c.table_name and p.constraint_type = 'PRIMARY KEY'
         left join information_schema.key_column_usage k
           on k.constraint_schema = p.constraint_schema and k.constraint_name = p.constraint_name and k.column_name = c.column_name
         where c.table_schema = current_schema() and c.table_name not like '\\_sqlx%' order by 4",
    )
    .fetch_all(connection)
    .await
    .unwrap();
    split(rows)
}

fn split(rows: Vec<(String, String, String, i64)>) -> (Columns, Keys) {
    let (mut columns, mut keys) = (Columns::new(), Keys::new());
    for (table, column, kind, place) in rows {
        let key = keys.entry(table.clone()).or_default();
        if place > 0 {
            key.push(column.clone());
        }
        let kind = if ["smallint", "integer", "bigint"].contains(&kind.as_str()) { "integer".into() } else { kind };
        columns.insert((table, column), kind);
    }
    (columns, keys)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_every_column_of_sqlite_at_every_version() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let word = |kind| match kind {
        Type::Uuid | Type::Blob => "blob",
        Type::Int | Type::Bool => "integer",
        Type::Text => "text",
    };
    for migration in SQLITE.iter() {
        SQLITE.run_to(migration.version, &mut connection).await.unwrap();
        compare(migration.version, sqlite(&mut connection).await, listed(migration.version, word));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_every_column_of_postgres_at_every_version() {
    let database = Database::new(Kind::Postgres).await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let word = |kind| match kind {
        Type::Uuid => "uuid",
        Type::Blob => "bytea",
        Type::Int => "integer",
        Type::Bool => "boolean",
        Type::Text => "text",
    };
    for migration in POSTGRES.iter() {
        POSTGRES.run_to(migration.version, &mut connection).await.unwrap();
        compare(migration.version, postgres(&mut connection).await, listed(migration.version, word));
    }
    // Rows are inserted in the order of the list.
    let references: Vec<(String, String)> = sqlx::query_as(
        "select conrelid::regclass::text, confrelid::regclass::text from pg_constraint
         where contype = 'f' and connamespace = current_schema()::regnamespace",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert!(references.len() > 5, "{references:?}");
    let place = |name: &str| TABLES.iter().position(|table| table.name == name);
    for (from, to) in references {
        assert!(place(&to) <= place(&from), "{to} must stand before {from}");
    }
}

/// A backup of an earlier schema has what that schema has, and is migrated after it was restored.
async fn earlier(from: Kind, to: Kind) {
    const EARLIER: i64 = 6;
    let (source, target) = (Database::new(from).await, Database::new(to).await);
    let id = uuid::Uuid::now_v7();
    let user = "insert into users (id, username, display_name, search, password_hash, is_admin, created_at)
                values ($1, 'ada', 'Ada', ' ada', 'hash', $2, 5)";
    if from == Kind::Sqlite {
        let url = format!("{}?mode=rwc", source.url);
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        SQLITE.run_to(EARLIER, &mut connection).await.unwrap();
        sqlx::query(user).bind(id).bind(true).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = PgConnection::connect(&source.url).await.unwrap();
        POSTGRES.run_to(EARLIER, &mut connection).await.unwrap();
        sqlx::query(user).bind(id).bind(true).execute(&mut connection).await.unwrap();
    }
    let file = source.backup().await;
    assert_eq!(backup::verify(&file, &Progress::default()).await.unwrap().schema, EARLIER);
    // Also where the database has the present schema already.
    target.open().migrate().await.unwrap();
    target.restore(&file, false).await.unwrap();
    let after = target.summary().await;
    assert_eq!(Some(after.schema), SQLITE.iter().map(|migration| migration.version).max());
    let ada = target.open().find_user(protocol::UserId(id)).await.unwrap().unwrap();
    assert_eq!((ada.username.as_str(), ada.is_admin), ("ada", true));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_sqlite_is_migrated_after_it_was_restored() {
    earlier(Kind::Sqlite, Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_postgres_is_migrated_after_it_was_restored() {
    earlier(Kind::Postgres, Kind::Sqlite).await;
}

/// Marks a database as one that a later version of the program has used.
async fn make_later(database: &Database) {
    let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 select 9999, 'later', true, checksum, 0 from _sqlx_migrations limit 1";
    if database.url.starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
        sqlx::query(later).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = PgConnection::connect(&database.url).await.unwrap();
        sqlx::query(later).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

async fn later(kind: Kind) {
    let (source, target) = (Database::filled(kind).await, Database::filled(kind).await);
    let file = source.backup().await;
    make_later(&target).await;
    let error = target.restore(&file, true).await.unwrap_err();
    assert!(matches!(error, Error::NewerDatabase { schema: 9999, .. }), "{error}");
    let error = backup::summarize(&target.url, super::now(), &Progress::default()).await.unwrap_err();
    assert!(matches!(error, Error::NewerDatabase { schema: 9999, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_sqlite_is_neither_backed_up_nor_replaced() {
    later(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_postgres_is_neither_backed_up_nor_replaced() {
    later(Kind::Postgres).await;
}
