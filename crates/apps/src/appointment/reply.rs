//! Answers of recipients: words that confirm, move or cancel.

use super::state::{Appointment, State, Words};
use postrider_core::automation::{fold, keyword_and_rest};
use postrider_core::stream::{APPOINTMENT_CANCELED, APPOINTMENT_CONFIRMED, APPOINTMENT_MOVE_REQUESTED};

/// Usual words that confirm.
const CONFIRM: [&str; 14] =
    ["yes", "y", "confirm", "confirmed", "ok", "okay", "c", "ja", "si", "oui", "sim", "tak", "da", "1"];
/// Usual words that ask for another time.
const MOVE: [&str; 7] = ["move", "change", "reschedule", "later", "other", "r", "2"];
/// Usual words that cancel. Neither CANCEL nor END is among them: they opt out.
const CANCEL: [&str; 9] = ["no", "n", "nein", "non", "nao", "nie", "decline", "x", "3"];

/// What an answer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Confirm,
    Move,
    Cancel,
}

impl Wish {
    /// Reads an answer; `None` if it is none.
    pub(super) fn read(text: &str, words: &Words) -> Option<Self> {
        let (word, _) = keyword_and_rest(text)?;
        let own = |own: &[Box<str>], usual: &[&str]| match own {
            [] => usual.contains(&&*word),
            own => own.iter().any(|own| fold(own).is_some_and(|own| own == word)),
        };
        if own(&words.confirm, &CONFIRM) {
            Some(Self::Confirm)
        } else if own(&words.r#move, &MOVE) {
            Some(Self::Move)
        } else {
            own(&words.cancel, &CANCEL).then_some(Self::Cancel)
        }
    }

    /// Does it. Returns the state's event.
    pub(super) fn apply(self, appointment: &mut Appointment, text: &str) -> &'static str {
        let answers = &appointment.answers;
        let (state, event, answer) = match self {
            Self::Confirm => (State::Confirmed, APPOINTMENT_CONFIRMED, &answers.confirm),
            Self::Move => (State::MoveRequested, APPOINTMENT_MOVE_REQUESTED, &answers.r#move),
            Self::Cancel => (State::Canceled, APPOINTMENT_CANCELED, &answers.cancel),
        };
        let answer = answer.clone();
        appointment.state = state;
        appointment.reply = Some(text.chars().take(300).collect::<String>().into());
        appointment.outgoing.extend(answer);
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let usual = Words::default();
        let own = Words { confirm: vec!["Dá".into()], ..Words::default() };
        for (text, words, expected) in [
            ("YES", &usual, Some(Wish::Confirm)),
            ("Yes, I'll be there", &usual, Some(Wish::Confirm)),
            ("move please", &usual, Some(Wish::Move)),
            ("no.", &usual, Some(Wish::Cancel)),
            ("when?", &usual, None),
            ("", &usual, None),
            ("DA", &own, Some(Wish::Confirm)),
            ("yes", &own, None),
            ("no", &own, Some(Wish::Cancel)),
        ] {
            assert_eq!(Wish::read(text, words), expected, "{text}");
        }
    }
}
