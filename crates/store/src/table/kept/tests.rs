use super::*;
use crate::table::{Damaged, Plans, Stored};
use postrider_core::message::Message;
use std::collections::VecDeque;

/// A row in memory.
#[derive(Default)]
struct Row {
    cells: VecDeque<Cell<'static>>,
    plans: Plans,
}

impl Row {
    fn of(cells: impl IntoIterator<Item = Cell<'static>>) -> Self {
        Self { cells: cells.into_iter().collect(), plans: Plans::default() }
    }
}

impl<'v> Sink<'v> for Row {
    fn put(&mut self, cell: Cell<'v>) {
        self.cells.push_back(match cell.into_owned() {
            Cell::Shared(text) => Cell::Text(text.to_string().into()),
            cell => cell,
        });
    }

    fn plans(&mut self) -> &mut Plans {
        &mut self.plans
    }
}

impl<'r> Source<'r> for Row {
    fn next(&mut self) -> Result<Cell<'r>, String> {
        Ok(self.cells.pop_front().unwrap_or(Cell::Null))
    }

    fn plans(&mut self) -> &mut Plans {
        &mut self.plans
    }

    fn skip(&mut self, columns: usize) {
        self.cells.drain(..columns);
    }

    fn is_null(&mut self) -> bool {
        self.cells.front() == Some(&Cell::Null)
    }
}

#[test]
fn a_message_is_as_many_cells_as_it_has_columns_and_reads_back() {
    let message = crate::conformance::samples::message(1);
    let mut row = Row::default();
    message.write(&mut row);
    assert_eq!(row.cells.len(), Message::COLUMNS.len());
    assert_eq!(Message::SELECTED.split(", ").count(), Message::COLUMNS.len());
    assert_eq!(Message::read(&mut row), Ok(message));
}

#[test]
fn what_is_no_value_is_told_with_its_column() {
    let message = crate::conformance::samples::message(1);
    let mut row = Row::default();
    message.write(&mut row);
    row.cells[2] = Cell::Number(99);
    let damaged = Damaged { columns: "class", found: "99, which is no value of it".into() };
    assert_eq!(Message::read(&mut row), Err(damaged));
}

#[test]
fn only_its_own_cells_are_a_value() {
    let text = |text: &'static str| Cell::text(Some(text));
    let u8_of = |cell| u8::read(&mut Row::of([cell]));
    assert_eq!(u8_of(Cell::Number(255)), Ok(255));
    for cell in [Cell::Number(256), Cell::Number(-1), Cell::Null, text("1")] {
        assert!(u8_of(cell.clone()).is_err(), "{cell:?}");
    }
    let bool_of = |cell| bool::read(&mut Row::of([cell]));
    assert_eq!((bool_of(Cell::Flag(true)), bool_of(Cell::Number(0))), (Ok(true), Ok(false)));
    assert!(bool_of(Cell::Number(2)).is_err() && bool_of(Cell::Null).is_err());
    assert!(<Arc<Plan>>::read(&mut Row::of([text("?")])).is_err());
    assert!(Body::read(&mut Row::of([Cell::Null, Cell::Null, Cell::Null, Cell::Null])).is_err());
    assert!(Body::read(&mut Row::of([Cell::Null, Cell::Number(9)])).is_err());
    let zero = Cell::octets(b"a\0b");
    let body = Body::read(&mut Row::of([Cell::Null, Cell::Null, Cell::Null, zero]));
    assert_eq!(body, Ok(Body::Text("a\0b".into())));
}

#[test]
fn lanes_have_numbers_of_their_own() {
    for lane in [
        Lane::Webhooks,
        Lane::Automation,
        Lane::Timeouts,
        Lane::Rule(RuleId(1)),
        Lane::Rule(RuleId(u32::MAX)),
        Lane::Sessions(AccountId(0)),
        Lane::Sessions(AccountId(u32::MAX)),
    ] {
        assert_eq!(Lane::from_number(lane.to_number()), Some(lane));
    }
    assert_eq!((Lane::from_number(-4), Lane::from_number(1 << 32)), (None, None));
    assert_eq!(Lane::from_number(i64::MIN), None);
}
