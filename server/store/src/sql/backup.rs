//! Reading all rows of a database, as of one moment, in one transaction.

use super::super::{Db, MIGRATIONS};
use super::pool::{Options, alone};
use crate::dump::{Column, Engine, Error, FORMAT, Kind, Manifest, Result, Row, Rows, Table, Value, tables_at};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use protocol::UnixMillis;
use sqlx::{AssertSqlSafe, Row as _, Transaction};
use uuid::Uuid;

type Conn = <Db as sqlx::Database>::Connection;
type DbRow = <Db as sqlx::Database>::Row;

/// A transaction on a database whose rows are read.
pub(crate) struct Live {
    pub(crate) tx: Transaction<'static, Db>,
    /// The pool of its one connection.
    pool: sqlx::Pool<Db>,
}

impl Live {
    /// The last migration that this program knows.
    pub(crate) fn last_schema() -> i64 {
        MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
    }

    /// Begins one by this statement.
    pub(crate) async fn begin(options: &Options, statement: &'static str) -> std::result::Result<Self, sqlx::Error> {
        let pool = alone(options);
        Ok(Self { tx: pool.begin_with(statement).await?, pool })
    }

    /// Commits and closes the connection.
    pub(crate) async fn commit(self) -> std::result::Result<(), sqlx::Error> {
        self.tx.commit().await?;
        self.pool.close().await;
        Ok(())
    }

    /// The last migration of the database.
    pub(crate) async fn schema(&mut self) -> std::result::Result<i64, sqlx::Error> {
        let last = sqlx::query_scalar("select coalesce(max(version), 0) from _sqlx_migrations");
        last.fetch_one(&mut *self.tx).await
    }

    /// The last migration of the database, which this program must know.
    pub(crate) async fn check_schema(&mut self) -> Result<i64> {
        let (schema, known) = (self.schema().await.map_err(Error::database("read"))?, Self::last_schema());
        if schema > known { Err(Error::NewerDatabase { schema, known }) } else { Ok(schema) }
    }

    /// The manifest without sums.
    pub(crate) async fn manifest(&mut self, engine: Engine, created_at: UnixMillis) -> Result<Manifest> {
        let schema = self.check_schema().await?;
        let epoch = sqlx::query_scalar("select epoch from meta").fetch_one(&mut *self.tx).await;
        let epoch = epoch.map_err(Error::database("read"))?;
        Ok(Manifest { format: FORMAT.to_owned(), schema, engine, epoch, created_at, tables: Vec::new() })
    }

    /// Removes the rows that migrations have inserted.
    pub(crate) async fn delete_all(&mut self, schema: i64) -> Result<()> {
        let tables: Vec<_> = tables_at(schema).collect();
        for table in tables.into_iter().rev() {
            let deleted = sqlx::query(AssertSqlSafe(format!("delete from {}", table.name)));
            deleted.execute(&mut *self.tx).await.map_err(Error::database("written"))?;
        }
        Ok(())
    }

    /// Replaces the epoch. Which history of the database server it belongs to is written down by the first node.
    pub(crate) async fn begin_epoch(&mut self, epoch: Uuid) -> Result<()> {
        let begun = sqlx::query("update meta set epoch = $1, history = null").bind(epoch);
        begun.execute(&mut *self.tx).await.map(drop).map_err(Error::database("written"))
    }
}

/// Whether a table has more rows than the migrations insert.
pub(crate) async fn has_more_rows(connection: &mut Conn, table: &Table) -> std::result::Result<bool, sqlx::Error> {
    let one = format!("select 1 from {} limit 1 offset {}", table.name, table.fresh_rows);
    Ok(sqlx::query(AssertSqlSafe(one)).fetch_optional(connection).await?.is_some())
}

/// Brings the schema to this version; all others with none.
pub(crate) async fn migrate_to(live: &mut Live, schema: Option<i64>) -> Result<()> {
    // Not `run_to`: the compiler does not see that its future is `Send`.
    let done = MIGRATIONS.run_direct(schema, &mut *live.tx, false).await;
    done.map_err(|error| Error::Database { what: "brought to the schema of the backup", text: error.to_string() })
}

/// Names of columns, separated by commas.
pub(crate) fn list(columns: &[&Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// Integers are read as the largest type. Texts are ordered by their bytes, as on the other engine.
fn select(table: &Table, columns: &[&Column]) -> String {
    let value = |column: &&Column| match column.kind {
        Kind::Int => format!("cast({} as bigint)", column.name),
        _ => column.name.to_owned(),
    };
    let values: Vec<_> = columns.iter().map(value).collect();
    let order = |column: &&str| match table.kind_of(column) {
        Some(Kind::Text) => format!("{}.{column}{}", table.name, text_order!()),
        _ => format!("{}.{column}", table.name),
    };
    let order: Vec<_> = table.key.iter().map(order).collect();
    format!("select {} from {} order by {}", values.join(", "), table.name, order.join(", "))
}

fn value(row: &DbRow, place: usize, kind: Kind) -> std::result::Result<Value, sqlx::Error> {
    let value = match kind {
        Kind::Uuid => row.try_get::<Option<_>, _>(place)?.map(Value::Uuid),
        Kind::Int => row.try_get::<Option<_>, _>(place)?.map(Value::Int),
        Kind::Bool => row.try_get::<Option<_>, _>(place)?.map(Value::Bool),
        Kind::Text => row.try_get::<Option<_>, _>(place)?.map(Value::Text),
        Kind::Blob => row.try_get::<Option<_>, _>(place)?.map(Value::Blob),
    };
    Ok(value.unwrap_or(Value::Null))
}

impl Rows for Live {
    fn rows<'a>(&'a mut self, table: &'static Table, columns: &'a [&'static Column]) -> BoxStream<'a, Result<Row>> {
        let query = sqlx::query(AssertSqlSafe(select(table, columns)));
        let read = move |row: std::result::Result<DbRow, sqlx::Error>| {
            let row = row.map_err(Error::database("read"))?;
            let values = columns.iter().enumerate().map(|(place, column)| value(&row, place, column.kind));
            values.collect::<std::result::Result<Row, _>>().map_err(Error::database("read"))
        };
        query.fetch(&mut *self.tx).map(read).boxed()
    }
}
