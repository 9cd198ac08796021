//! Tables in workbooks as Excel and LibreOffice write them (XLSX, ECMA-376). The first sheet is read, row by row.
//!
//! A workbook is a ZIP archive, and a small one may hold a great deal. So all of it is unpacked once into nothing, to see how much it
//! is, before any of it is read.

use crate::csv::Row;
use calamine::{Data, DataRef, ExcelDateTime, Reader, Xlsx, XlsxCellReader};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// The most octets of a workbook.
pub const FILE_MAX: usize = 64 << 20;
/// The most octets of its parts, unpacked.
pub const UNPACKED_MAX: u64 = 1 << 30;
/// The most octets of its table of texts, unpacked, which is held in memory.
const TEXTS_MAX: u64 = 192 << 20;
/// The most texts of this table.
const TEXTS_COUNT_MAX: u64 = 10_000_000;
/// The most parts of a workbook.
const PARTS_MAX: usize = 2_000;
/// The most columns of a table.
const COLUMNS_MAX: u32 = 500;
/// Rows that are handed over together.
const PAGE: usize = 500;

/// Why a workbook can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongSheet {
    /// It is none, or it is broken.
    #[error("the file is no workbook that can be read: save it as .xlsx ({0})")]
    Unreadable(String),
    /// It is over a limit.
    #[error("the workbook {0}")]
    TooLarge(String),
    /// A row can't be read.
    #[error("line {0}: {1}")]
    Row(u64, String),
    /// Whoever takes the rows wants no more.
    #[error("the import was broken off")]
    BrokenOff,
}

/// A row of a sheet: its cells, or what is wrong with one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetRow {
    /// The row, with the number that spreadsheets show.
    pub row: Row,
    /// What is wrong with it: a formula without a value, or with an error.
    pub wrong: Option<String>,
}

/// Whether octets begin as a workbook does.
#[must_use]
pub fn is_workbook(octets: &[u8]) -> bool {
    octets.starts_with(b"PK\x03\x04")
}

/// Reads the first sheet of a workbook, and hands its rows over, some hundred at a time; `take` says whether it wants more. It takes
/// as long as the file is large: call it where others needn't wait.
///
/// # Errors
/// Why it can't be read, or not to its end.
pub fn read(octets: Vec<u8>, mut take: impl FnMut(Vec<SheetRow>) -> bool) -> Result<(), WrongSheet> {
    if octets.len() > FILE_MAX {
        return Err(WrongSheet::TooLarge(format!("has more than {} MiB", FILE_MAX >> 20)));
    }
    check_size(&octets)?;
    let unreadable = |error: calamine::XlsxError| WrongSheet::Unreadable(error.to_string());
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(octets)).map_err(unreadable)?;
    let name = book.sheet_names().into_iter().next();
    let name = name.ok_or_else(|| WrongSheet::Unreadable("it has no sheet".to_owned()))?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(unreadable)?;
    let mut page = Vec::new();
    let mut rows = Rows::default();
    while let Some(cell) = next(&mut cells)? {
        page.extend(rows.add(cell)?);
        if page.len() >= PAGE && !take(std::mem::take(&mut page)) {
            return Err(WrongSheet::BrokenOff);
        }
    }
    page.extend(rows.finish());
    if take(page) { Ok(()) } else { Err(WrongSheet::BrokenOff) }
}

/// Unpacks everything once, to see how much it is.
fn check_size(octets: &[u8]) -> Result<(), WrongSheet> {
    let unreadable = |error: &dyn std::fmt::Display| WrongSheet::Unreadable(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(octets)).map_err(|error| unreadable(&error))?;
    if archive.len() > PARTS_MAX {
        return Err(WrongSheet::TooLarge(format!("has {} parts; {PARTS_MAX} are allowed", archive.len())));
    }
    let mut left = UNPACKED_MAX;
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).map_err(|error| unreadable(&error))?;
        let is_texts = part.name().to_ascii_lowercase().ends_with("sharedstrings.xml");
        let most = if is_texts { left.min(TEXTS_MAX) } else { left };
        let mut counted = TextsCount::default();
        let mut buffer = [0; 16 * 1024];
        let mut size = 0;
        loop {
            let read = part.read(&mut buffer).map_err(|error| unreadable(&error))?;
            if read == 0 {
                break;
            }
            size += read as u64;
            if size > most {
                let detail = format!(
                    "unpacks to more than {} MiB",
                    (if is_texts { TEXTS_MAX } else { UNPACKED_MAX }) >> 20
                );
                return Err(WrongSheet::TooLarge(detail));
            }
            if is_texts && counted.is_too_many(buffer.get(..read).unwrap_or_default()) {
                return Err(WrongSheet::TooLarge(format!("has more than {TEXTS_COUNT_MAX} texts")));
            }
        }
        left -= size;
    }
    Ok(())
}

/// Finds the number of texts that their table claims, for which a reader makes room at once.
#[derive(Default)]
struct TextsCount {
    /// How many octets of the name have come.
    matched: usize,
    number: Option<u64>,
}

impl TextsCount {
    const NAME: &[u8] = b"uniqueCount";

    fn is_too_many(&mut self, octets: &[u8]) -> bool {
        octets.iter().any(|octet| self.takes(*octet))
    }

    fn takes(&mut self, octet: u8) -> bool {
        if self.matched < Self::NAME.len() {
            let is_next = Self::NAME.get(self.matched) == Some(&octet);
            self.matched = if is_next { self.matched + 1 } else { usize::from(octet == b'u') };
            return false;
        }
        match (octet, self.number) {
            (b' ' | b'\t' | b'\r' | b'\n' | b'=' | b'"' | b'\'' | b'+', None) => {}
            (b'0'..=b'9', number) => {
                let number = number.unwrap_or(0).saturating_mul(10).saturating_add(u64::from(octet - b'0'));
                self.number = Some(number);
                return number > TEXTS_COUNT_MAX;
            }
            _ => *self = Self::default(),
        }
        false
    }
}

/// A cell at its place, counted from 0.
type Placed = ((u32, u32), Result<String, String>);

fn next<R: Read + std::io::Seek>(cells: &mut XlsxCellReader<'_, R>) -> Result<Option<Placed>, WrongSheet> {
    let found = cells.next_cell_with_formula_metadata();
    let found = found.map_err(|error| WrongSheet::Unreadable(error.to_string()))?;
    Ok(found.map(|cell| {
        let text = match cell.value {
            DataRef::Empty if cell.formula.is_some() => {
                Err("a formula has no value: open the file in a spreadsheet, and save it".to_owned())
            }
            value => text(value),
        };
        (cell.pos, text)
    }))
}

/// What a cell holds, as text.
fn text(value: DataRef<'_>) -> Result<String, String> {
    match Data::from(value) {
        Data::Empty => Ok(String::new()),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Ok(text),
        Data::Bool(flag) => Ok(flag.to_string()),
        Data::Int(number) => Ok(number.to_string()),
        Data::Float(number) => Ok(number_text(number)),
        Data::DateTime(moment) => Ok(moment_text(moment)),
        Data::Error(error) => Err(format!("a cell has the error {error}")),
    }
}

/// A number as people write it. Numbers of telephones have no point and no exponent, whatever the spreadsheet showed. Files have 17
/// digits, of which spreadsheets show 15: 0.1 + 0.2 is 0.3.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e18 {
        return format!("{number:.0}");
    }
    let shown = format!("{number:.14e}").parse::<f64>().unwrap_or(number);
    shown.to_string()
}

/// A date, or a date with its time: `2030-01-31`, `2030-01-31T14:30:00`; a length of time in days.
fn moment_text(moment: ExcelDateTime) -> String {
    if moment.is_duration() {
        return number_text(moment.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    // What is less than a day has no date.
    if moment.as_f64().abs() < 1.0 {
        return format!("{hour:02}:{minute:02}:{second:02}");
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second) {
        (0, 0, 0) => date,
        _ => format!("{date}T{hour:02}:{minute:02}:{second:02}"),
    }
}

/// Puts cells together to rows.
#[derive(Default)]
struct Rows {
    at: u32,
    cells: Vec<String>,
    wrong: Option<String>,
}

impl Rows {
    /// Takes a cell in; returns the row before it, if it is the first one of another.
    fn add(&mut self, ((row, column), text): Placed) -> Result<Option<SheetRow>, WrongSheet> {
        let before = if row == self.at { None } else { self.finish() };
        self.at = row;
        let text = match text {
            Ok(text) if text.is_empty() => return Ok(before),
            Ok(text) => text,
            Err(wrong) => {
                self.wrong.get_or_insert(wrong);
                String::new()
            }
        };
        if column >= COLUMNS_MAX {
            let detail = format!("the row has more than {COLUMNS_MAX} columns");
            return Err(WrongSheet::Row(u64::from(row) + 1, detail));
        }
        let column = column as usize;
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        if let Some(cell) = self.cells.get_mut(column) {
            *cell = text;
        }
        Ok(before)
    }

    fn finish(&mut self) -> Option<SheetRow> {
        let (cells, wrong) = (std::mem::take(&mut self.cells), self.wrong.take());
        let row = Row { line: u64::from(self.at) + 1, cells };
        let is_empty = row.cells.iter().all(|cell| cell.trim().is_empty()) && wrong.is_none();
        (!is_empty).then_some(SheetRow { row, wrong })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    /// A workbook with these rows in its sheet, and these texts.
    fn workbook(rows: &str, texts: &str) -> Vec<u8> {
        let parts = [
            ("[Content_Types].xml", r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#.to_owned()),
            ("_rels/.rels", r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#.to_owned()),
            ("xl/workbook.xml", r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>"#.to_owned()),
            ("xl/_rels/workbook.xml.rels", r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#.to_owned()),
            ("xl/styles.xml", r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="164" formatCode="dd\.mm\.yyyy\ hh:mm"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>"#.to_owned()),
            ("xl/sharedStrings.xml", texts.to_owned()),
            ("xl/worksheets/sheet1.xml", format!(r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#)),
        ];
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            writer.start_file(name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    const TEXTS: &str = r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="2" uniqueCount="2"><si><t>number</t></si><si><t>+447700900123</t></si></sst>"#;

    fn rows_of(octets: Vec<u8>) -> Result<Vec<SheetRow>, WrongSheet> {
        let mut all = Vec::new();
        read(octets, |rows| {
            all.extend(rows);
            true
        })?;
        Ok(all)
    }

    #[test]
    fn cells_are_read_as_people_see_them() {
        let rows = r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>born</t></is></c></row>
            <row r="3"><c r="A3" t="s"><v>1</v></c><c r="B3" t="b"><v>1</v></c><c r="C3" s="1"><v>36526</v></c></row>
            <row r="4"><c r="A4"><v>447700900124</v></c><c r="B4"><v>4.47700900125E+11</v></c><c r="C4"><v>1.5</v></c><c r="D4"><v>0.30000000000000004</v></c><c r="E4" s="2"><v>46023.604166666664</v></c></row>
            <row r="5"><c r="A5"><f>1+1</f><v>2</v></c><c r="B5" t="str"><f>A1</f><v>x</v></c></row>
            <row r="6"><c r="A6"><f>1+1</f></c></row>
            <row r="7"><c r="A7" t="e"><v>#N/A</v></c></row>"#;
        let read = rows_of(workbook(rows, TEXTS)).unwrap();
        let cells: Vec<(u64, Vec<&str>)> =
            read.iter().map(|it| (it.row.line, it.row.cells.iter().map(String::as_str).collect())).collect();
        assert_eq!(
            cells[..4],
            [
                (1, vec!["number", "", "born"]),
                (3, vec!["+447700900123", "true", "2000-01-01"]),
                (4, vec!["447700900124", "447700900125", "1.5", "0.3", "2026-01-01T14:30:00"]),
                (5, vec!["2", "x"]),
            ]
        );
        let wrong: Vec<_> = read.iter().filter_map(|it| it.wrong.as_deref()).collect();
        assert!(wrong[0].contains("formula") && wrong[1].contains("#N/A"), "{wrong:?}");
    }

    #[test]
    fn what_is_too_large_or_no_workbook_is_refused() {
        let bomb = " ".repeat(usize::try_from(TEXTS_MAX).unwrap() + 1);
        assert!(matches!(rows_of(workbook("", &bomb)), Err(WrongSheet::TooLarge(_))));
        for claim in ["99999999999", "18446744073709551615", "  99999999999"] {
            let texts = TEXTS.replace("uniqueCount=\"2\"", &format!("uniqueCount\n = \"{claim}\""));
            let refused = rows_of(workbook("", &texts));
            assert!(matches!(refused, Err(WrongSheet::TooLarge(_))), "{claim}: {refused:?}");
        }
        for octets in [&b""[..], b"number\n1\n", b"PK\x03\x04"] {
            assert!(matches!(rows_of(octets.to_vec()), Err(WrongSheet::Unreadable(_))));
        }
        let wide = r#"<row r="1"><c r="XFD1"><v>1</v></c></row>"#;
        assert!(matches!(rows_of(workbook(wide, TEXTS)), Err(WrongSheet::Row(1, _))));
        let mut whole = workbook("", TEXTS);
        whole.truncate(whole.len() / 2);
        assert!(matches!(rows_of(whole), Err(WrongSheet::Unreadable(_))));
    }
}
