//! Handsets' screens: whole texts, put together from their parts. It neither receives nor delivers.

use crate::carrier::{Heard, Part};
use postrider_text::coding;
use postrider_text::header::Reference;
use postrider_text::segment;
use std::collections::{HashMap, VecDeque};

/// The most texts that wait for missing parts; beyond it the oldest is forgotten.
const MAX_UNFINISHED: usize = 10_000;

/// A text as a handset shows it, or would have shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bubble {
    /// The sender, as it stands above the text.
    pub from: String,
    /// The handset's number, digits only.
    pub to: String,
    /// The text; of 8-bit data, the octets in hexadecimal.
    pub text: String,
    /// How it was encoded, in a word: `GSM-7`, `Latin-1`, `UCS-2` or `8-bit`.
    pub encoding: &'static str,
    /// How many parts it came in.
    pub parts: usize,
    /// Whether it is shown at once and not kept.
    pub flash: bool,
    /// Whether the handset got it.
    pub reached: bool,
}

/// Puts texts together.
#[derive(Debug, Default)]
pub struct Handsets {
    unfinished: HashMap<Key, Vec<Option<Heard>>>,
    /// The keys of what is unfinished, oldest first; some may be finished meanwhile.
    order: VecDeque<Key>,
}

/// Which parts belong together: from whom, to whom, with which reference, of how many.
type Key = (String, String, Reference, u8);

impl Handsets {
    /// No texts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A part arrives. If it is the last that was missing, the whole text comes back.
    pub fn hear(&mut self, heard: Heard) -> Option<Bubble> {
        let Some(concat) = heard.part.concat().filter(|concat| concat.total > 1) else {
            return Some(bubble(&[heard]));
        };
        let key = (heard.part.source.clone(), heard.part.destination.clone(), concat.reference, concat.total);
        if !self.unfinished.contains_key(&key) {
            self.order.push_back(key.clone());
            self.unfinished.insert(key.clone(), vec![None; usize::from(concat.total)]);
        }
        let parts = self.unfinished.get_mut(&key)?;
        if let Some(place) = parts.get_mut(usize::from(concat.number) - 1) {
            *place = Some(heard);
        }
        let whole: Option<Vec<Heard>> = parts.iter().cloned().collect();
        match whole {
            Some(whole) => {
                self.unfinished.remove(&key);
                Some(bubble(&whole))
            }
            None => {
                self.forget_oldest();
                None
            }
        }
    }

    fn forget_oldest(&mut self) {
        while self.order.len() > MAX_UNFINISHED {
            if let Some(oldest) = self.order.pop_front() {
                self.unfinished.remove(&oldest);
            }
        }
    }
}

fn bubble(parts: &[Heard]) -> Bubble {
    let first = parts.first().map(|heard| &heard.part);
    let data_coding = first.map_or(0, |part| part.data_coding);
    let coding = coding::of_data_coding(data_coding);
    let encoding = first.map_or(coding.encoding, |part| part.plain().0);
    let (encoding, text) = match encoding {
        postrider_text::Encoding::Gsm7 => ("GSM-7", joined(parts, encoding)),
        postrider_text::Encoding::Latin1 => ("Latin-1", joined(parts, encoding)),
        postrider_text::Encoding::Ucs2 => ("UCS-2", joined(parts, encoding)),
        postrider_text::Encoding::Octets => ("8-bit", hexadecimal(parts)),
    };
    Bubble {
        from: first.map_or_else(String::new, sender),
        to: first.map_or_else(String::new, |part| part.destination.trim_start_matches('+').to_owned()),
        text,
        encoding,
        parts: parts.len(),
        flash: coding.is_flash(),
        reached: parts.iter().all(|heard| heard.reaches_handset),
    }
}

/// The sender as a handset shows it: a number with its `+` if it is an international one.
fn sender(part: &Part) -> String {
    const INTERNATIONAL: u8 = 1;
    let plus = if part.source_ton == INTERNATIONAL && !part.source.starts_with('+') { "+" } else { "" };
    format!("{plus}{}", part.source)
}

fn joined(parts: &[Heard], encoding: postrider_text::Encoding) -> String {
    let part =
        |heard: &Heard| segment::Part { header: heard.part.header.clone(), data: heard.part.plain().1 };
    let parts: Vec<segment::Part> = parts.iter().map(part).collect();
    segment::join(encoding, &parts)
}

fn hexadecimal(parts: &[Heard]) -> String {
    let octets = parts.iter().flat_map(|heard| &heard.part.octets);
    octets.map(|octet| format!("{octet:02x}")).collect()
}
