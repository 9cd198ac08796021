//! What a modem says by itself.

use super::fields::{after, split};

/// A line that no command asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsolicited {
    /// A message from a handset, given out directly (`+CMT`): its digits, and the length that the modem names.
    Message(Box<str>, Option<usize>),
    /// A status report, given out directly (`+CDS`): its digits, and the length that the modem names.
    Report(Box<str>, Option<usize>),
    /// A message or a status report was stored (`+CMTI`, `+CDSI`).
    Stored {
        /// The storage, such as `SM`.
        storage: Box<str>,
        /// Its place there.
        index: u16,
    },
    /// The network's answer to a USSD request, or a request of its own (`+CUSD`).
    Ussd {
        /// 0 done, 1 an answer is expected, 2 ended by the network, 3 answered elsewhere, 4 not supported, 5 time-out.
        state: u8,
        /// The text as the modem writes it.
        text: Box<str>,
        /// Its data coding, if the modem names it.
        coding: Option<u8>,
    },
    /// The modem started anew, or says that it goes down.
    Restarted(Box<str>),
}

/// The meaning of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is whole.
    Whole(Unsolicited),
    /// The message follows in the next line.
    Header(Header),
    /// Nothing that anybody here wants.
    Noise,
    /// It may belong to a command.
    Other,
}

/// The first of two lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) length: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Report,
    /// A message to everybody in a cell.
    Broadcast,
}

/// Lines with these beginnings say that the modem started, or stops.
const RESTARTS: [&str; 4] = ["RDY", "^SYSSTART", "SMS Ready", "NORMAL POWER DOWN"];

/// Lines with these beginnings mean nothing to us.
const NOISE: [&str; 29] = [
    "RING",
    "+CRING",
    "+CLIP",
    "+CCWA",
    "^RSSI",
    "^MODE",
    "^BOOT",
    "^SRVST",
    "^HCSQ",
    "^DSFLOWRPT",
    "^SIMST",
    "^STIN",
    "^NWTIME",
    "^DSDORMANT",
    "^CSNR",
    "^LWURC",
    "+CIEV",
    "+ZDONR",
    "+ZUSIMR",
    "+ZPASR",
    "+ZEND",
    "+PACSP",
    "Call Ready",
    "*PSUTTZ",
    "*PSNWID",
    "+QIND",
    "+QUSIM",
    "+PBREADY",
    "DST:",
];

/// Reads a line. `asked` is the beginning of the lines that the running command is answered with.
pub(super) fn read(line: &str, asked: Option<&str>) -> Meaning {
    if asked.is_some_and(|prefix| after(line, prefix).is_some()) {
        return Meaning::Other;
    }
    for (prefix, kind) in [("+CMT", Kind::Message), ("+CDS", Kind::Report), ("+CBM", Kind::Broadcast)] {
        if let Some(rest) = after(line, prefix) {
            let length = split(rest).last().and_then(|field| field.parse().ok());
            return Meaning::Header(Header { kind, length });
        }
    }
    for prefix in ["+CMTI", "+CDSI"] {
        if let Some(rest) = after(line, prefix) {
            return stored(&split(rest));
        }
    }
    if let Some(rest) = after(line, "+CUSD") {
        return ussd(&split(rest));
    }
    if RESTARTS.iter().any(|word| line.starts_with(word)) {
        return Meaning::Whole(Unsolicited::Restarted(line.into()));
    }
    if NOISE.iter().any(|word| line.starts_with(word)) {
        return Meaning::Noise;
    }
    Meaning::Other
}

fn stored(fields: &[&str]) -> Meaning {
    match fields {
        [storage, index, ..] if let Ok(index) = index.parse() => {
            Meaning::Whole(Unsolicited::Stored { storage: (*storage).into(), index })
        }
        _ => Meaning::Noise,
    }
}

fn ussd(fields: &[&str]) -> Meaning {
    let Some(state) = fields.first().and_then(|field| field.parse().ok()) else { return Meaning::Noise };
    let text = fields.get(1).copied().unwrap_or_default().into();
    let coding = fields.get(2).and_then(|field| field.parse().ok());
    Meaning::Whole(Unsolicited::Ussd { state, text, coding })
}
