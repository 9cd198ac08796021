//! Pauses: messages that are held back for a while, and upstreams that take no new ones.

use crate::message::Message;
use crate::numbering::Numbering;
use crate::route::{Plan, UpstreamId};
use crate::selector::Selector;
use crate::time::Time;
use std::sync::Arc;
use std::time::Duration;

/// How long a message is put off by a pause without an end, before it is looked at again.
pub const LOOK_AGAIN: Duration = Duration::from_hours(1);

/// What a pause does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Messages are accepted and wait.
    #[default]
    Hold,
    /// The upstreams take no new messages, and send those that they have.
    Drain,
}

/// A pause.
#[derive(Clone, Debug, PartialEq)]
pub struct Pause {
    /// Its name, unique.
    pub name: Box<str>,
    /// Why.
    pub reason: Box<str>,
    /// What it does.
    pub mode: Mode,
    /// The messages that it is about.
    pub selector: Selector,
    /// When it ends by itself, if ever.
    pub until: Option<Time>,
}

impl Pause {
    /// Whether it is in force.
    #[must_use]
    pub fn is_in_force(&self, now: Time) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// Whether it is about a whole upstream, whatever the message.
    fn is_of_whole(&self, upstream: UpstreamId) -> bool {
        let named = &self.selector.upstreams;
        self.selector.is_of_upstreams_alone() && (named.is_empty() || named.contains(&upstream))
    }
}

/// All pauses that are declared. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct Pauses(Arc<[Pause]>);

impl Pauses {
    /// These pauses.
    #[must_use]
    pub fn new(pauses: Vec<Pause>) -> Self {
        Self(pauses.into())
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Pause> {
        self.0.iter()
    }

    fn in_force(&self, mode: Mode, now: Time) -> impl Iterator<Item = &Pause> {
        self.0.iter().filter(move |pause| pause.mode == mode && pause.is_in_force(now))
    }

    /// Whether an upstream sends nothing at all.
    #[must_use]
    pub fn holds(&self, upstream: UpstreamId, now: Time) -> bool {
        self.in_force(Mode::Hold, now).any(|pause| pause.is_of_whole(upstream))
    }

    /// The pause by which a message waits, and until when it is put off.
    #[must_use]
    pub fn held(
        &self,
        message: &Message,
        upstream: UpstreamId,
        numbering: &Numbering,
        now: Time,
    ) -> Option<(&Pause, Time)> {
        let pause = self
            .in_force(Mode::Hold, now)
            .find(|pause| pause.selector.selects(message, Some(upstream), numbering, now))?;
        let again = now + LOOK_AGAIN;
        Some((pause, pause.until.map_or(again, |until| until.min(again))))
    }

    /// The plan without upstreams that take no new messages; `None` if none is left.
    #[must_use]
    pub fn undrained(&self, plan: &Arc<Plan>, now: Time) -> Option<Arc<Plan>> {
        if self.0.is_empty() {
            return Some(Arc::clone(plan));
        }
        let drains = |upstream| self.in_force(Mode::Drain, now).any(|pause| pause.is_of_whole(upstream));
        let left: Box<[UpstreamId]> =
            plan.upstreams.iter().copied().filter(|upstream| !drains(*upstream)).collect();
        if left.len() == plan.upstreams.len() {
            return Some(Arc::clone(plan));
        }
        (!left.is_empty()).then(|| Arc::new(Plan { route: plan.route.clone(), upstreams: left }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::MessageId;
    use crate::message::Class;

    const A: UpstreamId = UpstreamId(1);
    const B: UpstreamId = UpstreamId(2);
    const NOW: Time = Time(1_800_000_000_000);

    fn pause(mode: Mode, selector: Selector, until: Option<Time>) -> Pauses {
        Pauses::new(vec![Pause { name: "fault".into(), reason: "x".into(), mode, selector, until }])
    }

    #[test]
    fn a_pause_holds_what_it_is_about_until_it_ends() {
        let message = |class| Message { class, ..crate::testing::message(MessageId::from_number(1)) };
        let of_marketing =
            Selector { classes: vec![Class::Marketing], upstreams: vec![A], ..Selector::default() };
        let pauses = pause(Mode::Hold, of_marketing, Some(NOW + Duration::from_secs(60)));
        let held = |class, upstream, now| {
            pauses.held(&message(class), upstream, &Numbering::default(), now).map(|(_, until)| until)
        };
        assert_eq!(held(Class::Marketing, A, NOW), Some(NOW + Duration::from_secs(60)));
        assert_eq!(held(Class::Marketing, B, NOW), None);
        assert_eq!(held(Class::Otp, A, NOW), None);
        assert_eq!(held(Class::Marketing, A, NOW + Duration::from_secs(60)), None, "it has ended");
        assert!(!pauses.holds(A, NOW), "it isn't about all of the upstream");
        let endless = pause(Mode::Hold, Selector::default(), None);
        let until = endless.held(&message(Class::Otp), A, &Numbering::default(), NOW).map(|(_, until)| until);
        assert_eq!(until, Some(NOW + LOOK_AGAIN));
    }

    #[test]
    fn a_pause_of_upstreams_alone_holds_them_whole() {
        let pauses = pause(Mode::Hold, Selector { upstreams: vec![A], ..Selector::default() }, None);
        assert_eq!((pauses.holds(A, NOW), pauses.holds(B, NOW)), (true, false));
        assert!(pause(Mode::Hold, Selector::default(), None).holds(B, NOW), "it is about all");
    }

    #[test]
    fn a_drained_upstream_takes_no_new_messages() {
        let plan =
            |upstreams: &[UpstreamId]| Arc::new(Plan { route: "world".into(), upstreams: upstreams.into() });
        let drained = pause(Mode::Drain, Selector { upstreams: vec![A], ..Selector::default() }, Some(NOW));
        assert!(drained.undrained(&plan(&[A]), NOW).is_some(), "it has ended");
        let drained = pause(Mode::Drain, Selector { upstreams: vec![A], ..Selector::default() }, None);
        assert!(!drained.holds(A, NOW), "it sends what it has");
        assert_eq!(drained.undrained(&plan(&[A, B]), NOW), Some(plan(&[B])));
        assert_eq!(drained.undrained(&plan(&[B]), NOW), Some(plan(&[B])));
        assert_eq!(drained.undrained(&plan(&[A]), NOW), None);
    }
}
