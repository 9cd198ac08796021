//! A shared database as an end of a copy.

use super::tables::{Cell, Kind, Resumed, Row, TABLES, Table};
use super::{CopyError, End};
use crate::postgres::{Access, Value};
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

fn cells(table: &Table, row: &tokio_postgres::Row) -> Result<Row, String> {
    let words = |error: tokio_postgres::Error| error.to_string();
    let cell = |(column, (_, kind)): (usize, &(&str, Kind))| {
        Ok(match kind {
            Kind::Number | Kind::Flag => {
                row.try_get::<_, Option<i64>>(column).map_err(words)?.map(Cell::Number)
            }
            Kind::Text => row.try_get::<_, Option<String>>(column).map_err(words)?.map(Cell::Text),
            Kind::Octets => row.try_get::<_, Option<Vec<u8>>>(column).map_err(words)?.map(Cell::Octets),
        }
        .unwrap_or(Cell::Null))
    };
    table.columns.iter().enumerate().map(cell).collect()
}

/// Columns as they are read: numbers of every width as the widest.
fn read(table: &Table) -> String {
    let column = |(name, kind): &(&str, Kind)| match kind {
        Kind::Number => format!("{name}::bigint"),
        Kind::Flag => format!("{name}::integer::bigint"),
        Kind::Text | Kind::Octets => (*name).to_owned(),
    };
    table.columns.iter().map(column).collect::<Vec<_>>().join(", ")
}

/// A column's values of many rows.
enum Column {
    Numbers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Octets(Vec<Option<Vec<u8>>>),
}

impl Column {
    fn of(kind: Kind, index: usize, rows: &[Row]) -> Self {
        let cells = rows.iter().map(|row| row.get(index).unwrap_or(&Cell::Null));
        match kind {
            Kind::Number | Kind::Flag => Self::Numbers(
                cells
                    .map(|cell| if let Cell::Number(number) = cell { Some(*number) } else { None })
                    .collect(),
            ),
            Kind::Text => Self::Texts(
                cells
                    .map(|cell| if let Cell::Text(text) = cell { Some(text.clone()) } else { None })
                    .collect(),
            ),
            Kind::Octets => Self::Octets(
                cells
                    .map(|cell| if let Cell::Octets(octets) = cell { Some(octets.clone()) } else { None })
                    .collect(),
            ),
        }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::Numbers(numbers) => numbers,
            Self::Texts(texts) => texts,
            Self::Octets(octets) => octets,
        }
    }
}

/// The statement that adds rows given as an array for each column.
fn insert(table: &Table) -> String {
    let written = |(name, kind): &(&str, Kind)| match kind {
        Kind::Flag => format!("r.{name} <> 0"),
        _ => format!("r.{name}"),
    };
    let array = |(index, (_, kind)): (usize, &(&str, Kind))| {
        let kind = match kind {
            Kind::Number | Kind::Flag => "bigint",
            Kind::Text => "text",
            Kind::Octets => "bytea",
        };
        format!("${}::{kind}[]", index + 1)
    };
    let (name, names) = (table.name, table.names());
    let written = table.columns.iter().map(written).collect::<Vec<_>>().join(", ");
    let arrays = table.columns.iter().enumerate().map(array).collect::<Vec<_>>().join(", ");
    format!(
        "INSERT INTO {name} ({names}) SELECT {written} FROM unnest({arrays}) AS r ({names}) ON CONFLICT DO NOTHING"
    )
}

#[async_trait]
impl End for Shared {
    async fn page(
        &mut self,
        table: &'static Table,
        after: Option<&Row>,
        most: usize,
    ) -> Result<Vec<Row>, String> {
        let (name, key) = (table.name, table.key_names());
        let ordered = format!("ORDER BY {key} LIMIT {most}");
        let Some(after) = after else {
            return self.rows(table, &format!("SELECT {} FROM {name} {ordered}", read(table)), &[]).await;
        };
        let place = |(index, (_, kind)): (usize, &(&str, Kind))| {
            format!("${}::{}", index + 1, if *kind == Kind::Text { "text" } else { "bigint" })
        };
        let places = table.key_columns().iter().enumerate().map(place).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {} FROM {name} WHERE ({key}) > ({places}) {ordered}", read(table));
        let values: Vec<Value<'_>> = after
            .iter()
            .take(table.key)
            .map(|cell| match cell {
                Cell::Number(number) => number as Value<'_>,
                Cell::Text(text) => text as Value<'_>,
                Cell::Null | Cell::Octets(_) => &None::<i64> as Value<'_>,
            })
            .collect();
        self.rows(table, &sql, &values).await
    }

    async fn put(&mut self, table: &'static Table, rows: &[Row]) -> Result<(), String> {
        if table.resumed != Resumed::Anew {
            self.make_days(rows).await?;
        }
        let columns: Vec<Column> = table
            .columns
            .iter()
            .enumerate()
            .map(|(index, (_, kind))| Column::of(*kind, index, rows))
            .collect();
        let values: Vec<Value<'_>> = columns.iter().map(Column::value).collect();
        self.0.query(&insert(table), &values).await.map(drop)
    }

    async fn last(&mut self, table: &'static Table) -> Result<Option<Row>, String> {
        let key =
            table.key_columns().iter().map(|(name, _)| format!("{name} DESC")).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {} FROM {} ORDER BY {key} LIMIT 1", read(table), table.name);
        self.rows(table, &sql, &[]).await.map(|mut rows| rows.pop())
    }

    async fn clear(&mut self, table: &'static Table) -> Result<(), String> {
        self.0.query(&format!("DELETE FROM {}", table.name), &[]).await.map(drop)
    }

    /// PostgreSQL has no zero in its texts: a message's text with one is kept as octets, and elsewhere another character
    /// stands for it.
    fn holdable(&self, table: &'static Table, mut row: Row) -> Row {
        let (text, data) = (table.place("text"), table.place("data"));
        for (index, (_, kind)) in table.columns.iter().enumerate() {
            let Cell::Text(held) = &row[index] else { continue };
            if *kind != Kind::Text || !held.contains('\0') {
                continue;
            }
            match data.filter(|_| text == Some(index)) {
                Some(data) => {
                    row[data] = Cell::Octets(held.clone().into_bytes());
                    row[index] = Cell::Null;
                }
                None => row[index] = Cell::Text(held.replace('\0', "\u{FFFD}")),
            }
        }
        row
    }

    async fn finish(&mut self) -> Result<(), String> {
        for table in TABLES.iter().filter(|table| table.numbered) {
            let name = table.name;
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence('{name}', 'id'), greatest((SELECT max(id) FROM {name}), 1))"
            );
            self.0.query(&sql, &[]).await?;
        }
        Ok(())
    }
}
