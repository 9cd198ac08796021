//! Choosing how a text is carried. Where it is then cut is for [`super::cut`].

use super::{MAX_PARTS, Options, ReferenceWidth, cut, room};
use crate::header::{Concat, Element, Reference, push};
use crate::national::{Languages, Shifts};
use crate::{Encoding, NotInAlphabet, gsm, latin1, national, ucs2};

/// A way to carry a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    Gsm7(Shifts),
    Latin1,
    Ucs2,
    /// Data that is no text.
    Octets,
}

/// The cheapest plan for a text, and what it takes.
pub(super) struct Choice {
    pub(super) plan: Plan,
    pub(super) units: usize,
    pub(super) parts: usize,
    pub(super) forced_by: Option<NotInAlphabet>,
}

/// Finds the plan with the fewest parts; of those that take equally many, the first that is tried.
///
/// UCS-2 is no candidate but what remains: the others never take more parts.
pub(super) fn choose(text: &str, options: &Options) -> Choice {
    let mut best: Option<Choice> = None;
    let mut forced_by: Option<NotInAlphabet> = None;
    for plan in candidates(options) {
        match plan.units(text) {
            Ok(units) => {
                let parts = parts(text, plan, units, options);
                if best.as_ref().is_none_or(|best| parts < best.parts) {
                    best = Some(Choice { plan, units, parts, forced_by: None });
                }
                if parts == 1 {
                    break;
                }
            }
            Err(missing) if forced_by.is_none_or(|furthest| missing.position > furthest.position) => {
                forced_by = Some(missing);
            }
            Err(_) => {}
        }
    }
    best.unwrap_or_else(|| {
        let units = ucs2::units(text);
        Choice { plan: Plan::Ucs2, units, parts: parts(text, Plan::Ucs2, units, options), forced_by }
    })
}

/// The plans to try, the most widely understood first.
fn candidates(options: &Options) -> impl Iterator<Item = Plan> {
    let default = Plan::Gsm7(Shifts::NONE);
    let latin1 = options.latin1.then_some(Plan::Latin1);
    let all = std::iter::once(default).chain(latin1).chain(shifts(options.languages).map(Plan::Gsm7));
    all.filter(|_| !options.ucs2_only)
}

fn shifts(languages: Languages) -> impl Iterator<Item = Shifts> {
    let all = move || languages.iter();
    let locking = move || all().filter(|language| language.has_locking());
    let both = move |same: bool| {
        locking().flat_map(move |locking| {
            let single = all().filter(move |&single| (single == locking) == same);
            single.map(move |single| Shifts { locking: Some(locking), single: Some(single) })
        })
    };
    let single_only = all().map(|language| Shifts { single: Some(language), ..Shifts::NONE });
    let locking_only = locking().map(|language| Shifts { locking: Some(language), ..Shifts::NONE });
    single_only.chain(locking_only).chain(both(true)).chain(both(false))
}

fn parts(text: &str, plan: Plan, units: usize, options: &Options) -> usize {
    if units <= plan.room(options, false) { 1 } else { cut::count(text, plan, plan.room(options, true)) }
}

impl Plan {
    pub(super) fn encoding(self) -> Encoding {
        match self {
            Self::Gsm7(_) => Encoding::Gsm7,
            Self::Latin1 => Encoding::Latin1,
            Self::Ucs2 => Encoding::Ucs2,
            Self::Octets => Encoding::Octets,
        }
    }

    pub(super) fn shifts(self) -> Shifts {
        match self {
            Self::Gsm7(shifts) => shifts,
            Self::Latin1 | Self::Ucs2 | Self::Octets => Shifts::NONE,
        }
    }

    /// The units that a whole text takes.
    pub(super) fn units(self, text: &str) -> Result<usize, NotInAlphabet> {
        match self {
            Self::Gsm7(Shifts::NONE) => gsm::units(text),
            Self::Gsm7(shifts) => national::units(text, shifts),
            Self::Latin1 => latin1::units(text),
            Self::Ucs2 => Ok(ucs2::units(text)),
            Self::Octets => Ok(text.len()),
        }
    }

    /// The units that a character takes, if the plan can carry it.
    pub(super) fn width(self, character: char) -> Option<usize> {
        match self {
            Self::Gsm7(Shifts::NONE) => gsm::width(character),
            Self::Gsm7(shifts) => shifts.width(character),
            Self::Latin1 => (character <= '\u{FF}').then_some(1),
            Self::Ucs2 => Some(character.len_utf16()),
            Self::Octets => Some(character.len_utf8()),
        }
    }

    /// A run of characters at the start, at most `limit`, that are known to take a byte and a unit each. It saves
    /// looking at them one by one.
    pub(super) fn plain_run(self, text: &str, limit: usize) -> usize {
        match self {
            Self::Gsm7(Shifts::NONE) => gsm::plain_run(&text.as_bytes()[..text.len().min(limit)]),
            _ => 0,
        }
    }

    /// The text in the encoding of the plan, which can carry it.
    pub(super) fn encode(self, text: &str) -> Vec<u8> {
        let mut data = Vec::new();
        // The plan was chosen because it has every character: there is no error to lose.
        let _ = match self {
            Self::Gsm7(Shifts::NONE) => gsm::encode(text, &mut data),
            Self::Gsm7(shifts) => national::encode(text, shifts, &mut data),
            Self::Latin1 => latin1::encode(text, &mut data),
            Self::Ucs2 => {
                ucs2::encode(text, &mut data);
                Ok(())
            }
            Self::Octets => {
                data.extend_from_slice(text.as_bytes());
                Ok(())
            }
        };
        data
    }

    /// The units that a part has room for, when it is one of several or when it is all.
    pub(super) fn room(self, options: &Options, several: bool) -> usize {
        let concat = match options.reference {
            _ if !several => 0,
            ReferenceWidth::Eight => 5,
            ReferenceWidth::Sixteen => 6,
        };
        let ports = if options.ports.is_some() { 6 } else { 0 };
        let shifts = self.shifts();
        let single = if shifts.single.is_some() { 3 } else { 0 };
        let locking = if shifts.locking.is_some() { 3 } else { 0 };
        room(self.encoding(), concat + ports + single + locking)
    }

    /// The header of part `number` of `total`.
    pub(super) fn header(self, options: &Options, reference: u16, number: usize, total: usize) -> Vec<u8> {
        let mut header = Vec::new();
        if let (true, Ok(number), Ok(total)) = (total > 1, u8::try_from(number), u8::try_from(total)) {
            let reference = match options.reference {
                ReferenceWidth::Eight => Reference::Eight(reference as u8),
                ReferenceWidth::Sixteen => Reference::Sixteen(reference),
            };
            push(&mut header, Element::Concat(Concat { reference, total, number }));
        }
        debug_assert!(total <= MAX_PARTS);
        let shifts = self.shifts();
        let ports = options.ports.map(Element::Ports16);
        let single = shifts.single.map(Element::SingleShift);
        let locking = shifts.locking.map(Element::LockingShift);
        for element in [ports, single, locking].into_iter().flatten() {
            push(&mut header, element);
        }
        header
    }
}
