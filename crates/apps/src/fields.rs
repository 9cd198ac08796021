//! The fields of a message as texts: columns of files and tables, members of documents from brokers. Their names are REST's.

use jiff::Timestamp;
use postrider_core::contract::Refused;
use postrider_core::message::{Body, Class};
use postrider_core::submission::Submission;
use postrider_core::time::Time;
use postrider_declare::Span;

/// The names of the fields.
pub(crate) const NAMES: [&str; 7] = ["to", "text", "from", "class", "send_at", "valid_for", "reference"];

/// Why fields make no submission: a code and the reason.
pub(crate) type Wrong = (&'static str, String);

/// Sets a field, one of [`NAMES`]. A blank value sets nothing.
pub(crate) fn set(submission: &mut Submission, name: &str, value: &str) -> Result<(), Wrong> {
    let given = value.trim();
    if given.is_empty() {
        return Ok(());
    }
    match name {
        "to" => submission.to = given.to_owned(),
        "text" => submission.body = Some(Body::Text(value.into())),
        "from" => submission.from = Some(given.to_owned()),
        "class" => submission.class = Some(class(given)?),
        "send_at" => submission.send_at = Some(moment(given)?),
        "valid_for" => {
            let span = Span::new(given).read().map_err(|error| ("invalid_valid_for", error.to_string()))?;
            submission.valid_for = Some(span);
        }
        _ => submission.reference = Some(given.to_owned()),
    }
    Ok(())
}

/// The refusal for fields that make no submission.
pub(crate) fn refused((code, detail): Wrong) -> Refused {
    Refused { code: code.into(), detail: detail.into(), field: None }
}

fn class(word: &str) -> Result<Class, Wrong> {
    let words = Class::ALL.map(Class::word).join(", ");
    Class::from_word(word).ok_or_else(|| ("invalid_class", format!("'{word}' is no class: write {words}")))
}

fn moment(text: &str) -> Result<Time, Wrong> {
    let wrong =
        |_| ("invalid_send_at", format!("'{text}' is no time: write one such as 2030-01-31T09:00:00Z"));
    text.parse::<Timestamp>().map(|at| Time(at.as_millisecond())).map_err(wrong)
}
