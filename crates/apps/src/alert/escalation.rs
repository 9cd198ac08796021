//! The steps of an escalation: what an alert does when its time has come.

use super::group::{Group, Member};
use super::state::{Alert, State};
use postrider_core::number::Number;
use postrider_core::time::Time;
use std::time::Duration;

/// An alert of this age is told to nobody any more.
pub(super) const OLD: Duration = Duration::from_hours(24);

/// Does what is due of an alert. Returns those who are to be told.
pub(super) fn step<'g>(alert: &mut Alert, group: Option<&'g Group>, now: Time) -> Vec<&'g Member> {
    if alert.is_open() && alert.ends.is_some_and(|ends| Time(ends) <= now) {
        alert.resolve("over by its own time", None, now);
    }
    match alert.state {
        State::Firing => escalate(alert, group, now),
        State::Acknowledged => {
            alert.due = alert.ends;
            Vec::new()
        }
        State::Resolved => {
            alert.due = None;
            let told = |member: &&Member| {
                member.number().is_some_and(|number| alert.told.contains(&number.digits()))
            };
            group.map_or_else(Vec::new, |group| group.people.iter().filter(told).collect())
        }
    }
}

fn escalate<'g>(alert: &mut Alert, group: Option<&'g Group>, now: Time) -> Vec<&'g Member> {
    let Some(group) = group else {
        return end(alert, now, "nobody is told: its group doesn't exist any more");
    };
    if alert.is_stale(now) {
        return end(alert, now, "nobody is told any more: it is a day old");
    }
    if usize::from(alert.step) >= group.steps.len() {
        if alert.round >= group.repeat {
            return end(alert, now, "nobody acknowledged it, and there is no further step");
        }
        alert.round += 1;
        alert.step = 0;
    }
    let Some(step) = group.steps.get(usize::from(alert.step)) else { return Vec::new() };
    let reached = group.reached(&step.tell, now);
    let names: Vec<&str> = reached.iter().map(|member| &*member.name).collect();
    alert.note(now, format!("step {}: text {}", alert.step + 1, names.join(", ")));
    for member in &reached {
        let digits = member.number().map(Number::digits);
        if let Some(digits) = digits.filter(|digits| !alert.told.contains(digits)) {
            alert.told.push(digits);
        }
    }
    alert.step += 1;
    let next = now + Duration::from_millis(step.wait);
    alert.due = Some(alert.ends.map_or(next.0, |ends| ends.min(next.0)));
    reached
}

/// Ends the escalation of an alert that stays open.
fn end<'g>(alert: &mut Alert, now: Time, why: &str) -> Vec<&'g Member> {
    alert.due = alert.ends;
    alert.note(now, why);
    metrics::counter!("postrider_alerts_unheard_total").increment(1);
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::group::testing::group;
    use crate::alert::signal::{Condition, Signal};

    /// A moment in Ann's first turn.
    const START: Time = Time(1_767_693_600_000);

    fn alert() -> Alert {
        Alert::open(12, "prom", "ops", &Signal::new("k", Condition::Firing, "Disk full"), START)
    }

    fn names(told: &[&Member]) -> Vec<String> {
        told.iter().map(|member| member.name.to_string()).collect()
    }

    #[test]
    fn each_step_is_done_once_until_none_is_left() {
        let (group, mut alert) = (group(), alert());
        let mut told = Vec::new();
        while let Some(due) = alert.due {
            let now = Time(due);
            told.push((now.since(START).as_secs() / 60, names(&step(&mut alert, Some(&group), now))));
        }
        let all = vec!["ann".to_owned(), "bob".into(), "carl".into()];
        let (ann, bob) = (vec!["ann".to_owned()], vec!["bob".to_owned()]);
        let once = [(0, ann.clone()), (5, bob.clone()), (10, all.clone())];
        let again = [(25, ann), (30, bob), (35, all), (50, Vec::new())];
        assert_eq!(told, [&once[..], &again[..]].concat());
        assert_eq!((alert.state, alert.told.len()), (State::Firing, 3));
    }

    #[test]
    fn nobody_is_told_of_what_is_acknowledged_or_old() {
        let group = group();
        let mut it = alert();
        assert!(it.acknowledge("ann", Some("on it"), START) && !it.acknowledge("bob", None, START));
        assert!(step(&mut it, Some(&group), START).is_empty() && it.due.is_none());
        let mut it = alert();
        assert!(step(&mut it, Some(&group), START + OLD).is_empty() && it.due.is_none());
        let mut it = alert();
        assert!(step(&mut it, None, START).is_empty() && it.due.is_none());
    }

    #[test]
    fn those_who_were_told_hear_that_it_is_over() {
        let (group, mut it) = (group(), alert());
        assert_eq!(names(&step(&mut it, Some(&group), START)), ["ann"]);
        assert!(it.resolve("resolved by prom", None, START) && it.due == Some(START.0));
        assert_eq!(names(&step(&mut it, Some(&group), START)), ["ann"]);
        assert_eq!(it.due, None);
        let mut quick = alert();
        quick.resolve("resolved by prom", None, START);
        assert_eq!(quick.due, None, "nobody was told");
    }

    #[test]
    fn an_alert_with_an_end_ends_by_itself() {
        let group = group();
        let mut signal = Signal::new("k", Condition::Firing, "Storm");
        signal.ends = Some(START + Duration::from_mins(3));
        let mut it = Alert::open(1, "cap", "ops", &signal, START);
        assert_eq!(names(&step(&mut it, Some(&group), START)), ["ann"]);
        it.acknowledge("ann", None, START);
        let end = Time(it.due.unwrap());
        assert_eq!(
            (end.since(START).as_secs(), names(&step(&mut it, Some(&group), end))),
            (180, vec!["ann".into()])
        );
        assert_eq!((it.state, it.due), (State::Resolved, None));
    }
}
