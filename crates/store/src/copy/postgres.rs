//! A shared database as an end of a copy.

use super::tables::{Resumed, Row, TABLES, Table};
use super::{CopyError, End};
use crate::postgres::{Access, Value, arrays};
use crate::table::{Cell, Column, places};
use async_trait::async_trait;
use std::collections::BTreeSet;

/// Milliseconds of a day, as message ids count them.
const DAY: i64 = 86_400_000 << 22;

/// A connection to a database on which no node runs.
pub(super) struct Shared(Access);

impl Shared {
    pub(super) async fn open(url: &str) -> Result<Self, CopyError> {
        let (access, living) = Access::open(url).await?;
        match living {
            0 => Ok(Self(access)),
            1 => Err(CopyError::InUse(String::from("a node runs"))),
            several => Err(CopyError::InUse(format!("{several} nodes run"))),
        }
    }

    async fn rows(&self, table: &Table, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, String> {
        let rows = self.0.query(sql, values).await?;
        rows.iter().map(|row| cells(table, row)).collect()
    }

    /// Makes the partitions of the days from which messages are.
    async fn make_days(&self, rows: &[Row]) -> Result<(), String> {
        let day = |row: &Row| match row.first() {
            Some(Cell::Number(id)) => Some(id / DAY),
            _ => None,
        };
        let days: BTreeSet<i64> = rows.iter().filter_map(day).collect();
        for day in days {
            self.0.query("SELECT make_day($1)", &[&day]).await?;
        }
        Ok(())
    }
}

/// The cells of a row; yes and no are numbers, as an embedded store has them.
fn cells(table: &Table, row: &tokio_postgres::Row) -> Result<Row, String> {
    let cell = |column| match row.try_get(column).map_err(|error| error.to_string())? {
        Cell::Flag(flag) => Ok(Cell::Number(flag.into())),
        cell => Ok(cell.into_owned()),
    };
    (0..table.columns().count()).map(cell).collect()
}

/// The statement that adds rows given as an array for each column.
fn insert(table: &Table) -> String {
    let columns: Vec<Column> = table.columns().copied().collect();
    let (name, names, arrays) = (table.name, table.names(), arrays(&columns, 1));
    format!("INSERT INTO {name} ({names}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING")
}

#[async_trait]
impl End for Shared {
    async fn page(
        &mut self,
        table: &'static Table,
        after: Option<&Row>,
        most: usize,
    ) -> Result<Vec<Row>, String> {
        let (name, names, key) = (table.name, table.names(), table.key_names());
        let behind = after.map(|_| format!("WHERE ({key}) > ({})", places('$', table.key)));
        let sql =
            format!("SELECT {names} FROM {name} {} ORDER BY {key} LIMIT {most}", behind.unwrap_or_default());
        let values: Vec<Value<'_>> =
            after.into_iter().flatten().take(table.key).map(|cell| cell as Value<'_>).collect();
        self.rows(table, &sql, &values).await
    }

    async fn put(&mut self, table: &'static Table, rows: &[Row]) -> Result<(), String> {
        if table.resumed != Resumed::Anew {
            self.make_days(rows).await?;
        }
        let column = |column: usize| rows.iter().filter_map(|row| row.get(column)).collect();
        let columns: Vec<Vec<&Cell<'_>>> = (0..table.columns().count()).map(column).collect();
        let values: Vec<Value<'_>> = columns.iter().map(|column| column as Value<'_>).collect();
        self.0.query(&insert(table), &values).await.map(drop)
    }

    async fn last(&mut self, table: &'static Table) -> Result<Option<Row>, String> {
        let sql =
            format!("SELECT {} FROM {} ORDER BY {} LIMIT 1", table.names(), table.name, table.backwards());
        self.rows(table, &sql, &[]).await.map(|mut rows| rows.pop())
    }

    async fn clear(&mut self, table: &'static Table) -> Result<(), String> {
        self.0.query(&format!("DELETE FROM {}", table.name), &[]).await.map(drop)
    }

    /// PostgreSQL has no zero in its texts: another character stands for it.
    fn holdable(&self, mut row: Row) -> Row {
        for cell in &mut row {
            if let Cell::Text(held) = cell
                && held.contains('\0')
            {
                *held = held.replace('\0', "\u{FFFD}").into();
            }
        }
        row
    }

    async fn finish(&mut self) -> Result<(), String> {
        for table in TABLES.iter().filter(|table| table.numbered) {
            let (name, key) = (table.name, table.key_names());
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence('{name}', '{key}'), greatest((SELECT max({key}) FROM {name}), 1))"
            );
            self.0.query(&sql, &[]).await?;
        }
        Ok(())
    }
}
