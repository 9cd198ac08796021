//! Making the parts of a text or of data. What they cost is in the parent.

use super::cut::Cuts;
use super::plan::{self, Plan};
use super::{MAX_PARTS, Options, Part, Segments};
use crate::gsm;
use crate::national::Shifts;

/// Splits a text into parts as [`cost`](super::cost) says. With 8-bit references, the low octet of `reference`
/// counts.
///
/// A text that needs more than [`MAX_PARTS`] parts gives none.
pub fn split(text: &str, reference: u16, options: &Options) -> Segments {
    let default = Plan::Gsm7(Shifts::NONE);
    let mut data = Vec::new();
    // Most texts are short and plain: encoding them is the cheapest way to find out.
    if !options.ucs2_only
        && gsm::encode(text, &mut data).is_ok()
        && data.len() <= default.room(options, false)
    {
        let header = default.header(options, reference, 1, 1);
        return Segments { encoding: default.encoding(), parts: vec![Part { header, data }] };
    }
    let choice = plan::choose(text, options);
    let (plan, total) = (choice.plan, choice.parts);
    let part = |(index, text): (usize, &str)| Part {
        header: plan.header(options, reference, index + 1, total),
        data: plan.encode(text),
    };
    let parts = match total {
        0..=1 => vec![part((0, text))],
        2..=MAX_PARTS => {
            let room = plan.room(options, true);
            Cuts::new(text, plan, room, total).enumerate().map(part).collect()
        }
        _ => Vec::new(),
    };
    Segments { encoding: plan.encoding(), parts }
}

/// Splits 8-bit data into parts. Of the options, the reference's width and the ports count; with 8-bit references,
/// the low octet of `reference`.
///
/// Data that needs more than [`MAX_PARTS`] parts gives none.
pub fn split_octets(data: &[u8], reference: u16, options: &Options) -> Segments {
    let plan = Plan::Octets;
    let several = data.len() > plan.room(options, false);
    let room = plan.room(options, several);
    let total = data.len().div_ceil(room).max(1);
    let part = |(index, data): (usize, &[u8])| Part {
        header: plan.header(options, reference, index + 1, total),
        data: data.to_vec(),
    };
    let parts = match total {
        1 => vec![part((0, data))],
        2..=MAX_PARTS => data.chunks(room).enumerate().map(part).collect(),
        _ => Vec::new(),
    };
    Segments { encoding: plan.encoding(), parts }
}
