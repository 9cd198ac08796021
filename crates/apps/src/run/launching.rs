//! Launching a run: versions of templates are settled, links are made, and somebody else approves it.

use super::desk::{NotDone, Runs};
use super::document::{Outgoing, Run, RunKind, RunState};
use crate::kept::{TRIES, contended};
use crate::link::{LinkOwner, NotShortened, TextLink, links_of};
use postrider_core::account::AccountId;
use postrider_core::contract::StoreError;

/// What is settled of a text when it is launched.
#[derive(Clone, Debug, Default)]
pub(super) struct Settled {
    /// The version of its template.
    version: Option<u32>,
    /// Its links.
    links: Vec<TextLink>,
}

impl Runs {
    /// Arms an open broadcast: its audience is written down, and then it waits to be launched.
    ///
    /// # Errors
    /// It is not open, no broadcast, or the store can't be used.
    pub async fn arm(&self, account: AccountId, kind: RunKind, id: u64) -> Result<Run, NotDone> {
        let found = self.find(account, kind, id).await?.ok_or(NotDone::Missing)?.value;
        if found.state == RunState::Open {
            self.check_recipients(account, &found).await?;
        }
        let now = self.now();
        self.change(account, kind, id, |run| {
            if run.state != RunState::Open || kind != RunKind::Broadcast {
                return Err(NotDone::State(run.state));
            }
            run.go_on(now);
            Ok(())
        })
        .await
    }

    /// Launches a run: its audience is written down, and then it is sent. What a user launches somebody else must approve, if it is a
    /// campaign. Of a broadcast the audience is written down already, and somebody else must approve it whoever launches it.
    ///
    /// # Errors
    /// It is not open, or of a broadcast not armed, or the store can't be used.
    pub async fn launch(
        &self,
        account: AccountId,
        kind: RunKind,
        id: u64,
        who: &str,
        is_person: bool,
    ) -> Result<Run, NotDone> {
        let found = self.find(account, kind, id).await?.ok_or(NotDone::Missing)?.value;
        if !found.can_be_launched() {
            return Err(NotDone::State(found.state));
        }
        if found.state == RunState::Open {
            self.check_recipients(account, &found).await?;
        }
        let settled = self.settle(account, &found).await?;
        let now = self.now();
        self.change(account, kind, id, |run| {
            if !run.can_be_launched() {
                return Err(NotDone::State(run.state));
            }
            run.launched_by = Some(who.into());
            run.take_over(&settled);
            let is_broadcast = kind == RunKind::Broadcast;
            run.launched = is_broadcast.then_some(now.0);
            if is_broadcast || (is_person && kind == RunKind::Campaign) {
                run.state = RunState::AwaitingApproval;
            } else {
                run.go_on(now);
            }
            Ok(())
        })
        .await
    }

    /// Settles the one text of a run, or that of each variant, and keeps its links.
    pub(super) async fn settle(&self, account: AccountId, run: &Run) -> Result<Vec<Settled>, NotDone> {
        let Some(trial) = &run.trial else {
            return Ok(vec![self.settle_one(account, run, &run.outgoing, None).await?]);
        };
        let mut settled = Vec::with_capacity(trial.variants.len());
        for (place, variant) in (0_u8..).zip(&trial.variants) {
            let outgoing = variant.outgoing(run);
            settled.push(self.settle_one(account, run, &outgoing, Some(place)).await?);
        }
        Ok(settled)
    }

    async fn settle_one(
        &self,
        account: AccountId,
        run: &Run,
        outgoing: &Outgoing,
        variant: Option<u8>,
    ) -> Result<Settled, NotDone> {
        let version = self.version_of(account, outgoing).await?;
        if !outgoing.shorten_links {
            return Ok(Settled { version, links: Vec::new() });
        }
        let owner = LinkOwner::Run { kind: run.kind, run: run.id, variant };
        let from = run.goes_out_from(self.now());
        for _ in 0..TRIES {
            let links = self.links_in(account, outgoing, version).await?;
            // A number that another link has is drawn again.
            if self.links.make(account, &owner, &links, from).await? {
                return Ok(Settled { version, links });
            }
        }
        Err(contended().into())
    }

    /// The version of a text's template that would be sent now.
    pub(super) async fn version_of(
        &self,
        account: AccountId,
        outgoing: &Outgoing,
    ) -> Result<Option<u32>, NotDone> {
        let Some(named) = &outgoing.template else { return Ok(None) };
        let compiled = self.templates.compiled(account, &named.name, named.version).await?;
        let gone = || NotDone::Wrong("template.name", "the template is gone".into());
        Ok(Some(compiled.ok_or_else(gone)?.version))
    }

    /// New links for the addresses in a text.
    pub(super) async fn links_in(
        &self,
        account: AccountId,
        outgoing: &Outgoing,
        version: Option<u32>,
    ) -> Result<Vec<TextLink>, NotDone> {
        self.links.base()?;
        let texts: Vec<(Box<str>, bool)> = match (&outgoing.text, &outgoing.template) {
            (Some(text), _) => vec![(text.clone(), false)],
            (None, Some(named)) => {
                let found = self.templates.version(account, &named.name, version).await?;
                let gone = || StoreError::Unavailable("the template was deleted meanwhile".into());
                let (_, version) = found.ok_or_else(gone)?;
                version.content.texts.into_values().map(|text| (text, true)).collect()
            }
            (None, None) => Vec::new(),
        };
        let sources = texts.iter().map(|(text, is_template)| (&**text, *is_template));
        Ok(links_of(sources)?.ok_or(NotShortened::TooMany)?)
    }

    /// Approves a campaign that waits for it.
    ///
    /// # Errors
    /// It doesn't wait for it, or who approves it launched it.
    pub async fn approve(
        &self,
        account: AccountId,
        kind: RunKind,
        id: u64,
        who: &str,
    ) -> Result<Run, NotDone> {
        let now = self.now();
        self.change(account, kind, id, |run| {
            if run.state != RunState::AwaitingApproval {
                return Err(NotDone::State(run.state));
            }
            if run.launched_by.as_deref() == Some(who) {
                return Err(NotDone::OwnWork);
            }
            if run.is_stale(now) {
                return Err(NotDone::Stale);
            }
            run.approved_by = Some(who.into());
            run.go_on(now);
            Ok(())
        })
        .await
    }

    /// Has all others get a variant, whatever the results are, or before they are there.
    ///
    /// # Errors
    /// It doesn't wait for results, or has no such variant.
    pub async fn set_winner(
        &self,
        account: AccountId,
        kind: RunKind,
        id: u64,
        variant: &str,
        who: &str,
    ) -> Result<Run, NotDone> {
        let now = self.now();
        self.change(account, kind, id, |run| {
            let is_paused = run.state == RunState::Paused;
            if !run.is_waiting_for_results() || !(is_paused || run.state == RunState::Running) {
                return Err(NotDone::State(run.state));
            }
            let place = run.trial.as_ref().and_then(|trial| trial.place(variant));
            let unknown = || NotDone::Wrong("variant", format!("there is no variant '{variant}'"));
            run.has_winner(place.ok_or_else(unknown)?, Some(who), now);
            Ok(())
        })
        .await
    }
}

impl Run {
    /// Whether its state allows a launch. A broadcast that nobody approved is launched again.
    fn can_be_launched(&self) -> bool {
        match self.kind {
            RunKind::Broadcast => matches!(self.state, RunState::Armed | RunState::AwaitingApproval),
            RunKind::Batch | RunKind::Campaign => self.state == RunState::Open,
        }
    }

    pub(super) fn take_over(&mut self, settled: &[Settled]) {
        let Some(trial) = &mut self.trial else {
            if let Some(only) = settled.first() {
                self.links.clone_from(&only.links);
                if let Some(template) = &mut self.outgoing.template {
                    template.version = only.version;
                }
            }
            return;
        };
        for (variant, settled) in trial.variants.iter_mut().zip(settled) {
            variant.links.clone_from(&settled.links);
            if let Some(template) = &mut variant.template {
                template.version = settled.version;
            }
        }
    }
}
