//! Which parts belong to which text. Clients use references again, send parts twice, and lose some.

use super::{ClientPart, Text};
use crate::id::MessageId;
use crate::numbered_parts::NumberedPart;
use crate::time::Time;

/// Where a text stands whose parts come one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All of its parts are there.
    Whole,
    /// The others are waited for until then.
    Waiting(Time),
    /// The others were waited for long enough.
    Overdue,
    /// Its parts are those of a message that was put together before, sent again.
    Repeated(MessageId),
}

/// The texts that the parts of one [`TextKey`](super::TextKey) make, and where each stands; texts that were put together before
/// are left out.
///
/// A part goes to the newest text that lacks its number. The same part again belongs to the text that has it, while that
/// isn't whole; another part of the same number begins a new text. So a reference that is used again never mixes two texts
/// whose parts come in a row.
#[must_use]
pub fn texts(parts: &[ClientPart], now: Time) -> Vec<(Text<'_>, Standing)> {
    let mut sorted: Vec<&ClientPart> = parts.iter().collect();
    sorted.sort_by_key(|part| part.message.id);
    let (before, open): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|part| part.joined.is_some());
    let mut texts: Vec<Text<'_>> = Vec::new();
    for part in open {
        let takes = |text: &&mut Text<'_>| !text.is_whole() && text.has_room_for(part);
        match texts.iter_mut().rev().find(takes) {
            Some(text) => text.add(part),
            None => texts.push(Text::of(part)),
        }
    }
    let standings: Vec<Standing> = texts.iter().map(|text| standing(text, &before, now)).collect();
    texts.into_iter().zip(standings).collect()
}

fn standing(text: &Text<'_>, before: &[&ClientPart], now: Time) -> Standing {
    match text.until() {
        _ if text.is_whole() => Standing::Whole,
        until if until > now => Standing::Waiting(until),
        _ => repeated(text, before).map_or(Standing::Overdue, Standing::Repeated),
    }
}

/// The newest message, put together before, that has all parts of a text.
fn repeated(text: &Text<'_>, before: &[&ClientPart]) -> Option<MessageId> {
    let mut candidates = before.iter().rev().filter_map(|part| part.joined);
    candidates.find(|message| {
        let of_message = |part: &&&ClientPart| part.joined == Some(*message);
        text.parts().all(|part| before.iter().filter(of_message).any(|other| other.repeats(part)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client_part::testing::{LIMIT, NOW, part, utf8};

    /// A case: parts as number and content, in their order; the texts that they make, each as its contents.
    type Case = (&'static [(u8, &'static str)], &'static [(&'static str, Standing)]);

    const WAITING: Standing = Standing::Waiting(LIMIT);

    #[test]
    fn parts_are_sorted_into_texts() {
        let cases: [Case; 9] = [
            (&[(1, "a"), (2, "b")], &[("a b", Standing::Whole)]),
            (&[(2, "b"), (1, "a")], &[("a b", Standing::Whole)]),
            (&[(1, "a")], &[("a", WAITING)]),
            // A part sent twice.
            (&[(1, "a"), (1, "a"), (2, "b")], &[("a b +a", Standing::Whole)]),
            // A whole text sent twice is two texts.
            (
                &[(1, "a"), (2, "b"), (1, "a"), (2, "b")],
                &[("a b", Standing::Whole), ("a b", Standing::Whole)],
            ),
            // A reference used again, also where the beginnings are the same.
            (
                &[(1, "a"), (2, "b"), (1, "a"), (2, "c")],
                &[("a b", Standing::Whole), ("a c", Standing::Whole)],
            ),
            // A part was lost before the reference was used again.
            (&[(1, "a"), (1, "c"), (2, "d")], &[("a", WAITING), ("c d", Standing::Whole)]),
            (
                &[(1, "a"), (1, "c"), (2, "d"), (2, "b")],
                &[("a b", Standing::Whole), ("c d", Standing::Whole)],
            ),
            (&[(2, "b"), (2, "d"), (1, "c")], &[("b", WAITING), ("c d", Standing::Whole)]),
        ];
        for (came, expected) in cases {
            let parts: Vec<ClientPart> =
                came.iter().zip(1..).map(|((number, text), id)| part(id, *number, 2, utf8(text))).collect();
            let found: Vec<(String, Standing)> =
                texts(&parts, NOW).into_iter().map(|(text, standing)| (shown(&text), standing)).collect();
            let found: Vec<(&str, Standing)> =
                found.iter().map(|(text, standing)| (&**text, *standing)).collect();
            assert_eq!(found, expected, "{came:?}");
        }
    }

    #[test]
    fn what_lacks_a_part_is_overdue_at_the_limit_unless_it_came_before() {
        let joined = |id, number, text| {
            let message = Some(MessageId::from_number(90));
            ClientPart { joined: message, ..part(id, number, 2, utf8(text)) }
        };
        let before = [joined(1, 1, "a"), joined(2, 2, "b")];
        for (number, text, expected) in [
            (2, "b", Standing::Repeated(MessageId::from_number(90))),
            (2, "c", Standing::Overdue),
            (1, "b", Standing::Overdue),
        ] {
            let parts = [&before[..], &[part(3, number, 2, utf8(text))]].concat();
            assert_eq!(texts(&parts, NOW)[0].1, WAITING);
            let found = texts(&parts, LIMIT);
            assert_eq!((found.len(), found[0].1), (1, expected), "{number} {text}");
        }
    }

    fn shown(text: &Text<'_>) -> String {
        let content = |part: &ClientPart| crate::client_part::testing::content(part);
        let parts = text.parts().map(content);
        parts.chain(text.repeats().map(|part| format!("+{}", content(part)))).collect::<Vec<_>>().join(" ")
    }
}
