//! The checkers: small machines that are fed with all that is seen, and say what must never happen.

pub(crate) mod acks;
pub(crate) mod binds;
pub(crate) mod copies;
pub(crate) mod finals;
pub(crate) mod handsets;
pub(crate) mod held;
pub(crate) mod kept;
pub(crate) mod money;
pub(crate) mod order;
pub(crate) mod ordered;
pub(crate) mod rate;
pub(crate) mod reports;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod stops;
pub(crate) mod timely;
pub(crate) mod told;
pub(crate) mod window;

use crate::scenario::Scenario;
use crate::seen::Event;
use postrider_core::id::MessageId;

/// A rule that was broken.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The checker that saw it.
    pub(crate) check: &'static str,
    /// The message that it is about, if it is about one.
    pub(crate) message: Option<MessageId>,
    pub(crate) what: String,
    /// The event with which it showed.
    pub(crate) event: u64,
}

/// Broken rules, as a checker tells of them.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(Option<MessageId>, String)>);

impl Faults {
    /// Tells of a broken rule.
    pub(crate) fn tell(&mut self, message: impl Into<Option<MessageId>>, what: impl Into<String>) {
        self.0.push((message.into(), what.into()));
    }
}

/// A checker.
pub(crate) trait Check: Send {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Takes in the next observation.
    fn see(&mut self, event: &Event, faults: &mut Faults);
}

/// All checkers, and what they saw.
pub(crate) struct Checks {
    checks: Vec<Box<dyn Check>>,
    pub(crate) faults: Vec<Fault>,
}

/// Faults of one checker that are kept: the first are the telling ones.
const FAULTS_MAX: usize = 3;

impl Checks {
    /// The checkers of a run of this scenario.
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let Scenario { nodes, upstreams, limits, accounts, .. } = scenario;
        let mut checks: Vec<Box<dyn Check>> = vec![
            Box::<acks::Acks>::default(),
            Box::<binds::Binds>::default(),
            Box::<copies::Copies>::default(),
            Box::<finals::Finals>::default(),
            Box::<handsets::Handsets>::default(),
            Box::new(held::Held::new(accounts, *nodes)),
            Box::<kept::Kept>::default(),
            Box::<ordered::Ordered>::default(),
            Box::new(money::Money),
            Box::<reports::Reports>::default(),
            Box::<stops::Stops>::default(),
            Box::<told::Tellings>::default(),
            Box::<timely::Timely>::default(),
            Box::new(rate::Rates::new(upstreams, limits)),
            Box::new(window::Windows::new(upstreams)),
        ];
        if *nodes == 1 {
            // Nodes that share a queue keep no order between them.
            checks.push(Box::<order::Order>::default());
        }
        Self { checks, faults: Vec::new() }
    }

    /// Shows an observation to all.
    pub(crate) fn see(&mut self, event: &Event) {
        for check in &mut self.checks {
            let mut found = Faults::default();
            check.see(event, &mut found);
            for (message, what) in found.0 {
                let known = self.faults.iter().filter(|fault| fault.check == check.name()).count();
                if known < FAULTS_MAX {
                    self.faults.push(Fault { check: check.name(), message, what, event: event.number });
                }
            }
        }
    }
}
