//! What became of a file: a report beside it, a line for each row.

use postrider_core::contract::Decided;
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

/// The most files of one name.
const SAME_NAME_MAX: u32 = 10_000;

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RowResult {
    /// Its line.
    pub(super) line: u64,
    /// The decision on it.
    pub(super) decided: Decided,
}

impl RowResult {
    pub(super) const fn is_accepted(&self) -> bool {
        matches!(self.decided, Decided::Accepted(_))
    }
}

/// The report as CSV; where the file could not be read, why.
pub(super) fn text(results: &Result<Vec<RowResult>, String>) -> String {
    let mut text = String::from("line,message,code,detail\n");
    match results {
        Ok(results) => {
            for RowResult { line, decided } in results {
                // Writing into a text can't fail.
                let _ = match decided {
                    Decided::Accepted(message) => writeln!(text, "{line},{message},,"),
                    Decided::Refused(refused) => {
                        writeln!(text, "{line},,{},{}", refused.code, quoted(&refused.detail))
                    }
                };
            }
        }
        Err(why) => {
            let _ = writeln!(text, ",,invalid_file,{}", quoted(why));
        }
    }
    text
}

/// A field in quotes. No spreadsheet reads it as a formula.
fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// Puts a file and its report into a folder, under names that nothing there has. The report is there before the file leaves.
pub(super) async fn put(folder: &Path, file: &Path, report: &str) -> io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let (moved, told) = free_names(folder, file).await?;
    tokio::fs::write(&told, report).await?;
    match tokio::fs::rename(file, &moved).await {
        // Another node was quicker.
        Err(error) if error.kind() == io::ErrorKind::NotFound => tokio::fs::remove_file(&told).await,
        other => other,
    }
}

async fn free_names(folder: &Path, file: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    for place in 1..SAME_NAME_MAX {
        let name = if place == 1 { stem.clone() } else { format!("{stem}-{place}") };
        let (moved, told) = (folder.join(format!("{name}.csv")), folder.join(format!("{name}.report.csv")));
        if !tokio::fs::try_exists(&moved).await? {
            return Ok((moved, told));
        }
    }
    Err(io::Error::other("too many files of this name were dropped: empty the folder"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::contract::Refused;
    use postrider_core::id::MessageId;

    #[test]
    fn a_report_has_a_line_for_each_row() {
        let refused = Refused { code: "no_route".into(), detail: "=a \"b\"".into(), field: None };
        let results = vec![
            RowResult { line: 2, decided: Decided::Accepted(MessageId::from_number(77)) },
            RowResult { line: 3, decided: Decided::Refused(refused) },
        ];
        assert_eq!(text(&Ok(results)), "line,message,code,detail\n2,77,,\n3,,no_route,\"'=a \"\"b\"\"\"\n");
        assert_eq!(text(&Err("no UTF-8".into())), "line,message,code,detail\n,,invalid_file,\"no UTF-8\"\n");
    }
}
