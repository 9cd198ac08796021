//! Forms of texts: long ones, flash ones, and the alphabet of `data_coding` 0.

use super::steps;
use super::trial::{Fate, Trial};
use crate::smpp::settings::{Alphabet, Flash, Long, Settings};
use postrider_core::message::{Body, Encoding};
use postrider_link::doctor::{Choice, Finding, Listener, Question, Remedy};
use postrider_wire::smpp::Status;

/// The ways in which long texts go, and their words in settings, the most usual first.
const WAYS: [(Long, &str); 4] =
    [(Long::Udh8, "udh8"), (Long::Udh16, "udh16"), (Long::Payload, "payload"), (Long::Sar, "sar")];
/// The ways to mark a flash text.
const FLASHES: [(Flash, &str); 3] =
    [(Flash::Class, "dcs_f0"), (Flash::GeneralClass, "dcs_10"), (Flash::Subunit, "dest_addr_subunit")];

/// Parts of a long text that was taken, each handed in by itself.
pub(super) type Set = Vec<usize>;

/// Sends a text of two parts in each way; returns the parts of the accepted ones.
pub(super) async fn long(trial: &mut Trial<'_>, listener: &Listener) -> Vec<Set> {
    let (mut said, mut taken, mut sets) = (Vec::new(), Vec::new(), Vec::new());
    for (way, word) in WAYS {
        let mut settings = trial.settings.clone();
        settings.text.long = way;
        match trial.send(long_text(way, word), false, &settings).await {
            Fate::Accepted(parts) => {
                said.push(format!("{word} accepted"));
                taken.push((way, word));
                if parts.len() > 1 {
                    sets.push(parts);
                }
            }
            Fate::Refused(status) => said.push(format!("{word} refused with {status}")),
            Fate::Unanswered => said.push(format!("{word} not answered")),
            Fate::NotSent => {}
        }
    }
    let found = Finding::new(steps::LONG, "a text of several parts in each form");
    if said.is_empty() {
        listener.tell(found.note("not tried: there are no messages left, or the session is over")).await;
        return sets;
    }
    let declared = trial.settings.text.long;
    let all = said.join(", ");
    let found = match taken.first() {
        _ if taken.iter().any(|(way, _)| *way == declared) => found
            .well(all)
            .means("an accepted text isn't always reassembled: check on the handset that each came whole"),
        Some((way, word)) => {
            trial.settings.text.long = *way;
            found.failed(all).remedy("long", (*word).into(), "the carrier refuses long texts as declared")
        }
        None => found
            .failed(all)
            .advice("ask the carrier which form it needs for texts of more than 160 characters"),
    };
    listener.tell(found).await;
    sets
}

/// Two parts in GSM 7-bit. What goes in one piece needs more than a short_message holds.
fn long_text(way: Long, word: &str) -> Body {
    let (last, name) = if way == Long::Payload { (70, "seventy") } else { (40, "forty") };
    let begin = format!("Postrider test: a long text by {word}. It is whole if it counts to {name}:");
    let text = (1..=last).fold(begin, |text, number| format!("{text} {number}"));
    Body::Text(text.into())
}

/// Sends a flash text, as declared, and where that is refused in other ways.
pub(super) async fn flash(trial: &mut Trial<'_>, listener: &Listener) {
    let declared = trial.settings.text.flash;
    let (first, others): (Vec<_>, Vec<_>) = FLASHES.into_iter().partition(|(flash, _)| *flash == declared);
    let mut refused = Vec::new();
    let found = Finding::new(steps::FLASH, "a flash text");
    for (flash, word) in first.into_iter().chain(others) {
        let mut settings = trial.settings.clone();
        settings.text.flash = flash;
        let text = Body::Text("Postrider test: this text is shown at once.".into());
        match trial.send(text, true, &settings).await {
            Fate::Accepted(_) if refused.is_empty() => {
                listener.tell(found.well(format!("{word} accepted"))).await;
                return;
            }
            Fate::Accepted(_) => {
                let why = "the carrier refuses the other forms";
                let found = found.failed(format!("{word} accepted; {}", refused.join(", ")));
                listener.tell(found.remedy("flash", word.into(), why)).await;
                return;
            }
            Fate::Refused(status) => refused.push(format!("{word} refused with {status}")),
            Fate::Unanswered => refused.push(format!("{word} not answered")),
            Fate::NotSent => break,
        }
    }
    let found = match refused.is_empty() {
        true => found.note("not tried: there are no messages left, or the session is over"),
        false => found.note(refused.join(", ")).means("the carrier refuses such texts"),
    };
    listener.tell(found).await;
}

/// Octets that each alphabet reads otherwise, behind words that all read alike.
const SIGNS: &[u8] = b"Postrider test signs: \x24\x40\x5b \xc3\xa9.";

/// Sends octets as `data_coding` 0, and asks what the handset makes of them.
pub(super) async fn alphabet(trial: &mut Trial<'_>, listener: &Listener) {
    let found = Finding::new(steps::ALPHABET, "characters that differ between alphabets, as data_coding 0");
    let mut settings = trial.settings.clone();
    if settings.text.alphabet == Alphabet::Ucs2 {
        listener.tell(found.note("not tried: all texts go as UCS-2")).await;
        return;
    }
    // The octets go out as they are.
    settings.text.alphabet = Alphabet::Gsm7;
    let body = Body::Data { encoding: Encoding::Gsm7, header: Box::default(), data: SIGNS.to_vec().into() };
    let found = match trial.send(body, false, &settings).await {
        Fate::Accepted(_) => found.note("accepted").question(question(&trial.settings)),
        Fate::Refused(Status::RINVDCS) => found.failed("refused with ESME_RINVDCS").remedy(
            "alphabet",
            "ucs2".into(),
            "the carrier takes no data_coding 0",
        ),
        Fate::Refused(status) => found.note(format!("refused with {status}")),
        Fate::Unanswered => found.note("not answered"),
        Fate::NotSent => found.note("not tried: there are no messages left, or the session is over"),
    };
    listener.tell(found).await;
}

fn question(settings: &Settings) -> Question {
    let choice = |shows: &str, alphabet: Alphabet, word: &'static str| Choice {
        shows: shows.to_owned(),
        remedy: (settings.text.alphabet != alphabet).then(|| Remedy {
            field: "alphabet".into(),
            value: word.into(),
            why: format!("the handset showed '{shows}' for data_coding 0"),
        }),
    };
    Question {
        words: "What does the handset show after 'Postrider test signs:'?".to_owned(),
        choices: vec![
            choice("\u{a4}\u{a1}\u{c4}", Alphabet::Gsm7, "gsm7"),
            choice("$@[ \u{c3}\u{a9}", Alphabet::Latin1, "latin1"),
            choice("$@[ \u{e9}", Alphabet::Utf8, "utf8"),
            choice("$@[", Alphabet::Ascii, "ascii"),
        ],
    }
}
