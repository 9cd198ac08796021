//! Plans and their short forms. Many messages share a plan, so that each is printed and parsed once.

use postrider_core::route::Plan;
use std::sync::Arc;

/// Plans that are remembered at once: more than a busy gateway's messages of one moment have.
const KNOWN_MAX: usize = 32;

/// The plans that were written or read last, with their short forms.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    known: Vec<(Arc<Plan>, Arc<str>)>,
    /// The place that the next new plan takes, once all are taken.
    oldest: usize,
}

impl Plans {
    /// The short form of a plan.
    pub(crate) fn text(&mut self, plan: &Arc<Plan>) -> Arc<str> {
        let known = self.known.iter().find(|(known, _)| Arc::ptr_eq(known, plan));
        if let Some((_, text)) = known {
            return Arc::clone(text);
        }
        let text: Arc<str> = plan.to_string().into();
        self.remember(Arc::clone(plan), Arc::clone(&text));
        text
    }

    /// The plan with this short form; `None` for another text.
    pub(crate) fn plan(&mut self, text: &str) -> Option<Arc<Plan>> {
        if let Some((plan, _)) = self.known.iter().find(|(_, known)| **known == *text) {
            return Some(Arc::clone(plan));
        }
        let plan = Arc::new(text.parse().ok()?);
        self.remember(Arc::clone(&plan), text.into());
        Some(plan)
    }

    fn remember(&mut self, plan: Arc<Plan>, text: Arc<str>) {
        if let Some(place) = self.known.get_mut(self.oldest).filter(|_| self.oldest < KNOWN_MAX) {
            *place = (plan, text);
            self.oldest = (self.oldest + 1) % KNOWN_MAX;
            return;
        }
        self.known.push((plan, text));
        self.oldest = self.known.len() % KNOWN_MAX;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_printed_and_parsed_once() {
        let mut plans = Plans::default();
        let plan = plans.plan("1,2 world").unwrap();
        assert_eq!((plan.upstreams.len(), &*plan.route), (2, "world"));
        assert!(Arc::ptr_eq(&plan, &plans.plan("1,2 world").unwrap()));
        assert!(Arc::ptr_eq(&plans.text(&plan), &plans.text(&plan)));
        assert_eq!(&*plans.text(&plan), "1,2 world");
        assert_eq!(plans.plan("nothing"), None);
    }

    #[test]
    fn many_plans_push_old_ones_out_and_are_told_apart() {
        let mut plans = Plans::default();
        let made: Vec<_> = (0..100).map(|n| plans.plan(&format!("{n} route {n}")).unwrap()).collect();
        assert_eq!(plans.known.len(), KNOWN_MAX);
        for (n, plan) in made.iter().enumerate() {
            assert_eq!(&*plans.text(plan), format!("{n} route {n}"));
            assert_eq!(**plan, *plans.plan(&format!("{n} route {n}")).unwrap());
        }
        assert_eq!(plans.known.len(), KNOWN_MAX);
    }
}
