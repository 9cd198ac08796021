//! Recorded figures: a text file beside this crate, one case a line.

use std::fmt;
use std::path::{Path, PathBuf};

/// How far a count may be from its figure, in thousandths. What varies from run to run stays far below.
const TOLERANCE: u64 = 30;

const HEADER: &str = "\
# Instructions of one round of each case. Recorded by `cargo run --release -p postrider-instructions -- record`.
";

/// The figures, and the compiler that they were recorded with.
pub(crate) struct Recorded {
    pub(crate) compiler: String,
    pub(crate) figures: Vec<(String, u64)>,
}

/// What a count is beside its figure.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    Same,
    New,
    /// By so many thousandths.
    More(u64),
    /// By so many thousandths.
    Fewer(u64),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => f.write_str("same"),
            Self::New => f.write_str("not recorded yet"),
            Self::More(by) => write!(f, "{}.{} % MORE", by / 10, by % 10),
            Self::Fewer(by) => write!(f, "{}.{} % fewer", by / 10, by % 10),
        }
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded.txt")
}

impl Recorded {
    pub(crate) fn read() -> Self {
        Self::parse(&std::fs::read_to_string(path()).expect("the figures are recorded"))
    }

    fn parse(text: &str) -> Self {
        let mut recorded = Self { compiler: String::new(), figures: Vec::new() };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            match line.split_once(' ') {
                Some(("compiler", compiler)) => compiler.trim().clone_into(&mut recorded.compiler),
                Some((name, figure)) => {
                    let figure = figure.trim().parse().unwrap_or_else(|_| panic!("'{line}' has no figure"));
                    recorded.figures.push((name.to_owned(), figure));
                }
                None => panic!("'{line}' has no figure"),
            }
        }
        recorded
    }

    pub(crate) fn write(&self) -> PathBuf {
        std::fs::write(path(), self.text()).expect("the figures can be written");
        path()
    }

    fn text(&self) -> String {
        let mut text = format!("{HEADER}compiler {}\n", self.compiler);
        for (name, figure) in &self.figures {
            text.push_str(&format!("{name:30} {figure:>10}\n"));
        }
        text
    }

    pub(crate) fn figure(&self, name: &str) -> Option<u64> {
        self.figures.iter().find(|(known, _)| known == name).map(|(_, figure)| *figure)
    }

    pub(crate) fn judge(&self, name: &str, count: u64) -> Verdict {
        let Some(figure) = self.figure(name) else { return Verdict::New };
        let by = count.abs_diff(figure) * 1_000 / figure.max(1);
        match by {
            0..=TOLERANCE => Verdict::Same,
            _ if count > figure => Verdict::More(by),
            _ => Verdict::Fewer(by),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded() -> Recorded {
        Recorded { compiler: "rustc 1.2.3 (abc 2026-01-01)".into(), figures: vec![("a/b".into(), 1_000)] }
    }

    #[test]
    fn figures_read_back() {
        let read = Recorded::parse(&recorded().text());
        assert_eq!((read.compiler, read.figures), (recorded().compiler, recorded().figures));
    }

    #[test]
    fn counts_are_judged_by_the_tolerance() {
        let cases = [
            ("a/b", 1_000, Verdict::Same),
            ("a/b", 1_030, Verdict::Same),
            ("a/b", 970, Verdict::Same),
            ("a/b", 1_031, Verdict::More(31)),
            ("a/b", 500, Verdict::Fewer(500)),
            ("a/c", 1_000, Verdict::New),
        ];
        for (name, count, verdict) in cases {
            assert_eq!(recorded().judge(name, count), verdict, "{name} {count}");
        }
    }
}
