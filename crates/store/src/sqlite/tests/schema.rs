//! The tables are those that are declared.

use super::Directory;
use crate::copy::tables::TABLES;
use crate::sqlite::open;
use crate::table::Kind;
use std::collections::BTreeSet;

#[tokio::test]
async fn the_tables_are_those_that_are_declared() {
    let directory = Directory::new();
    let _store = directory.sqlite();
    let connection = open::reading(directory.0.path(), 1).unwrap();
    let mut there = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'")
        .unwrap();
    let there: BTreeSet<String> =
        there.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(there, TABLES.iter().map(|table| table.name.to_owned()).collect());
    for table in &TABLES {
        let mut columns =
            connection.prepare("SELECT name || ' ' || type FROM pragma_table_info(?1)").unwrap();
        let columns: Vec<String> =
            columns.query_map([table.name], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let declared = table.columns().map(|column| match column.kind {
            Kind::Text => format!("{} TEXT", column.name),
            Kind::Octets => format!("{} BLOB", column.name),
            _ => format!("{} INTEGER", column.name),
        });
        assert_eq!(columns, declared.collect::<Vec<_>>(), "{}", table.name);
    }
}
