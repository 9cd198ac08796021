//! Which files are written to the end. Best they get their name only then; otherwise it is seen from what doesn't change any more.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Looks at which a file must be the same to be read.
const SETTLED: u32 = 3;
/// Looks at which a file must be the same that ends within a line.
const SETTLED_IN_A_LINE: u32 = 30;

/// What a look shows of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// Its size.
    pub(super) octets: u64,
    /// When it was changed last.
    pub(super) changed: Option<SystemTime>,
}

/// What was seen of a file.
struct Seen {
    look: Look,
    /// How often it was the same.
    times: u32,
    /// Whether it was there at the last look.
    is_here: bool,
}

/// Watches files.
#[derive(Default)]
pub(super) struct Watch(BTreeMap<PathBuf, Seen>);

impl Watch {
    /// Notes a look at a file. Returns whether it was the same for long enough to be read.
    pub(super) fn is_settled(&mut self, path: &Path, look: Look) -> bool {
        let seen = self.0.entry(path.to_owned()).or_insert(Seen { look, times: 0, is_here: true });
        if seen.look != look {
            (seen.look, seen.times) = (look, 0);
        }
        seen.times = seen.times.saturating_add(1);
        seen.is_here = true;
        seen.times >= SETTLED
    }

    /// Whether a file seems to be whole: it ends with a line, or was the same for longer.
    pub(super) fn is_whole(&self, path: &Path, octets: &[u8]) -> bool {
        let ends_a_line =
            octets.last() == Some(&b'\n') && octets.iter().filter(|octet| **octet == b'"').count() % 2 == 0;
        ends_a_line || self.0.get(path).is_some_and(|seen| seen.times >= SETTLED_IN_A_LINE)
    }

    /// Forgets a file.
    pub(super) fn forget(&mut self, path: &Path) {
        self.0.remove(path);
    }

    /// Forgets files that are not there any more. To be called after each look.
    pub(super) fn forget_the_unseen(&mut self) {
        self.0.retain(|_, seen| std::mem::take(&mut seen.is_here));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn look(octets: u64, seconds: u64) -> Look {
        Look { octets, changed: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)) }
    }

    #[test]
    fn a_file_that_changes_is_left_alone() {
        let (mut watch, path) = (Watch::default(), Path::new("a.csv"));
        let looks = [look(1, 1), look(2, 2), look(2, 2), look(2, 3), look(2, 3), look(2, 3), look(2, 3)];
        let settled: Vec<bool> = looks.into_iter().map(|look| watch.is_settled(path, look)).collect();
        assert_eq!(settled, [false, false, false, false, false, true, true]);
    }

    #[test]
    fn a_file_that_ends_within_a_line_is_waited_for() {
        let (mut watch, path) = (Watch::default(), Path::new("a.csv"));
        for _ in 0..SETTLED_IN_A_LINE - 1 {
            watch.is_settled(path, look(9, 1));
        }
        for (octets, whole) in
            [("to,text\n", true), ("to,text\n+1,\"a\n", false), ("to,text\n+1,a", false), ("", false)]
        {
            assert_eq!(watch.is_whole(path, octets.as_bytes()), whole, "{octets}");
        }
        watch.is_settled(path, look(9, 1));
        assert!(watch.is_whole(path, b"to,text\n+1,a"));
        watch.forget_the_unseen();
        watch.forget_the_unseen();
        assert!(watch.0.is_empty());
    }
}
