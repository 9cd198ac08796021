//! Frames of EMI/UCP.

use super::{Field, Framed, Kind};
use postrider_wire::ucp::frame::header;
use postrider_wire::ucp::{ErrorCode, Kind as Direction, Ot};
use std::ops::Range;

/// `STX` and `TRN/LEN/O/OT/`.
const DATA: usize = 15;

/// The fields of an operation, by position.
type Names = &'static [(&'static str, Kind)];

use Kind::{Number, Password, Plain, Text};

const MESSAGE: Names = &[
    ("adc", Number),
    ("oadc", Number),
    ("ac", Password),
    ("nrq", Plain),
    ("nadc", Number),
    ("nt", Plain),
    ("npid", Plain),
    ("lrq", Plain),
    ("lrad", Number),
    ("lpid", Plain),
    ("dd", Plain),
    ("ddt", Plain),
    ("vp", Plain),
    ("rpid", Plain),
    ("scts", Plain),
    ("dst", Plain),
    ("rsn", Plain),
    ("dscts", Plain),
    ("mt", Plain),
    ("nb", Plain),
    ("msg", Text),
    ("mms", Plain),
    ("pr", Plain),
    ("dcs", Plain),
    ("mcls", Plain),
    ("rpi", Plain),
    ("cpg", Plain),
    ("rply", Plain),
    ("otoa", Plain),
    ("hplmn", Number),
    ("xser", Text),
    ("res4", Text),
    ("res5", Text),
];
const LOGIN: Names = &[
    ("oadc", Plain),
    ("oton", Plain),
    ("onpi", Plain),
    ("styp", Plain),
    ("pwd", Password),
    ("npwd", Password),
    ("vers", Plain),
    ("ladc", Number),
    ("lton", Plain),
    ("lnpi", Plain),
    ("opid", Plain),
    ("res1", Text),
];
const TRANSFER: Names = &[
    ("adc", Number),
    ("oadc", Number),
    ("ac", Password),
    ("nrq", Plain),
    ("nadc", Number),
    ("npid", Plain),
    ("dd", Plain),
    ("ddt", Plain),
    ("vp", Plain),
    ("amsg", Text),
];
const CALL_INPUT: Names = &[("adc", Number), ("oadc", Number), ("ac", Password), ("mt", Plain)];
const ALERT: Names = &[("adc", Plain), ("pid", Plain)];
/// A positive result, with a modified validity period or without.
const DONE: Names = &[("ack", Plain), ("mvp", Plain), ("sm", Number)];
const DONE_BRIEFLY: Names = &[("ack", Plain), ("sm", Number)];
const REFUSED: Names = &[("nack", Plain), ("ec", Plain), ("sm", Number)];

pub(super) fn read(octets: &[u8]) -> Option<Framed> {
    let header = header(octets.get(1..)?)?;
    let (ot, is_response) = (Ot(header.ot), header.kind == Direction::Result);
    let ranges = ranges(octets);
    let first = ranges.first().and_then(|range| octets.get(range.clone()));
    let names = match first {
        Some(b"A") if is_response && ranges.len() > DONE_BRIEFLY.len() => DONE,
        Some(b"A") if is_response => DONE_BRIEFLY,
        _ if is_response => REFUSED,
        _ => names(ot),
    };
    let status = (is_response && first == Some(b"N")).then(|| {
        let code = ranges.get(1).and_then(|range| octets.get(range.clone())).unwrap_or_default();
        let code = ErrorCode::read(code);
        (u32::from(code.0), code.name())
    });
    let field = |(place, range): (usize, Range<usize>)| {
        let (name, kind) = names.get(place).copied().unwrap_or(("field", Text));
        Field { name, range, kind }
    };
    let what = if is_response { ", result" } else { "" };
    Some(Framed {
        command: format!("{ot}{what}"),
        sequence: header.trn.into(),
        is_response,
        status,
        fields: ranges.into_iter().enumerate().map(field).collect(),
    })
}

const fn names(ot: Ot) -> Names {
    match ot {
        ot if ot.is_message() => MESSAGE,
        Ot::SESSION | Ot::LIST => LOGIN,
        Ot::TRANSFER => TRANSFER,
        Ot::CALL_INPUT => CALL_INPUT,
        Ot::ALERT => ALERT,
        _ => &[],
    }
}

/// The data fields, each before its `/`. What is behind the last is the checksum.
fn ranges(octets: &[u8]) -> Vec<Range<usize>> {
    let mut start = DATA;
    let mut ranges = Vec::new();
    for (place, octet) in octets.iter().enumerate().skip(DATA) {
        if *octet == b'/' {
            ranges.push(start..place);
            start = place + 1;
        }
    }
    ranges
}
