//! The first text: whether the carrier takes one at all, and what it wants otherwise if not.

use super::refusal::in_words;
use super::steps;
use super::trial::{Fate, Trial};
use crate::smpp::settings::{Alphabet, Settings, ValidityForm};
use crate::smpp::status::code;
use postrider_core::message::Body;
use postrider_core::sender::Sender;
use postrider_declare::upstream::smpp::{AddressType, MessageMode};
use postrider_link::doctor::{Finding, Listener, Value, spoken};
use postrider_wire::smpp::Status;

/// The most corrections that are made one after another.
const CORRECTIONS: usize = 4;

/// Something that may be written otherwise.
struct Correction {
    settings: Settings,
    remedies: Vec<(&'static str, Value)>,
}

/// Sends one short text, and corrects what the carrier objects to, as far as that can be guessed; whether it was taken.
pub(super) async fn first(trial: &mut Trial<'_>, listener: &Listener) -> bool {
    let mut found = Finding::new(steps::SEND, "a short text");
    let mut objections = Vec::new();
    loop {
        let settings = trial.settings.clone();
        match trial.send(text(), false, &settings).await {
            Fate::Accepted(parts) => {
                listener.tell(accepted(found, trial, &parts, &objections)).await;
                return true;
            }
            Fate::Refused(status) => {
                objections.push(status);
                let correction = match objections.len() {
                    0..=CORRECTIONS => correct(trial, status).await,
                    _ => None,
                };
                let Some(Correction { settings, remedies }) = correction else {
                    listener.tell(refused(found, status)).await;
                    return false;
                };
                for (field, value) in remedies {
                    found =
                        found.remedy(field, value, format!("the carrier refused the other with {status}"));
                }
                trial.settings = settings;
            }
            Fate::Unanswered => {
                let found = found
                    .failed("the carrier didn't answer")
                    .means("the carrier reads messages and sends no answer");
                listener
                    .tell(
                        found.advice("ask the carrier whether the account may send, and whether it is well"),
                    )
                    .await;
                return false;
            }
            Fate::NotSent => {
                let why = trial.over.clone().unwrap_or_else(|| "it can't be written".to_owned());
                listener.tell(found.failed(why)).await;
                return false;
            }
        }
    }
}

fn text() -> Body {
    Body::Text("Postrider test: a short text.".into())
}

fn accepted(found: Finding, trial: &Trial<'_>, parts: &[usize], objections: &[Status]) -> Finding {
    let part = parts.first().and_then(|number| trial.parts.get(*number));
    let answer = part.and_then(|part| Some((part.answer.as_ref()?, part.sent)));
    let Some((answer, sent)) = answer else { return found };
    let took = spoken(answer.at.saturating_duration_since(sent));
    let name = if answer.name.is_empty() { "without an identifier".into() } else { answer.name.clone() };
    let said = format!("accepted in {took}, as {name}");
    if objections.is_empty() {
        return found.well(said);
    }
    let refused: Vec<String> = objections.iter().map(ToString::to_string).collect();
    found
        .failed(format!("refused with {} as declared; {said} in another form", refused.join(", then ")))
        .means("the carrier needs another form of message")
}

fn refused(found: Finding, status: Status) -> Finding {
    let remedy = code(status).remedy();
    let advice = match status {
        Status::RINVSRCADR => format!("give a sender with --from. {remedy}"),
        _ => remedy.to_owned(),
    };
    found.failed(format!("refused with {status}")).means(in_words(status)).advice(advice)
}

/// Tries what may help against an objection; the first that is taken, or that meets another objection.
async fn correct(trial: &mut Trial<'_>, objection: Status) -> Option<Correction> {
    for correction in corrections(&trial.settings, objection, trial.handset.from.as_ref()) {
        match trial.send(text(), false, &correction.settings).await {
            Fate::Accepted(_) => return Some(correction),
            Fate::Refused(status) if status != objection => return Some(correction),
            Fate::Refused(_) => {}
            Fate::Unanswered | Fate::NotSent => return None,
        }
    }
    None
}

fn corrections(settings: &Settings, objection: Status, from: Option<&Sender>) -> Vec<Correction> {
    let with = |remedies: Vec<(&'static str, Value)>, change: &dyn Fn(&mut Settings)| {
        let mut settings = settings.clone();
        change(&mut settings);
        Correction { settings, remedies }
    };
    let kinds = |fields: [&'static str; 2], place: fn(&mut Settings) -> &mut AddressType| {
        [(0, 1), (0, 0), (2, 1), (1, 1), (5, 0), (3, 0)]
            .map(|(ton, npi): (u8, u8)| {
                let remedies =
                    vec![(fields[0], Value::Number(ton.into())), (fields[1], Value::Number(npi.into()))];
                with(remedies, &|settings| *place(settings) = AddressType { ton, npi })
            })
            .into_iter()
            .collect::<Vec<_>>()
    };
    match objection {
        Status::RINVEXPIRY if settings.validity != ValidityForm::Omit => {
            vec![with(vec![("validity", "omit".into())], &|settings| settings.validity = ValidityForm::Omit)]
        }
        Status::RINVDSTADR => {
            let plus = !settings.addresses.plus;
            vec![with(vec![("addresses.plus", Value::Flag(plus))], &|settings| {
                settings.addresses.plus = plus;
            })]
        }
        Status::RINVDSTTON | Status::RINVDSTNPI => {
            kinds(["addresses.recipient.ton", "addresses.recipient.npi"], |it| &mut it.addresses.recipient)
        }
        Status::RINVSRCTON | Status::RINVSRCNPI => match from {
            Some(Sender::Number(_)) => {
                kinds(["addresses.number.ton", "addresses.number.npi"], |it| &mut it.addresses.number)
            }
            Some(Sender::Code(_)) => {
                kinds(["addresses.code.ton", "addresses.code.npi"], |it| &mut it.addresses.code)
            }
            Some(Sender::Name(_)) => {
                kinds(["addresses.name.ton", "addresses.name.npi"], |it| &mut it.addresses.name)
            }
            None => Vec::new(),
        },
        Status::RINVESMCLASS => [MessageMode::StoreAndForward, MessageMode::Datagram, MessageMode::Forward]
            .into_iter()
            .map(|mode| with(vec![("message_mode", mode.word().into())], &|it| it.message_mode = mode))
            .collect(),
        Status::RINVDCS if settings.text.alphabet != Alphabet::Ucs2 => {
            vec![with(vec![("alphabet", "ucs2".into())], &|settings| settings.text.alphabet = Alphabet::Ucs2)]
        }
        _ => Vec::new(),
    }
}
