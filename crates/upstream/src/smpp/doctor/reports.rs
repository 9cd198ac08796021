//! Receipts: how they come, how they name messages, and of which parts they are.

use super::forms::Set;
use super::incoming::Receipt;
use super::steps;
use super::trial::{Report, Trial};
use postrider_core::reference::ReferenceForm;
use postrider_link::doctor::{Finding, Listener, Value};
use postrider_link::now;
use postrider_wire::smpp::Command;
use postrider_wire::smpp::receipt::{Evidence, MessageState};
use std::collections::BTreeSet;

/// The forms that are tried, the likeliest first.
const FORMS: [ReferenceForm; 4] = [
    ReferenceForm::Same,
    ReferenceForm::HexThenDecimal,
    ReferenceForm::DecimalThenHex,
    ReferenceForm::Octets,
];

/// Where a receipt names its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Parameter,
    Text,
    Own(u16),
}

/// How receipts name messages, and whose they are.
struct Reading {
    form: ReferenceForm,
    place: Place,
    /// For each report the part that it is of.
    parts: Vec<Option<usize>>,
}

/// Waits for receipts of all that was accepted, for as long as is allowed, and says how they come.
pub(super) async fn reports(trial: &mut Trial<'_>, sets: &[Set], listener: &Listener) {
    await_all(trial).await;
    let accepted = trial.names().count();
    if trial.reports.is_empty() {
        listener.tell(none(trial, accepted)).await;
        return;
    }
    let reading = read(trial);
    listener.tell(ids(trial, &reading)).await;
    listener.tell(form(trial, &reading, accepted)).await;
    if let Some(found) = of_parts(&reading, sets) {
        listener.tell(found).await;
    }
}

/// Waits until each accepted part has a receipt that ends it, or until it was long enough.
async fn await_all(trial: &mut Trial<'_>) {
    let until = now() + trial.handset.patience;
    let is_end = |report: &&Report| report.brought.receipt.as_ref().is_some_and(is_end);
    while trial.over.is_none() && trial.reports.iter().filter(is_end).count() < trial.names().count() {
        if !trial.hear(until).await {
            return;
        }
    }
}

/// Takes the receipts that are still to come, so that the carrier doesn't bring them to the next bind.
pub(super) async fn rest(trial: &mut Trial<'_>) {
    // From a carrier that has sent none so far none is to be expected.
    if !trial.reports.is_empty() {
        await_all(trial).await;
    }
}

fn is_end(receipt: &Receipt) -> bool {
    !matches!(
        receipt.state,
        None | Some(MessageState::Enroute | MessageState::Accepted | MessageState::Scheduled)
    )
}

fn none(trial: &Trial<'_>, accepted: usize) -> Finding {
    let waited = trial.handset.patience;
    Finding::new(steps::RECEIPTS, format!("receipts for {accepted} parts"))
        .failed(format!("none came in {waited:?}"))
        .means("without receipts the final status of messages stays unknown")
        .advice(
            "check whether the texts came on the handset; ask the carrier whether receipts are enabled for the account, and \
             which session gets them. If the carrier sends none, set 'registered_delivery' to 0",
        )
}

/// The form and the place in which most receipts name a part.
fn read(trial: &Trial<'_>) -> Reading {
    let mut places = vec![Place::Parameter, Place::Text];
    let receipts = trial.reports.iter().filter_map(|report| report.brought.receipt.as_ref());
    let own: BTreeSet<u16> = receipts.flat_map(|receipt| &receipt.own_ids).map(|(tag, _)| *tag).collect();
    places.extend(own.into_iter().map(Place::Own));
    let readings = places.into_iter().flat_map(|place| FORMS.map(|form| reading(trial, form, place)));
    let known = |reading: &Reading| reading.parts.iter().flatten().count();
    let nothing = Reading { form: ReferenceForm::Same, place: Place::Parameter, parts: Vec::new() };
    // Of equals the first counts.
    readings.fold(nothing, |best, next| if known(&next) > known(&best) { next } else { best })
}

fn reading(trial: &Trial<'_>, form: ReferenceForm, place: Place) -> Reading {
    let part_of = |report: &Report| {
        let key = form.key_of_receipt(named(report.brought.receipt.as_ref()?, place)?)?;
        trial.names().find(|(_, name)| !name.is_empty() && *form.key(name) == *key).map(|(number, _)| number)
    };
    Reading { form, place, parts: trial.reports.iter().map(part_of).collect() }
}

fn named(receipt: &Receipt, place: Place) -> Option<&str> {
    match place {
        Place::Parameter => receipt.tlv_id.as_deref(),
        Place::Text => receipt.text_id.as_deref(),
        Place::Own(tag) => receipt.own_ids.iter().find(|(own, _)| *own == tag).map(|(_, id)| id.as_str()),
    }
}

/// How identifiers are spelled, with an example.
fn ids(trial: &Trial<'_>, reading: &Reading) -> Finding {
    let found = Finding::new(steps::IDS, "identifiers in answers and in receipts");
    let place = match reading.place {
        Place::Parameter => "receipted_message_id".to_owned(),
        Place::Text => "the text".to_owned(),
        Place::Own(tag) => format!("the parameter 0x{tag:04X}"),
    };
    let pairs = trial.reports.iter().zip(&reading.parts);
    let example =
        pairs.rev().find_map(|(report, part)| Some((report, (*part)?))).and_then(|(report, part)| {
            let answered = &trial.parts.get(part)?.answer.as_ref()?.name;
            Some((answered.clone(), named(report.brought.receipt.as_ref()?, reading.place)?.to_owned()))
        });
    let Some((answered, reported)) = example else { return unmatched(found, trial) };
    let word = reading.form.word();
    let said = format!("{word}: {answered} in an answer is {reported} in {place}");
    let declared = trial.subject.names;
    let fits =
        reading.form == declared || reading.form == ReferenceForm::Same && declared == ReferenceForm::Auto;
    let mut found = if fits { found.well(said) } else { found.note(said) };
    if !fits {
        found = found.remedy(
            "receipts.ids",
            word.into(),
            format!("{answered} in an answer is {reported} in a receipt"),
        );
    }
    match reading.place {
        Place::Own(tag)
            if trial.settings.receipts.id_tag.as_ref().is_none_or(|declared| declared.0 != tag) =>
        {
            let why = "receipts name the message in this parameter alone";
            found.remedy("receipts.id_tag", Value::Text(format!("0x{tag:04X}")), why)
        }
        Place::Text
            if trial.reports.iter().any(|report| {
                report.brought.receipt.as_ref().is_some_and(|receipt| receipt.tlv_id.is_some())
            }) =>
        {
            let why = "receipted_message_id differs from the identifier in the answer";
            found.remedy("receipts.id_from", "text".into(), why)
        }
        _ => found,
    }
}

fn unmatched(found: Finding, trial: &Trial<'_>) -> Finding {
    let answered: Vec<&str> = trial.names().map(|(_, name)| name).take(3).collect();
    let receipts = trial.reports.iter().filter_map(|report| report.brought.receipt.as_ref());
    let reported: Vec<&str> =
        receipts.filter_map(|it| it.tlv_id.as_deref().or(it.text_id.as_deref())).take(3).collect();
    found
        .failed(format!("answers said {}, receipts {}", answered.join(", "), reported.join(", ")))
        .means("receipts and answers name messages differently, so no receipt could be matched")
        .advice("ask the carrier how the identifier in its receipts is made from the one in its answers")
}

/// Where receipts come, and which.
fn form(trial: &Trial<'_>, reading: &Reading, accepted: usize) -> Finding {
    let reports = &trial.reports;
    let count = reports.len();
    let some = |is: &dyn Fn(&Report) -> bool, words: &str| {
        let number = reports.iter().filter(|report| is(report)).count();
        match number {
            0 => None,
            _ if number == count => Some(words.to_owned()),
            _ => Some(format!("{words} ({number} of {count})")),
        }
    };
    let receipt =
        |is: fn(&Receipt) -> bool| move |report: &Report| report.brought.receipt.as_ref().is_some_and(is);
    let early = |report: &Report, part: Option<usize>| {
        part.and_then(|part| trial.parts.get(part)).is_some_and(|part| report.place < part.place)
    };
    let early = reports.iter().zip(&reading.parts).filter(|(report, part)| early(report, **part)).count();
    let mut words: Vec<String> = [
        some(&|it| it.brought.command == Command::DATA_SM, "in data_sm"),
        some(&|it| it.brought.command == Command::DELIVER_SM && !it.brought.payload, "in deliver_sm"),
        some(&|it| it.brought.payload, "in message_payload of deliver_sm"),
        some(&receipt(|it| it.tlv_id.is_some()), "with receipted_message_id"),
        some(&receipt(|it| it.tlv_id.is_none()), "without receipted_message_id"),
        some(&receipt(|it| it.text_id.is_some()), "with an identifier in the text"),
        some(&receipt(|it| it.evidence != Evidence::EsmClass), "without a mark in esm_class"),
        some(&receipt(|it| it.state == Some(MessageState::Accepted)), "ACCEPTD"),
        some(&receipt(|it| it.state == Some(MessageState::Enroute)), "ENROUTE"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if early > 0 {
        words.push(format!("{early} before the answer that they are about"));
    }
    let found = Finding::new(steps::RECEIPTS, format!("receipts for {accepted} parts"));
    let said = format!("{count} came: {}", words.join(", "));
    let is_accepted = receipt(|it| it.state == Some(MessageState::Accepted));
    let is_ended = receipt(is_end);
    if reports.iter().any(is_accepted)
        && !reports.iter().any(is_ended)
        && !trial.settings.receipts.accepted_is_final
    {
        return found
            .note(said)
            .means("the carrier reports ACCEPTD and no later state")
            .advice("ask the carrier whether ACCEPTD is its last report, and check whether the texts came on the handset")
            .remedy("receipts.accepted_is_final", Value::Flag(true), "nothing came after ACCEPTD");
    }
    found.well(said)
}

/// Whether each part of a long text has a receipt, or one of them for all.
fn of_parts(reading: &Reading, sets: &[Set]) -> Option<Finding> {
    let reported: BTreeSet<usize> = reading.parts.iter().flatten().copied().collect();
    let counts: Vec<usize> =
        sets.iter().map(|set| set.iter().filter(|part| reported.contains(part)).count()).collect();
    if counts.is_empty() || reported.is_empty() {
        return None;
    }
    let found = Finding::new(steps::RECEIPTS, "receipts for texts of several parts");
    Some(if counts.iter().all(|count| *count == 1) {
        found.note("one for all parts").remedy(
            "receipts.parts",
            "one".into(),
            "one receipt came for all parts of a text",
        )
    } else if sets.iter().zip(&counts).all(|(set, count)| set.len() == *count) {
        found.well("one for each part")
    } else {
        found.note("some parts have none yet")
    })
}
