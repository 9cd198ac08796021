//! Whose receipt it is: carriers' names for parts, in the forms in which each carrier spells them.

use crate::engine::Shared;
use postrider_core::contract::StoreError;
use postrider_core::delivery::Awaited;
use postrider_core::node::News;
use postrider_core::number::Number;
use postrider_core::receipt::Report;
use postrider_core::reference::{Learner, Learnt, NameForm};
use postrider_core::route::UpstreamId;
use postrider_core::rules::Upstream;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;

/// How long until the store is asked again to keep what was learnt.
const RETRY: Duration = Duration::from_secs(1);
/// How often the store is looked into for what other nodes found out though no news came: news may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What a part is known by: its upstream, and the carrier's name without what carriers change about it.
pub(crate) type Name = (UpstreamId, Box<str>);

/// What the part may be known by that a receipt is about.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) name: Name,
    form: NameForm,
    /// Whether of what a name in the receipt may stand for it is the likeliest.
    pub(crate) likeliest: bool,
}

impl Candidate {
    /// The only thing that the part can be known by.
    pub(crate) const fn certain(name: Name) -> Self {
        Self { name, form: NameForm::Same, likeliest: true }
    }
}

/// How an upstream's receipts name their parts.
pub(crate) struct Way {
    upstream: UpstreamId,
    form: NameForm,
    /// Other ways to the same carrier, by which the part may have gone.
    fellows: Vec<(UpstreamId, NameForm)>,
}

impl Way {
    /// What an answer's name is known by.
    pub(crate) fn key<'n>(&self, given: &'n str) -> Cow<'n, str> {
        self.form.key(given)
    }

    /// Names the receipts that are waited for by what they are known by.
    pub(crate) fn name(&self, awaited: &mut [Awaited]) {
        for awaited in awaited {
            if let Some(key) = changed(self.key(&awaited.reference), &awaited.reference) {
                awaited.given = Some(std::mem::replace(&mut awaited.reference, key));
            }
        }
    }

    /// The name that a receipt's part is known by, where it can be only one.
    pub(crate) fn only(&self, report: &Report) -> Option<Name> {
        let is_certain = self.form != NameForm::Auto && self.fellows.is_empty();
        let key = |name: &str| if is_certain { self.form.key_of_receipt(name) } else { None };
        let also = report.also.as_deref().map(key);
        let key = key(&report.reference).filter(|key| also.is_none_or(|also| also.as_ref() == Some(key)));
        key.map(|key| (self.upstream, key))
    }

    /// All that a receipt's part may be known by, the likeliest first, and after it what another name in the receipt may
    /// stand for.
    pub(crate) fn candidates(&self, report: &Report) -> Vec<Candidate> {
        let mut candidates = self.candidates_of(&report.reference);
        if let Some(also) = &report.also {
            candidates.extend(self.candidates_of(also));
        }
        candidates
    }

    fn candidates_of(&self, name: &str) -> Vec<Candidate> {
        let ways = std::iter::once((self.upstream, self.form)).chain(self.fellows.iter().copied());
        let all = ways.flat_map(|(upstream, form)| {
            form.keys(name).map(move |(form, key)| Candidate {
                name: (upstream, key),
                form,
                likeliest: false,
            })
        });
        let mut candidates: Vec<Candidate> = all.collect();
        if candidates.is_empty() {
            // It isn't in the carrier's form, and so is looked for as it stands.
            let name = (self.upstream, NameForm::Same.key(name).into());
            candidates.push(Candidate { name, form: NameForm::Same, likeliest: false });
        }
        if let Some(first) = candidates.first_mut() {
            first.likeliest = self.form != NameForm::Auto || first.form == NameForm::Same;
        }
        candidates
    }
}

fn changed(key: Cow<'_, str>, given: &str) -> Option<Box<str>> {
    (*key != *given).then(|| key.into())
}

/// Which of the messages that were found by these names a receipt is about: `to` has their recipients, where there is
/// one. One for the receipt's own handset is believed at once, another only if nothing else could be meant.
pub(crate) fn choose(report: &Report, candidates: &[Candidate], to: &[Option<Number>]) -> Option<usize> {
    let agrees = |to: &Option<Number>| to.is_some_and(|to| report.is_of(to));
    to.iter().position(agrees).or_else(|| {
        let found = to.iter().filter(|to| to.is_some()).count();
        let likeliest = candidates.len() == 1 || candidates.first().is_some_and(|it| it.likeliest);
        (found == 1 && likeliest && to.first().is_some_and(Option::is_some)).then_some(0)
    })
}

/// What is known, and being found out, of carriers' forms.
pub(crate) struct Names {
    shared: Arc<Shared>,
    /// What receipts have shown so far of each upstream, and where it led then.
    learners: HashMap<UpstreamId, (Box<str>, Learner)>,
}

impl Names {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, learners: HashMap::new() }
    }

    /// How an upstream's receipts name their parts.
    pub(crate) fn way(&self, upstream: UpstreamId) -> Way {
        let rules = self.shared.rules.load();
        let form = |upstream: &Upstream| match upstream.names {
            NameForm::Auto => self.shared.learnt.form(upstream).unwrap_or_default(),
            declared => declared,
        };
        let Some(own) = rules.upstream(upstream) else {
            return Way { upstream, form: NameForm::Same, fellows: Vec::new() };
        };
        let fellows = match &own.carrier {
            None => Vec::new(),
            Some(carrier) => rules
                .upstreams()
                .filter(|other| other.id != upstream && other.carrier.as_ref() == Some(carrier))
                .map(|other| (other.id, form(other)))
                .collect(),
        };
        Way { upstream, form: form(own), fellows }
    }

    /// A receipt found its message by this name; tells whether the carrier's form is certain from now on and was not
    /// before.
    pub(crate) fn learn(&mut self, found: &Candidate, report: &Report, recipient: Number) -> bool {
        let upstream = found.name.0;
        // Of a receipt without numbers the name alone has to do, if it is spelled as it was given.
        let is_sure =
            report.is_of(recipient) || report.between == [None, None] && found.form == NameForm::Same;
        if !is_sure || self.way(upstream).form != NameForm::Auto {
            return false;
        }
        let Some(place) = self.shared.rules.load().upstream(upstream).map(|it| it.place.clone()) else {
            return false;
        };
        let (seen_at, learner) = self.learners.entry(upstream).or_default();
        if *seen_at != place {
            (*seen_at, *learner) = (place.clone(), Learner::default());
        }
        let Some(form) = learner.learn(found.form) else { return false };
        self.learners.remove(&upstream);
        self.shared.keep_learnt(Learnt { upstream, form, place });
        true
    }
}

/// What was found out of carriers' forms, by this node or another.
#[derive(Default)]
pub(crate) struct Lore {
    known: RwLock<HashMap<UpstreamId, Learnt>>,
    /// Another node may have found something out.
    news: Notify,
}

impl Lore {
    /// The form of this upstream's names, if it was found out where it leads now.
    pub(crate) fn form(&self, upstream: &Upstream) -> Option<NameForm> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&upstream.id).filter(|learnt| learnt.place == upstream.place).map(|learnt| learnt.form)
    }

    /// Takes in what was found out; returns of which upstreams that was new.
    pub(crate) fn take_in(&self, all: Vec<Learnt>) -> Vec<UpstreamId> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = |learnt: Learnt| {
            (known.insert(learnt.upstream, learnt.clone()).as_ref() != Some(&learnt))
                .then_some(learnt.upstream)
        };
        all.into_iter().filter_map(is_new).collect()
    }

    /// Has the store be looked into.
    pub(crate) fn look(&self) {
        self.news.notify_one();
    }
}

/// Follows what other nodes find out, for as long as the gateway runs.
pub(crate) async fn follow(shared: Arc<Shared>) {
    while !shared.nodes.is_alone() {
        let _ = tokio::time::timeout(LOOK_EVERY, shared.learnt.news.notified()).await;
        match shared.store.learnt().await {
            Ok(all) => {
                let new = shared.learnt.take_in(all);
                if !new.is_empty() {
                    shared.inbox.put(|post| post.taught.extend(new));
                }
            }
            Err(StoreError::Superseded) => return,
            Err(error) => {
                tracing::warn!(%error, "can't read what other nodes learnt of carriers' receipts; trying again");
            }
        }
    }
}

impl Shared {
    fn keep_learnt(self: &Arc<Self>, learnt: Learnt) {
        tracing::info!(
            upstream = self.name(learnt.upstream),
            form = learnt.form.word(),
            "learnt how the carrier spells its identifiers in receipts; it is taken for settled"
        );
        self.learnt.take_in(vec![learnt.clone()]);
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            while let Err(error) = shared.store.learn(learnt.clone()).await {
                if matches!(error, StoreError::Superseded) {
                    return;
                }
                tracing::warn!(%error, "can't keep what was learnt of a carrier's receipts; trying again");
                tokio::time::sleep(RETRY).await;
            }
            if !shared.nodes.is_alone() {
                shared.nodes.tell(vec![News::Learnt]);
            }
        });
    }
}
