//! The modem's storage of messages: which it is, and what is read from it.

use postrider_declare::upstream::modem::Storage;
use postrider_wire::modem::Command;
use postrider_wire::modem::fields::{after, split};
use postrider_wire::modem::tpdu::{Incoming, Malformed};
use std::time::Duration;

/// The time limit of reading all that is stored.
const LIST: Duration = Duration::from_secs(30);
/// The time limit of deleting a message.
const DELETE: Duration = Duration::from_secs(10);
/// Messages that a handset sent, read and not; further states are messages of our own.
const RECEIVED: [&str; 2] = ["0", "1"];

/// A message that is stored.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stored {
    /// Its place; `None` if the answer doesn't say it.
    pub(super) index: Option<u16>,
    pub(super) message: Result<Incoming, Malformed>,
}

/// Reads everything.
pub(super) fn list() -> Command {
    Command::new("AT+CMGL=4").within(LIST)
}

/// Reads one message.
pub(super) fn read(index: u16) -> Command {
    Command::new(format!("AT+CMGR={index}"))
}

/// Deletes one message.
pub(super) fn delete(index: u16) -> Command {
    Command::new(format!("AT+CMGD={index}")).within(DELETE)
}

/// Makes a storage the one that is read and deleted from.
pub(super) fn enter(storage: &str) -> Command {
    Command::new(format!("AT+CPMS=\"{storage}\"")).expecting("+CPMS")
}

/// The messages from handsets, and the reports, in an answer to [`list`] or [`read`].
pub(super) fn received(lines: &[Box<str>]) -> Vec<Stored> {
    lines.windows(2).filter_map(|pair| entry(pair.first()?, pair.get(1)?)).collect()
}

fn entry(head: &str, digits: &str) -> Option<Stored> {
    let (index, fields) = match (after(head, "+CMGL"), after(head, "+CMGR")) {
        (Some(rest), _) => {
            let fields = split(rest);
            (Some(fields.first()?.parse().ok()?), fields.get(1..)?.to_vec())
        }
        (None, Some(rest)) => (None, split(rest)),
        (None, None) => return None,
    };
    // An empty place has a line of its own in some modems.
    if !RECEIVED.contains(fields.first()?) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let length = fields.last().and_then(|length| length.parse().ok());
    Some(Stored { index, message: Incoming::read(digits.as_bytes(), length) })
}

/// The storages that are used: for reading and deleting, for sending, and for what comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Storages {
    reads: Box<str>,
    sends: Box<str>,
    receives: Box<str>,
}

impl Storages {
    /// The question which they are.
    pub(super) fn ask() -> Command {
        Command::new("AT+CPMS?").expecting("+CPMS")
    }

    /// The answer to it.
    pub(super) fn read(lines: &[Box<str>]) -> Option<Self> {
        let fields = lines.iter().find_map(|line| after(line, "+CPMS")).map(split)?;
        let name = |place: usize| fields.get(place).copied().filter(|name| !name.is_empty()).map(Into::into);
        let reads: Box<str> = name(0)?;
        let (sends, receives) = (name(3), name(6));
        Some(Self {
            sends: sends.unwrap_or_else(|| reads.clone()),
            receives: receives.unwrap_or_else(|| reads.clone()),
            reads,
        })
    }

    /// The one that is to be used, as the settings say.
    pub(super) fn wanted(&self, storage: Storage) -> &str {
        match storage {
            Storage::Auto => &self.receives,
            Storage::Sim => "SM",
            Storage::Modem => "ME",
        }
    }

    /// The command that has everything received and read in one storage, unless it is so.
    pub(super) fn change(&self, wanted: &str) -> Option<Command> {
        let is_so = *self.reads == *wanted && *self.receives == *wanted;
        let command = format!("AT+CPMS=\"{wanted}\",\"{}\",\"{wanted}\"", self.sends);
        (!is_so).then(|| Command::new(command).expecting("+CPMS"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Box<str>> {
        text.lines().map(Into::into).collect()
    }

    #[test]
    fn what_handsets_sent_is_found_among_what_is_stored() {
        let listed = lines(
            "+CMGL: 0,1,,24\n0791947122720000040C9153481032547600C862119280030080053190BB7C07\n\
             +CMGL: 3,2,,18\n0001000C91534810325476000005E8329BFD06\n\
             +CMGL: 4,0,\"\",25\n0006050C91534810325476621192800300406211928003104000\n\
             +CMGL: 5,0,,9\n0791",
        );
        let found: Vec<_> =
            received(&listed).into_iter().map(|stored| (stored.index, stored.message.is_ok())).collect();
        assert_eq!(found, [(Some(0), true), (Some(4), true), (Some(5), false)]);
        let one = lines("+CMGR: 0,,25\n0006050C91534810325476621192800300406211928003104000");
        assert!(matches!(received(&one)[..], [Stored { index: None, message: Ok(Incoming::Report(_)) }]));
        assert_eq!(received(&lines("+CMGR: 0,,0")), []);
    }

    #[test]
    fn messages_are_read_where_they_come() {
        let change = |answer: &str, storage| {
            let storages = Storages::read(&lines(answer)).unwrap();
            let wanted = storages.wanted(storage).to_owned();
            storages.change(&wanted).map(|command| command.text().to_owned())
        };
        let mixed = "+CPMS: \"ME\",0,50,\"ME\",0,50,\"SM\",3,20";
        assert_eq!(change(mixed, Storage::Auto), Some("AT+CPMS=\"SM\",\"ME\",\"SM\"".to_owned()));
        assert_eq!(change(mixed, Storage::Modem), Some("AT+CPMS=\"ME\",\"ME\",\"ME\"".to_owned()));
        assert_eq!(change("+CPMS: \"SM\",3,20,\"SM\",3,20,\"SM\",3,20", Storage::Auto), None);
        assert_eq!(change("+CPMS: \"SM\",3,20", Storage::Sim), None);
        assert_eq!(Storages::read(&lines("+CPMS: ")), None);
    }
}
