//! Files of records. Whoever died while writing goes on behind the last whole record: a line that was cut is removed, and the
//! cursor of the line before says where to go on.

use super::Format;
use crate::clock;
use crate::failure::Failure;
use jiff::Timestamp;
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How files are called: `cdr-20261129T170000Z.jsonl`.
const START: &str = "cdr-";
const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// The files of a directory.
pub(super) struct Files {
    directory: PathBuf,
    format: Format,
    rotate: Duration,
    /// The file that is written, and when it was begun.
    current: Option<(File, Timestamp)>,
}

impl Files {
    /// The files of a directory, and the cursor of the last record there.
    pub(super) fn open(
        directory: &Path,
        format: Format,
        rotate: Duration,
    ) -> Result<(Self, Option<String>), Failure> {
        let files = Self { directory: directory.to_owned(), format, rotate, current: None };
        let mut cursor = None;
        for path in files.newest_first()? {
            cursor = mend(&path, format).map_err(|error| failed(&path, &error))?;
            if cursor.is_some() {
                break;
            }
        }
        Ok((files, cursor))
    }

    fn newest_first(&self) -> Result<Vec<PathBuf>, Failure> {
        let read = std::fs::read_dir(&self.directory).map_err(|error| failed(&self.directory, &error))?;
        let is_ours = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with(START) && path.extension().is_some_and(|of| of == self.format.word())
        };
        let mut paths: Vec<PathBuf> =
            read.filter_map(|entry| Some(entry.ok()?.path())).filter(is_ours).collect();
        paths.sort_unstable_by(|one, other| other.cmp(one));
        Ok(paths)
    }

    /// Adds records, and has them on the disk when it returns.
    pub(super) fn write(&mut self, head: &str, records: &str) -> Result<(), Failure> {
        if records.is_empty() {
            return Ok(());
        }
        let now = clock::timestamp();
        let is_over = |begun: &Timestamp| now.duration_since(*begun).unsigned_abs() >= self.rotate;
        if self.current.as_ref().is_some_and(|(_, begun)| is_over(begun)) {
            self.current = None;
        }
        let path = self.directory.join(format!("{START}{}.{}", now.strftime(STAMP), self.format.word()));
        let wrong = |error: &std::io::Error| failed(&path, error);
        let (file, _) = match &mut self.current {
            Some(current) => current,
            current => {
                let mut file = OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(&path)
                    .map_err(|error| wrong(&error))?;
                let is_new = file.metadata().map_err(|error| wrong(&error))?.len() == 0;
                if is_new && !head.is_empty() {
                    file.write_all(format!("{head}\r\n").as_bytes()).map_err(|error| wrong(&error))?;
                }
                current.insert((file, now))
            }
        };
        file.write_all(records.as_bytes()).and_then(|()| file.sync_data()).map_err(|error| wrong(&error))
    }
}

/// Removes what is behind the last whole line, and returns the cursor of the last record.
fn mend(path: &Path, format: Format) -> std::io::Result<Option<String>> {
    let text = std::fs::read(path)?;
    let whole = text.iter().rposition(|octet| *octet == b'\n').map_or(0, |end| end + 1);
    if whole < text.len() {
        OpenOptions::new().write(true).open(path)?.set_len(whole as u64)?;
    }
    let text = String::from_utf8_lossy(text.get(..whole).unwrap_or_default());
    Ok(last_cursor(format, &text))
}

/// The cursor of the last record of these lines.
pub(super) fn last_cursor(format: Format, records: &str) -> Option<String> {
    let last = records.lines().rfind(|line| !line.is_empty())?;
    match format {
        Format::Jsonl => {
            let record: Value = serde_json::from_str(last).ok()?;
            record.get("cursor")?.as_str().map(ToOwned::to_owned)
        }
        Format::Csv => last.split(',').next().filter(|cell| *cell != "cursor").map(ToOwned::to_owned),
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("postrider-cdr-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    fn whoever_died_goes_on_behind_the_last_whole_record() {
        let path = directory("cut");
        let (mut files, cursor) = Files::open(&path, Format::Jsonl, Duration::from_secs(3600)).unwrap();
        assert_eq!(cursor, None);
        files.write("", "{\"cursor\":\"1-1\"}\n{\"cursor\":\"1-2\"}\n").unwrap();
        files.write("", "{\"cursor\":\"2-1\"}\n").unwrap();
        let written = files.newest_first().unwrap();
        assert_eq!(written.len(), 1);
        let mut file = OpenOptions::new().append(true).open(&written[0]).unwrap();
        file.write_all(b"{\"cursor\":\"2-").unwrap();
        let (_, cursor) = Files::open(&path, Format::Jsonl, Duration::from_secs(3600)).unwrap();
        assert_eq!(cursor.as_deref(), Some("2-1"));
        let text = std::fs::read_to_string(&written[0]).unwrap();
        assert!(text.ends_with("{\"cursor\":\"2-1\"}\n"), "{text}");
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_new_file_begins_with_the_header() {
        let path = directory("csv");
        let (mut files, _) = Files::open(&path, Format::Csv, Duration::ZERO).unwrap();
        files.write("cursor,id", "1-1,7\r\n").unwrap();
        let written = files.newest_first().unwrap();
        let text = std::fs::read_to_string(&written[0]).unwrap();
        assert_eq!(text, "cursor,id\r\n1-1,7\r\n");
        std::fs::write(path.join("cdr-20990101T000000Z.csv"), "cursor,id\r\n9").unwrap();
        let (_, cursor) = Files::open(&path, Format::Csv, Duration::ZERO).unwrap();
        assert_eq!(cursor.as_deref(), Some("1-1"), "a file without a record says nothing");
        assert_eq!(last_cursor(Format::Csv, "cursor,id\n"), None);
        std::fs::remove_dir_all(&path).unwrap();
    }
}
