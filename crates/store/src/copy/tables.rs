//! The tables that make up a store, and what their columns hold.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number.
    Number,
    /// Yes or no; an embedded store has 1 or 0.
    Flag,
    /// Text.
    Text,
    /// Octets.
    Octets,
}

/// How a copy goes on that was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resumed {
    /// Behind the last row that was carried: rows are only ever added, in the order of their keys.
    Behind,
    /// From the beginning, passing over what is there: rows are only ever added.
    Over,
    /// From nothing: rows come and go.
    Anew,
}

/// A table. Its first columns are its key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [(&'static str, Kind)],
    /// How many columns are its key.
    pub(super) key: usize,
    /// How a copy goes on.
    pub(super) resumed: Resumed,
    /// Whether new rows are numbered by the engine.
    pub(super) numbered: bool,
}

/// What a column holds of one row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Cell {
    Null,
    Number(i64),
    Text(String),
    Octets(Vec<u8>),
}

/// A row, in the order of its table's columns.
pub(super) type Row = Vec<Cell>;

use Kind::{Flag, Number, Octets, Text};

const fn table(name: &'static str, key: usize, columns: &'static [(&'static str, Kind)]) -> Table {
    Table { name, columns, key, resumed: Resumed::Anew, numbered: false }
}

/// All of them, in an order in which what refers comes after what it refers to.
pub(super) const TABLES: [Table; 14] = [
    Table {
        numbered: true,
        ..table(
            "resource",
            1,
            &[("id", Number), ("kind", Text), ("name", Text), ("document", Text), ("updated", Number)],
        )
    },
    Table {
        numbered: true,
        ..table(
            "resource_change",
            1,
            &[
                ("id", Number),
                ("at", Number),
                ("who", Text),
                ("kind", Text),
                ("name", Text),
                ("before", Text),
                ("after", Text),
            ],
        )
    },
    Table {
        resumed: Resumed::Behind,
        ..table(
            "message",
            1,
            &[
                ("id", Number),
                ("account", Number),
                ("class", Number),
                ("sender", Text),
                ("recipient", Number),
                ("text", Text),
                ("encoding", Number),
                ("header", Octets),
                ("data", Octets),
                ("parts", Number),
                ("due", Number),
                ("expires", Number),
                ("reference", Text),
                ("metadata", Text),
                ("callback", Text),
                ("receipts", Number),
                ("via", Number),
                ("flash", Flag),
                ("parameters", Octets),
                ("plan", Text),
            ],
        )
    },
    Table {
        resumed: Resumed::Over,
        ..table(
            "outcome",
            1,
            &[
                ("id", Number),
                ("state", Number),
                ("upstream", Number),
                ("reference", Text),
                ("error", Text),
                ("sent_at", Number),
                ("done_at", Number),
                ("parts", Number),
                ("possible_duplicate", Flag),
            ],
        )
    },
    Table {
        resumed: Resumed::Over,
        ..table(
            "part",
            2,
            &[
                ("message", Number),
                ("part", Number),
                ("state", Number),
                ("error", Text),
                ("at", Number),
                ("reference", Text),
                ("sent_at", Number),
            ],
        )
    },
    table(
        "queue",
        1,
        &[
            ("id", Number),
            ("upstream", Number),
            ("account", Number),
            ("class", Number),
            ("due", Number),
            ("expires", Number),
            ("failed", Number),
            ("taken", Number),
            ("possible_duplicate", Flag),
            ("owner", Number),
        ],
    ),
    table(
        "waiting",
        2,
        &[
            ("upstream", Number),
            ("reference", Text),
            ("given", Text),
            ("message", Number),
            ("part", Number),
            ("parts", Number),
            ("sent_at", Number),
            ("possible_duplicate", Flag),
            ("damaged", Flag),
        ],
    ),
    table(
        "notice",
        2,
        &[
            ("lane", Number),
            ("id", Number),
            ("what", Number),
            ("due", Number),
            ("failed", Number),
            ("owner", Number),
        ],
    ),
    table("learnt", 1, &[("upstream", Number), ("form", Text), ("place", Text)]),
    table("attempt", 3, &[("message", Number), ("at", Number), ("result", Text)]),
    table("remark", 3, &[("message", Number), ("at", Number), ("text", Text)]),
    Table {
        numbered: true,
        ..table(
            "parked",
            1,
            &[
                ("id", Number),
                ("upstream", Number),
                ("reference", Text),
                ("key", Text),
                ("one", Number),
                ("other", Number),
                ("reported", Number),
                ("error", Text),
                ("at", Number),
                ("also", Text),
                ("damaged", Flag),
            ],
        )
    },
    table(
        "inbound",
        1,
        &[
            ("id", Number),
            ("upstream", Number),
            ("at", Number),
            ("from_given", Text),
            ("from_understood", Text),
            ("to_given", Text),
            ("to_understood", Text),
            ("text", Text),
            ("encoding", Number),
            ("header", Octets),
            ("data", Octets),
            ("reference", Text),
            ("parameters", Octets),
        ],
    ),
    Table {
        numbered: true,
        ..table(
            "once",
            1,
            &[
                ("id", Number),
                ("account", Number),
                ("key", Text),
                ("request", Octets),
                ("decided", Text),
                ("at", Number),
            ],
        )
    },
];

impl Table {
    /// Names of columns, joined by commas.
    pub(super) fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// Names of the key's columns, joined by commas.
    pub(super) fn key_names(&self) -> String {
        self.key_columns().iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// The key's columns.
    pub(super) fn key_columns(&self) -> &'static [(&'static str, Kind)] {
        self.columns.get(..self.key).unwrap_or_default()
    }

    /// Where the column of this name is.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(column, _)| *column == name)
    }
}
