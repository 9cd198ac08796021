//! The naming of parts in receipts: carriers' references, in the forms in which each carrier spells them.

use crate::learned_forms::LearnedForms;
use postrider_core::delivery::Awaited;
use postrider_core::number::Number;
use postrider_core::receipt::Report;
use postrider_core::reference::{Learner, Learnt, ReferenceForm};
use postrider_core::route::UpstreamId;
use postrider_core::rules::{Rules, Upstream};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// The key of a part: its upstream, and the carrier's reference without what carriers change about it.
pub(crate) type PartKey = (UpstreamId, Box<str>);

/// A part that a receipt may be about.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) key: PartKey,
    form: ReferenceForm,
    /// Whether it is the likeliest of all that the receipt's reference may stand for.
    pub(crate) likeliest: bool,
}

impl Candidate {
    /// The only part that can be meant.
    pub(crate) const fn certain(key: PartKey) -> Self {
        Self { key, form: ReferenceForm::Same, likeliest: true }
    }
}

/// The naming of parts in an upstream's receipts.
pub(crate) struct ReceiptNaming {
    upstream: UpstreamId,
    form: ReferenceForm,
    /// Other upstreams to the same carrier, by which the part may have gone.
    same_carrier: Vec<(UpstreamId, ReferenceForm)>,
}

impl ReceiptNaming {
    /// The naming in this upstream's receipts, by declaration and by what was learnt.
    pub(crate) fn of(upstream: UpstreamId, rules: &Rules, forms: &LearnedForms) -> Self {
        let form = |upstream: &Upstream| match upstream.reference_form {
            ReferenceForm::Auto => forms.get(upstream).unwrap_or_default(),
            declared => declared,
        };
        let Some(own) = rules.upstream(upstream) else {
            return Self { upstream, form: ReferenceForm::Same, same_carrier: Vec::new() };
        };
        let same_carrier = match &own.carrier {
            None => Vec::new(),
            Some(carrier) => rules
                .upstreams()
                .filter(|other| other.id != upstream && other.carrier.as_ref() == Some(carrier))
                .map(|other| (other.id, form(other)))
                .collect(),
        };
        Self { upstream, form: form(own), same_carrier }
    }

    /// The key of a reference that an answer gave.
    pub(crate) fn key<'n>(&self, given: &'n str) -> Cow<'n, str> {
        self.form.key(given)
    }

    /// Turns the references of receipts that are waited for into keys.
    pub(crate) fn set_keys(&self, awaited: &mut [Awaited]) {
        for awaited in awaited {
            let key = self.key(&awaited.reference);
            if *key != *awaited.reference {
                let key = key.into();
                awaited.given = Some(std::mem::replace(&mut awaited.reference, key));
            }
        }
    }

    /// The key of a receipt's part, where it can be only one.
    pub(crate) fn only(&self, report: &Report) -> Option<PartKey> {
        let is_certain = self.form != ReferenceForm::Auto && self.same_carrier.is_empty();
        let key = |reference: &str| if is_certain { self.form.key_of_receipt(reference) } else { None };
        let also = report.also.as_deref().map(key);
        let key = key(&report.reference).filter(|key| also.is_none_or(|also| also.as_ref() == Some(key)));
        key.map(|key| (self.upstream, key))
    }

    /// All parts that a receipt may be about, the likeliest first, and after them what another reference in the receipt may
    /// stand for.
    pub(crate) fn candidates(&self, report: &Report) -> Vec<Candidate> {
        let mut candidates = self.candidates_of(&report.reference);
        if let Some(also) = &report.also {
            candidates.extend(self.candidates_of(also));
        }
        candidates
    }

    fn candidates_of(&self, reference: &str) -> Vec<Candidate> {
        let forms = std::iter::once((self.upstream, self.form)).chain(self.same_carrier.iter().copied());
        let all = forms.flat_map(|(upstream, form)| {
            form.keys(reference).map(move |(form, key)| Candidate {
                key: (upstream, key),
                form,
                likeliest: false,
            })
        });
        let mut candidates: Vec<Candidate> = all.collect();
        if candidates.is_empty() {
            // It isn't in the carrier's form, and so is looked for as it stands.
            let key = (self.upstream, ReferenceForm::Same.key(reference).into());
            candidates.push(Candidate { key, form: ReferenceForm::Same, likeliest: false });
        }
        if let Some(first) = candidates.first_mut() {
            first.likeliest = self.form != ReferenceForm::Auto || first.form == ReferenceForm::Same;
        }
        candidates
    }
}

/// Which of the messages that were found by these candidates a receipt is about: `to` has their recipients, where there is
/// one. One for the receipt's own handset is believed at once, another only if nothing else could be meant.
pub(crate) fn choose(report: &Report, candidates: &[Candidate], to: &[Option<Number>]) -> Option<usize> {
    let agrees = |to: &Option<Number>| to.is_some_and(|to| report.is_of(to));
    to.iter().position(agrees).or_else(|| {
        let found = to.iter().filter(|to| to.is_some()).count();
        let likeliest = candidates.len() == 1 || candidates.first().is_some_and(|it| it.likeliest);
        (found == 1 && likeliest && to.first().is_some_and(Option::is_some)).then_some(0)
    })
}

/// Finds carriers' forms out from their receipts.
pub(crate) struct Learning {
    forms: Arc<LearnedForms>,
    /// Of each upstream the place to which it led then, and what was seen.
    learners: HashMap<UpstreamId, (Box<str>, Learner)>,
}

impl Learning {
    pub(crate) fn new(forms: Arc<LearnedForms>) -> Self {
        Self { forms, learners: HashMap::new() }
    }

    /// The naming of parts in an upstream's receipts.
    pub(crate) fn naming(&self, upstream: UpstreamId, rules: &Rules) -> ReceiptNaming {
        ReceiptNaming::of(upstream, rules, &self.forms)
    }

    /// Takes note that a receipt found its message by this candidate. Returns the carrier's form when it has become certain
    /// by that; it is in force at once, and is to be kept.
    pub(crate) fn learn(
        &mut self,
        found: &Candidate,
        report: &Report,
        recipient: Number,
        rules: &Rules,
    ) -> Option<Learnt> {
        let upstream = found.key.0;
        // Of a receipt without numbers the reference alone has to do, if it is spelled as it was given.
        let is_sure =
            report.is_of(recipient) || report.between == [None, None] && found.form == ReferenceForm::Same;
        if !is_sure || self.naming(upstream, rules).form != ReferenceForm::Auto {
            return None;
        }
        let place = rules.upstream(upstream)?.place.clone();
        let (seen_at, learner) = self.learners.entry(upstream).or_default();
        if *seen_at != place {
            (*seen_at, *learner) = (place.clone(), Learner::default());
        }
        let form = learner.learn(found.form)?;
        self.learners.remove(&upstream);
        let learnt = Learnt { upstream, form, place };
        self.forms.take_in(vec![learnt.clone()]);
        Some(learnt)
    }
}
