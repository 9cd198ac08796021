//! The report of a client's conversation.

use postrider_wire::smpp::{Command, Status};
use std::fmt;

/// The report of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How its binds were answered.
    pub binds: Vec<Status>,
    /// The parts that it sent, in order.
    pub sent: Vec<Sent>,
    /// How errands were answered.
    pub errands: Vec<(Command, Status)>,
    /// Receipts for nothing that was sent, and messages that are no receipts.
    pub strays: u64,
    /// How each connection ended, in words; the last is empty if the client left of itself.
    pub endings: Vec<String>,
}

/// A part that was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Which text it is of, from 0.
    pub text: usize,
    /// How it was answered; `None` if it wasn't.
    pub status: Option<Status>,
    /// Its message_id.
    pub id: String,
    /// The states that were reported, as receipts write them, in the order they came.
    pub receipts: Vec<String>,
}

impl Report {
    /// Whether everything was taken, and reported delivered, once.
    pub fn is_all_delivered(&self) -> bool {
        self.sent.iter().all(|sent| sent.receipts == ["DELIVRD"]) && self.strays == 0
    }
}

impl fmt::Display for Report {
    /// A line for each thing that happened.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for status in &self.binds {
            writeln!(f, "bind: {status}")?;
        }
        for (index, sent) in self.sent.iter().enumerate() {
            let answer = match sent.status {
                None => "not answered".to_owned(),
                Some(status) if status.is_ok() && sent.id.is_empty() => {
                    "taken, without an identifier".to_owned()
                }
                Some(status) if status.is_ok() => format!("taken as {}", sent.id),
                Some(status) => format!("refused: {status}"),
            };
            let receipts = match &*sent.receipts {
                [] => "no receipt".to_owned(),
                receipts => receipts.join(", "),
            };
            writeln!(f, "part {} of text {}: {answer}; {receipts}", index + 1, sent.text + 1)?;
        }
        for (command, status) in &self.errands {
            writeln!(f, "{command}: {status}")?;
        }
        if self.strays > 0 {
            writeln!(f, "{} messages came that nobody waited for", self.strays)?;
        }
        for ending in self.endings.iter().filter(|ending| !ending.is_empty()) {
            writeln!(f, "a connection ended: {ending}")?;
        }
        Ok(())
    }
}
