//! How a modem is told to announce messages (`AT+CNMI`, 3GPP TS 27.005, 3.4.1).

use postrider_wire::modem::fields::{after, numbers, split};

/// What is asked for, and in which form it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notifications {
    /// The command.
    pub(super) command: Box<str>,
    /// Whether status reports are stored rather than given out.
    pub(super) stores_reports: bool,
}

impl Notifications {
    fn new(values: [u8; 5]) -> Self {
        let [mode, messages, broadcasts, reports, buffer] = values;
        Self {
            command: format!("AT+CNMI={mode},{messages},{broadcasts},{reports},{buffer}").into(),
            stores_reports: reports == 2,
        }
    }
}

/// The sets to try in turn. `lines` is the answer to `AT+CNMI=?`; `is_direct` asks for messages at once.
pub(super) fn candidates(lines: &[Box<str>], is_direct: bool) -> Vec<Notifications> {
    let messages: &[u8] = if is_direct { &[2, 1] } else { &[1] };
    let lists: Vec<Vec<u8>> = lines
        .iter()
        .find_map(|line| after(line, "+CNMI"))
        .map(|rest| split(rest).into_iter().map(numbers).collect())
        .unwrap_or_default();
    let usual: Vec<Notifications> =
        [[2, 1, 0, 1, 0], [2, 1, 0, 2, 0], [2, 1, 0, 0, 0], [1, 1, 0, 0, 1]].map(Notifications::new).into();
    let [modes, known, _, reports, buffers] = &lists[..] else { return usual };
    let first = |wanted: &[u8], known: &[u8]| wanted.iter().copied().find(|value| known.contains(value));
    // To buffer while the line is busy, and then to say it, loses least.
    let chosen = (|| {
        Some([
            first(&[2, 1, 3], modes)?,
            first(messages, known)?,
            0,
            first(&[1, 2, 0], reports)?,
            first(&[0, 1], buffers)?,
        ])
    })();
    chosen.map(Notifications::new).into_iter().chain(usual).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(answer: &str, is_direct: bool) -> (String, bool) {
        let lines: Vec<Box<str>> = if answer.is_empty() { Vec::new() } else { vec![answer.into()] };
        let candidates = candidates(&lines, is_direct);
        (candidates[0].command.to_string(), candidates[0].stores_reports)
    }

    #[test]
    fn what_the_modem_knows_is_chosen() {
        for (answer, is_direct, command, stores) in [
            ("+CNMI: (0-3),(0-3),(0,2),(0-2),(0,1)", false, "AT+CNMI=2,1,0,1,0", false),
            ("+CNMI: (0-3),(0-3),(0,2),(0-2),(0,1)", true, "AT+CNMI=2,2,0,1,0", false),
            ("+CNMI: (0,1,2),(0,1),(0),(0,2),(0)", true, "AT+CNMI=2,1,0,2,0", true),
            ("+CNMI: (0,3),(0-3),(0),(0,1),(1)", false, "AT+CNMI=3,1,0,1,1", false),
            ("+CNMI: (1),(1),(0),(0),(1)", false, "AT+CNMI=1,1,0,0,1", false),
            ("", false, "AT+CNMI=2,1,0,1,0", false),
            ("+CNMI: (9),(9)", false, "AT+CNMI=2,1,0,1,0", false),
        ] {
            assert_eq!(first(answer, is_direct), (command.to_owned(), stores), "{answer}");
        }
    }
}
