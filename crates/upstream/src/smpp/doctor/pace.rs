//! How many messages the carrier bears unanswered, and how many a second.

use super::steps;
use super::trial::{Part, Trial, is_throttle};
use postrider_link::doctor::{Finding, Listener, Value, spoken};
use postrider_link::now;
use postrider_wire::smpp::Status;
use std::time::{Duration, Instant};

/// The most messages that are left unanswered.
const WINDOW_MAX: usize = 100;
/// How many steps there are to one answer's time, as the number of unanswered messages rises.
const STEPS: u32 = 12;
/// Answers that come sooner leave nothing unanswered.
const QUICK: Duration = Duration::from_millis(20);
/// The fewest messages by which a rate can be told.
const RATE_LEAST: usize = 30;
/// How long the rate is measured once the carrier said that it was too fast.
const MEASURED: Duration = Duration::from_secs(2);
/// The shortest and the longest time between two messages while the rate is measured.
const PAUSE_MIN: Duration = Duration::from_micros(500);
const PAUSE_MAX: Duration = Duration::from_millis(20);
/// The text that is sent for the rate.
const TEXT: &str = "Postrider test: how many a second.";

/// Raises the number of unanswered messages until the carrier objects; whether the session outlived it.
pub(super) async fn window(trial: &mut Trial<'_>, listener: &Listener) -> bool {
    let found = Finding::new(steps::WINDOW, "unanswered messages at once");
    let Some(latency) = latency(trial) else { return true };
    if latency < QUICK {
        let words = format!(
            "not measured: answers come in {}, so that hardly any message is unanswered",
            spoken(latency)
        );
        listener.tell(found.well(words)).await;
        return true;
    }
    let (begin, mut most) = (trial.parts.len(), 0);
    let refused = loop {
        if trial.bound.sending.outstanding() >= WINDOW_MAX
            || trial.hand_in_short("Postrider test: how many may be unanswered.").is_none()
        {
            break None;
        }
        most = most.max(trial.bound.sending.outstanding());
        trial.listen(now() + latency / STEPS).await;
        let refused = (begin..trial.parts.len()).find_map(|number| refusal(trial, number));
        if trial.over.is_some() || refused.is_some() {
            break refused;
        }
        // They go as soon as they come: more won't be unanswered.
        if trial.parts.len() - begin > most + 3 {
            break None;
        }
    };
    trial.answered(begin..trial.parts.len()).await;
    let declared = u32::from(trial.settings.window);
    let found = if trial.over.is_some() || refused.is_some() {
        let bearable = u16::try_from(most.saturating_sub(1).max(1)).unwrap_or(1);
        let how = refused.map_or("the carrier closed the connection".to_owned(), |status| status.to_string());
        let said = format!("{how} when {most} were unanswered");
        trial.settings.window = trial.settings.window.min(bearable);
        if refused.is_some_and(is_throttle) {
            // Whether it was too many at once or too many a second, the status doesn't say.
            let advice = "ask the carrier how many messages may be unanswered; it may have been too many a second as well";
            found.note(said).advice(advice)
        } else if declared > u32::from(bearable) {
            let why = format!("the carrier objected to {most} unanswered messages");
            found.failed(said).remedy("window", Value::Number(bearable.into()), why)
        } else {
            found.well(said)
        }
    } else {
        found.well(format!("the carrier accepted {most} unanswered messages at once"))
    };
    listener.tell(found).await;
    trial.over.is_none()
}

/// The longest that an answer took.
fn latency(trial: &Trial<'_>) -> Option<Duration> {
    let took = |part: &Part| Some(part.answer.as_ref()?.at.saturating_duration_since(part.sent));
    trial.parts.iter().filter_map(took).max()
}

fn refusal(trial: &Trial<'_>, number: usize) -> Option<Status> {
    trial.status(number).filter(|status| !status.is_ok())
}

/// Sends as fast as the window allows until the carrier says that it is too fast, and then counts what it takes.
pub(super) async fn rate(trial: &mut Trial<'_>, listener: &Listener) {
    let found = Finding::new(steps::RATE, "messages a second");
    if trial.left() < RATE_LEAST {
        let said = match trial.throttled {
            true => "the carrier throttled once; a thorough examination measures its rate",
            false => "not measured: this needs a thorough examination (more messages)",
        };
        listener.tell(found.well(said)).await;
        return;
    }
    let begin = trial.parts.len();
    let began = now();
    rush(trial, begin).await;
    let refused = (begin..trial.parts.len()).find_map(|number| refusal(trial, number));
    let Some(status) = refused else {
        if let Some(why) = &trial.over {
            listener.tell(found.note(format!("not measured: {why}"))).await;
            return;
        }
        let accepted = accepted(trial, begin);
        let took = now().saturating_duration_since(began);
        let said = format!("{accepted} in {} were accepted, and none refused", spoken(took));
        listener.tell(found.well(said)).await;
        return;
    };
    let at_once = accepted(trial, begin);
    let rate = measured(trial).await;
    let said = format!("refused with {status} after {at_once} at once; then {rate} a second were accepted");
    let why = format!("the carrier took {rate} a second, and refused more with {status}");
    let mut found = found.note(said).remedy("rate", Value::Number(rate), why);
    if !is_throttle(status) {
        let field = format!("errors.0x{:02X}", status.0);
        found = found.remedy(field, "throttled".into(), "the carrier answers so when messages come too fast");
    }
    listener.tell(found).await;
}

/// Hands in as fast as the window allows, until one is refused or there are no more.
async fn rush(trial: &mut Trial<'_>, begin: usize) {
    loop {
        let is_refused = (begin..trial.parts.len()).any(|number| refusal(trial, number).is_some());
        if is_refused || trial.over.is_some() {
            return;
        }
        let has_room = trial.bound.sending.outstanding() < usize::from(trial.settings.window);
        if has_room && trial.hand_in_short(TEXT).is_some() {
            continue;
        }
        if trial.left() == 0 {
            trial.answered(begin..trial.parts.len()).await;
            return;
        }
        if !trial.hear(now() + trial.settings.timers.response_timeout.get()).await {
            return;
        }
    }
}

fn accepted(trial: &Trial<'_>, from: usize) -> usize {
    (from..trial.parts.len()).filter(|number| trial.status(*number).is_some_and(Status::is_ok)).count()
}

/// The rate that the carrier takes, once it was too much: found by sending a little faster for a while.
async fn measured(trial: &mut Trial<'_>) -> u32 {
    let (from, start, mut pause) = (trial.parts.len(), now(), PAUSE_MAX);
    while now().saturating_duration_since(start) < MEASURED && trial.over.is_none() && trial.left() > 0 {
        let number = match trial.bound.sending.outstanding() < usize::from(trial.settings.window) {
            true => trial.hand_in_short(TEXT),
            false => None,
        };
        trial.listen(now() + pause).await;
        if let Some(status) = number.and_then(|number| trial.status(number)) {
            pause = if status.is_ok() { (pause / 2).max(PAUSE_MIN) } else { (pause * 2).min(PAUSE_MAX) };
        }
    }
    trial.answered(from..trial.parts.len()).await;
    let taken = trial.parts.get(from..).unwrap_or_default().iter().filter_map(|part| part.answer.as_ref());
    let mut at: Vec<Instant> = taken.filter(|answer| answer.status.is_ok()).map(|answer| answer.at).collect();
    at.sort();
    // From the first to the last there is one interval less than there are messages.
    match (at.first(), at.last()) {
        (Some(first), Some(last)) if last > first => {
            whole((at.len() - 1) as f64 / last.duration_since(*first).as_secs_f64())
        }
        _ => 1,
    }
}

/// Whole messages a second, at least one. The measured rate is a little off.
fn whole(rate: f64) -> u32 {
    (rate + 0.4).floor().clamp(1.0, 10_000.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_told_in_whole_messages() {
        for (measured, told) in [(0.2, 1), (19.7, 20), (20.3, 20), (19.5, 19), (99.9, 100)] {
            assert_eq!(whole(measured), told, "{measured}");
        }
    }
}
