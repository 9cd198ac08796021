//! Decides what becomes of a submission: by rate, by what is demanded, by chance, by its number, in this order.
//! It neither answers nor sends receipts.

use super::part::Submission;
use super::{Answer, Fate, MAGIC_PREFIX, Settings, TooFast, magic_numbers};
use crate::dice::Dice;
use postrider_wire::smpp::Status;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Instant;

/// The most messages remembered that are refused at first and accepted when they come again.
const MAX_TRIED: usize = 100_000;

/// The decision on a submission. Chance decides anew each time; fates that change with the second try remember
/// the first.
#[derive(Debug)]
pub(crate) struct Judge {
    settings: Arc<Settings>,
    magic: HashMap<Vec<u8>, Arc<Fate>>,
    own: HashMap<Vec<u8>, Arc<Fate>>,
    usual: Arc<Fate>,
    dice: Dice,
    tried: HashMap<u64, u32>,
}

/// How a submission is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accept(Arc<Fate>),
    Refuse(Status),
    Ignore,
    HangUp,
}

/// The parts a second that one client may send: a bucket that holds a second's worth.
#[derive(Debug)]
pub(crate) struct Throttle {
    tokens: f64,
    filled: Instant,
}

impl Judge {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        let magic = magic_numbers().into_iter();
        Self {
            magic: magic.map(|number| (number.digits.into_bytes(), Arc::new(number.fate))).collect(),
            own: fates(&settings),
            usual: Arc::new(settings.fate.clone()),
            dice: Dice::new(settings.seed),
            tried: HashMap::new(),
            settings,
        }
    }

    /// Judges otherwise from now on; what was tried stays known, and chance goes on unless it has another seed.
    pub(crate) fn set(&mut self, settings: Arc<Settings>) {
        if settings.seed != self.settings.seed {
            self.dice = Dice::new(settings.seed);
        }
        self.own = fates(&settings);
        self.usual = Arc::new(settings.fate.clone());
        self.settings = settings;
    }

    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    pub(crate) fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    /// The decision on a submission that is the `nth` on its connection, from 1.
    pub(crate) fn judge(
        &mut self,
        submission: &Submission<'_>,
        nth: u64,
        throttle: &mut Throttle,
        now: Instant,
    ) -> Verdict {
        if self.settings.hang_up_after.is_some_and(|most| nth > most) {
            return Verdict::HangUp;
        }
        if self.settings.throttle.is_some_and(|rate| !throttle.permits(rate, now)) {
            return match self.settings.too_fast {
                TooFast::Refused(status) => Verdict::Refuse(status),
                TooFast::Ignored => Verdict::Ignore,
                TooFast::HangUp => Verdict::HangUp,
            };
        }
        if let Some(status) = self.settings.demands.iter().find_map(|demand| demand.objection(submission)) {
            return Verdict::Refuse(status);
        }
        if let Some(errors) = self.settings.errors
            && self.dice.happens(errors.share)
        {
            return Verdict::Refuse(errors.status);
        }
        let fate = Arc::clone(self.fate(submission.destination.digits));
        self.meet(fate, submission)
    }

    /// The fate of messages to a number.
    pub(crate) fn fate(&self, destination: &[u8]) -> &Arc<Fate> {
        let digits = destination.strip_prefix(b"+").unwrap_or(destination);
        let own = if self.own.is_empty() { None } else { self.own.get(digits) };
        let is_magic = self.settings.magic_numbers && digits.starts_with(MAGIC_PREFIX.as_bytes());
        own.or_else(|| if is_magic { self.magic.get(digits) } else { None }).unwrap_or(&self.usual)
    }

    fn meet(&mut self, fate: Arc<Fate>, submission: &Submission<'_>) -> Verdict {
        match fate.answer {
            Answer::Accept | Answer::AcceptAfterReceipt => Verdict::Accept(fate),
            Answer::Refuse(status) => Verdict::Refuse(status),
            Answer::Never => Verdict::Ignore,
            Answer::RefuseFirst { status, times } if self.is_early(submission, times) => {
                Verdict::Refuse(status)
            }
            Answer::HangUpFirst if self.is_early(submission, 1) => Verdict::HangUp,
            Answer::RefuseFirst { .. } | Answer::HangUpFirst => Verdict::Accept(fate),
        }
    }

    /// Whether this message came no more than `times` yet. When it came more often it is forgotten.
    fn is_early(&mut self, submission: &Submission<'_>, times: u32) -> bool {
        let digest = digest(submission);
        let tries = self.tried.get(&digest).copied().unwrap_or(0) + 1;
        if tries > times {
            self.tried.remove(&digest);
            return false;
        }
        if self.tried.len() < MAX_TRIED {
            self.tried.insert(digest, tries);
        }
        true
    }
}

/// The fates of numbers that the settings name.
fn fates(settings: &Settings) -> HashMap<Vec<u8>, Arc<Fate>> {
    let digits = |number: &str| number.trim_start_matches('+').as_bytes().to_vec();
    settings.fates.iter().map(|(number, fate)| (digits(number), Arc::new(fate.clone()))).collect()
}

/// The identity of a submission: sender, text and recipient.
pub(crate) fn digest(submission: &Submission<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    submission.source.digits.hash(&mut hasher);
    submission.destination.digits.hash(&mut hasher);
    submission.user_data.hash(&mut hasher);
    hasher.finish()
}

impl Throttle {
    /// A bucket that is still to be filled, with the first part that comes.
    pub(crate) fn new(now: Instant) -> Self {
        Self { tokens: f64::INFINITY, filled: now }
    }

    fn permits(&mut self, rate: u32, now: Instant) -> bool {
        let most = f64::from(rate);
        let since = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + since * most).min(most);
        self.filled = now;
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_throttle_lets_through_its_rate() {
        let start = postrider_link::now();
        let mut throttle = Throttle::new(start);
        let passed = |throttle: &mut Throttle, at| (0..100).filter(|_| throttle.permits(10, at)).count();
        assert_eq!(passed(&mut throttle, start), 10);
        assert_eq!(passed(&mut throttle, start + Duration::from_millis(500)), 5);
        assert_eq!(passed(&mut throttle, start + Duration::from_secs(60)), 10);
    }
}
