//! Files with contacts: CSV and cards are read as they come, a workbook when all of it is there.

use super::table::Columns;
use crate::rest::problem::Problem;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use postrider_apps::contact::{Card, Cards, Contact};
use postrider_apps::csv::{Row, Rows, WrongTable};
use postrider_apps::sheet::{self, SheetRow, WrongSheet};
use postrider_core::numbering::Country;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Pages of rows of a workbook that are read before they are wanted.
const AHEAD: usize = 4;

/// A contact of a file, or what is wrong with it.
pub(super) struct Found {
    /// The line on which it begins, from 1.
    pub(super) line: u64,
    /// What people know it by: the first cell, or a card's name.
    pub(super) value: String,
    /// The contact.
    pub(super) contact: Result<Contact, String>,
}

/// A file that comes piece by piece.
pub(super) enum File {
    /// A table, with the columns once they are known.
    Table(Rows, Header),
    /// Cards.
    Cards(Box<Cards>),
    /// A workbook: what has come of it.
    Workbook(Vec<u8>, Header),
}

/// The columns of a table, once its first row has come.
pub(super) struct Header {
    columns: Option<Columns>,
    home: Option<Country>,
}

pub(super) fn wrong_file(detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_file", detail)
}

impl Header {
    const fn new(home: Option<Country>) -> Self {
        Self { columns: None, home }
    }

    /// The contact of a row; `None` for the first, which names the columns.
    fn take(&mut self, Row { line, cells }: Row, wrong: Option<String>) -> Result<Option<Found>, Problem> {
        let Some(columns) = &self.columns else {
            let columns = Columns::read(&cells, self.home);
            self.columns = Some(columns.map_err(|detail| wrong_file(&format!("line {line}: {detail}")))?);
            return Ok(None);
        };
        let contact = wrong.map_or_else(|| columns.contact(&cells), Err);
        Ok(Some(Found { line, value: cells.into_iter().next().unwrap_or_default(), contact }))
    }

    fn take_all(&mut self, rows: impl IntoIterator<Item = Row>) -> Result<Vec<Found>, Problem> {
        rows.into_iter().filter_map(|row| self.take(row, None).transpose()).collect()
    }
}

impl From<Card> for Found {
    fn from(Card { line, name, contact }: Card) -> Self {
        Self { line, value: name, contact }
    }
}

fn wrong_table(error: &WrongTable) -> Problem {
    wrong_file(&error.to_string())
}

impl File {
    /// A file of the type that the headers name; CSV if they name none.
    pub(super) fn of(headers: &HeaderMap, home: Option<Country>) -> Self {
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "text/vcard" | "text/x-vcard" | "text/directory" => Self::Cards(Box::new(Cards::new(home))),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => {
                Self::Workbook(Vec::new(), Header::new(home))
            }
            _ => Self::Table(Rows::default(), Header::new(home)),
        }
    }

    /// Takes a piece in; returns the contacts that it completes.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<Vec<Found>, Problem> {
        match self {
            Self::Cards(cards) => Ok(cards.take(piece).into_iter().map(Into::into).collect()),
            Self::Table(_, header) if header.columns.is_none() && sheet::is_workbook(piece) => {
                let detail = "the body is a workbook: send it as \
                    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
                Err(wrong_file(detail))
            }
            Self::Table(rows, header) => {
                header.take_all(rows.take(piece).map_err(|error| wrong_table(&error))?)
            }
            Self::Workbook(octets, _) => {
                if octets.len() + piece.len() > sheet::FILE_MAX {
                    let detail = format!("a workbook has at most {} MiB", sheet::FILE_MAX >> 20);
                    return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail));
                }
                octets.extend_from_slice(piece);
                Ok(Vec::new())
            }
        }
    }

    /// What the end of the body completes.
    pub(super) fn end(&mut self) -> Result<Vec<Found>, Problem> {
        match self {
            Self::Cards(cards) => Ok(cards.end().into_iter().map(Into::into).collect()),
            Self::Table(rows, header) => header.take_all(rows.end().map_err(|error| wrong_table(&error))?),
            Self::Workbook(..) => Ok(Vec::new()),
        }
    }

    /// The rows of a workbook, once all of it has come.
    pub(super) fn sheet(self) -> Option<Sheet> {
        let Self::Workbook(octets, header) = self else { return None };
        let (sender, rows) = mpsc::channel(AHEAD);
        let reading = tokio::task::spawn_blocking(move || {
            sheet::read(octets, |rows| sender.blocking_send(rows).is_ok())
        });
        Some(Sheet { rows, header, reading: Some(reading) })
    }
}

/// The rows of a workbook, which a thread of its own reads.
pub(super) struct Sheet {
    rows: mpsc::Receiver<Vec<SheetRow>>,
    header: Header,
    reading: Option<JoinHandle<Result<(), WrongSheet>>>,
}

impl Sheet {
    /// The next contacts; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Found>>, Problem> {
        if let Some(rows) = self.rows.recv().await {
            let take = |SheetRow { row, wrong }| self.header.take(row, wrong).transpose();
            return rows.into_iter().filter_map(take).collect::<Result<_, _>>().map(Some);
        }
        let Some(reading) = self.reading.take() else { return Ok(None) };
        match reading.await {
            Ok(Ok(())) => Ok(None),
            Ok(Err(error)) => Err(wrong_file(&error.to_string())),
            Err(_) => Err(wrong_file("the workbook can't be read: save it anew as .xlsx")),
        }
    }
}
