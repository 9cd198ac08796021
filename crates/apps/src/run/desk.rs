//! The desk where accounts make, fill, launch, follow and stop campaigns and batches.

use super::document::{
    Audience, Outgoing, PER_MINUTE_MAX, Pace, RECIPIENTS_MAX, Run, RunKind, RunState, Schedule, run_id,
};
use super::fallback::{Fallback, FallbackOutcome};
use super::hours::SendingHours;
use super::networks::Remembered;
use super::personal::Personal;
use super::trial::Trial;
use crate::apps::Parts;
use crate::contact::{Contact, Contacts, Groups};
use crate::import;
use crate::kept::{Document, Kept, TRIES, contended, find, keep, key, read};
use crate::link::{Links, TextLink};
use crate::random::{NoRandomness, octets};
use crate::template::Templates;
use postrider_core::account::AccountId;
use postrider_core::contract::{
    AppFilter, AppKind, AppWrite, AppWritten, AudienceKey, Busy, RecipientCounts, RecipientRow, StoreError,
    WantedRecipients,
};
use postrider_core::number::Number;
use postrider_core::submission::Refusal;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

/// Campaigns and batches.
pub struct Runs {
    pub(super) parts: Parts,
    pub(super) templates: Templates,
    pub(super) contacts: Contacts,
    pub(super) groups: Groups,
    pub(super) links: Links,
    /// By what this process is known to others that work on runs.
    pub(super) node: u64,
    /// What was counted at networks.
    pub(super) networks: tokio::sync::Mutex<Remembered>,
    /// Whether this process has looked if a backup was restored before its start.
    pub(super) is_looked_through: AtomicBool,
    /// When it was looked last whether messages of a run fail.
    pub(super) looked: Mutex<BTreeMap<AudienceKey, Time>>,
}

/// A run to be made.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// What it is.
    pub kind: RunKind,
    /// Its name, for people.
    pub name: Option<Box<str>>,
    /// What is sent.
    pub outgoing: Outgoing,
    /// When.
    pub schedule: Schedule,
    /// How fast.
    pub pace: Option<Pace>,
    /// How many of a hundred messages fail so that it pauses, if it does.
    pub pause_at_failures: Option<u8>,
    /// To whom, besides recipients that are added.
    pub audience: Audience,
    /// Several texts, of which the best one is to be found out.
    pub trial: Option<Trial>,
    /// What follows a broadcast for those whom it has not reached in time.
    pub fallback: Option<Fallback>,
}

/// How a link of a run was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkClicks {
    /// The link.
    pub link: TextLink,
    /// The name of the variant that has it, if there are several.
    pub variant: Option<Box<str>>,
    /// Recipients who followed it.
    pub people: u64,
    /// Recipients for whom a robot did.
    pub robots: u64,
}

/// Why something is not done with a run.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// There is none.
    #[error("there is no such campaign or batch")]
    Missing,
    /// Its state doesn't allow it.
    #[error("it is {}: {}", word(*.0), next(*.0))]
    State(RunState),
    /// A field is wrong: which, and what is wrong with it.
    #[error("{1}")]
    Wrong(&'static str, String),
    /// A user approves what they launched.
    #[error("who launched it can't approve it: have somebody else look at it")]
    OwnWork,
    /// A broadcast was launched too long ago.
    #[error("it was launched more than 15 minutes ago: launch it again")]
    Stale,
    /// A test message is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The message can't be stored just now.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The store can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system has no random numbers.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

fn word(state: RunState) -> &'static str {
    match state {
        RunState::Open => "open",
        RunState::Armed => "armed",
        RunState::AwaitingApproval => "awaiting approval",
        RunState::Collecting => "collecting its audience",
        RunState::Running => "running",
        RunState::Paused => "paused",
        RunState::Canceling | RunState::Canceled => "canceled",
        RunState::Done => "done",
    }
}

/// What can be done with a run in this state.
fn next(state: RunState) -> &'static str {
    match state {
        RunState::Open => "add recipients, and launch it; a broadcast is armed first",
        RunState::Armed => "launch or cancel it",
        RunState::AwaitingApproval => "have somebody else approve it, or cancel it",
        RunState::Collecting | RunState::Running => "it can be paused and canceled",
        RunState::Paused => "resume or cancel it",
        RunState::Canceling | RunState::Canceled | RunState::Done => "clone it to send another one",
    }
}

/// The place of a contact in the order of contacts.
pub(super) fn contact_place(contact: &Contact) -> Box<str> {
    contact.id()
}

impl Runs {
    pub(crate) fn new(parts: Parts) -> Self {
        let templates = Templates::new(parts.clone());
        let (contacts, links) = (Contacts::new(parts.clone()), Links::new(parts.clone()));
        let groups = Groups::new(parts.clone());
        let node = RandomState::new().build_hasher().finish();
        Self {
            parts,
            templates,
            contacts,
            groups,
            links,
            node,
            networks: tokio::sync::Mutex::default(),
            is_looked_through: AtomicBool::new(false),
            looked: Mutex::default(),
        }
    }

    /// Makes a run, which is open.
    ///
    /// # Errors
    /// A field is wrong, or the store can't be used.
    pub async fn make(&self, account: AccountId, new: NewRun, author: &str) -> Result<Run, NotDone> {
        self.check(account, &new).await?;
        for _ in 0..TRIES {
            let now = self.now();
            let run = Run {
                id: Self::new_id(now)?,
                kind: new.kind,
                name: new.name.clone(),
                author: author.into(),
                created: now.0,
                outgoing: new.outgoing.clone(),
                schedule: new.schedule.clone(),
                pace: new.pace,
                pause_at_failures: new.pause_at_failures,
                audience: new.audience.clone(),
                trial: new.trial.clone(),
                fallback: new.fallback.clone(),
                links: Vec::new(),
                state: RunState::Open,
                reason: None,
                bears_opt_outs: false,
                launched_by: None,
                launched: None,
                approved_by: None,
                started: None,
                ended: None,
                recipients: 0,
                accepted: 0,
                refused: 0,
                failures: None,
                cursor: 0,
                watched_from: 0,
                collected: (0, None),
                is_collected: false,
                today: None,
                next: now.0,
                runner: None,
            };
            let write = keep(account, &run, 0)?;
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                return Ok(run);
            }
        }
        Err(contended().into())
    }

    /// An identifier: in the order of time, and not to be guessed by counting.
    pub(super) fn new_id(now: Time) -> Result<u64, NoRandomness> {
        let [one, two, three, ..] = octets::<4>()?;
        let random = u64::from(one) << 12 | u64::from(two) << 4 | u64::from(three & 0xF);
        Ok(now.0.cast_unsigned() << 20 | random)
    }

    pub(super) async fn find(
        &self,
        account: AccountId,
        kind: RunKind,
        id: u64,
    ) -> Result<Option<Kept<Run>>, StoreError> {
        find::<Run>(&*self.parts.store, account, &run_id(kind, id)).await
    }

    /// Whether an audience is that of a run, or of something else that is kept.
    pub(super) async fn is_known(&self, audience: AudienceKey) -> Result<bool, StoreError> {
        for kind in RunKind::ALL {
            if self.find(audience.account, kind, audience.run).await?.is_some() {
                return Ok(true);
            }
        }
        import::is_known(&*self.parts.store, audience).await
    }

    /// A run of an account.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn show(&self, account: AccountId, kind: RunKind, id: u64) -> Result<Option<Run>, StoreError> {
        Ok(self.find(account, kind, id).await?.map(|kept| kept.value))
    }

    /// Runs of an account, the newest first, older than `before`.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn list(
        &self,
        account: AccountId,
        kind: RunKind,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<Run>, StoreError> {
        let after = Some((account, run_id(kind, before.unwrap_or(u64::MAX))));
        let all = AppFilter::all(AppKind::Run, Some(account), most);
        let found = self.parts.store.list_app_records(AppFilter { after, backwards: true, ..all }).await?;
        let runs = found.into_iter().map(|record| Ok(read::<Run>(record)?.value));
        runs.take_while(|run: &Result<Run, StoreError>| run.as_ref().map_or(true, |run| run.kind == kind))
            .collect()
    }

    /// Adds recipients to an open run; returns the places of those that it had.
    ///
    /// # Errors
    /// It is not open, or the store can't be used.
    pub async fn add(
        &self,
        account: AccountId,
        kind: RunKind,
        id: u64,
        recipients: &[(Number, Personal)],
    ) -> Result<Vec<usize>, NotDone> {
        let run = self.find(account, kind, id).await?.ok_or(NotDone::Missing)?.value;
        if run.state != RunState::Open {
            return Err(NotDone::State(run.state));
        }
        if run.recipients + recipients.len() as u64 > RECIPIENTS_MAX {
            let detail = format!("there are at most {RECIPIENTS_MAX} recipients");
            return Err(NotDone::Wrong("recipients", detail));
        }
        let written = recipients.iter().map(|(number, personal)| Ok((*number, personal.write()?)));
        let written = written.collect::<Result<Vec<_>, StoreError>>()?;
        let doubled = self.parts.recipients.add_recipients(run.key(account), written).await?;
        let added = (recipients.len() - doubled.len()) as u64;
        if added > 0 {
            self.rewrite(account, kind, id, |run| run.recipients += added).await?;
        }
        Ok(doubled)
    }

    /// Pauses a run: nothing more is handed in until it is resumed.
    ///
    /// # Errors
    /// It doesn't run.
    pub async fn pause(&self, account: AccountId, kind: RunKind, id: u64) -> Result<Run, NotDone> {
        self.change(account, kind, id, |run| match run.state {
            RunState::Collecting | RunState::Running | RunState::Paused => {
                run.pause("paused");
                Ok(())
            }
            other => Err(NotDone::State(other)),
        })
        .await
    }

    /// Resumes a paused run.
    ///
    /// # Errors
    /// It is not paused.
    pub async fn resume(&self, account: AccountId, kind: RunKind, id: u64) -> Result<Run, NotDone> {
        let now = self.now();
        self.change(account, kind, id, |run| match run.state {
            RunState::Paused => {
                let before = run.next;
                run.go_on(now);
                // Whoever resumes it has seen what failed so far.
                run.watched_from = run.cursor;
                // One that was paused before its time goes on waiting for it, or for results.
                let waits_until = if run.started.is_none() { Some(before) } else { run.results_at() };
                run.next = waits_until.unwrap_or(now.0).max(now.0);
                Ok(())
            }
            RunState::Collecting | RunState::Running => Ok(()),
            other => Err(NotDone::State(other)),
        })
        .await
    }

    /// Cancels a run: nothing more is handed in, and messages that wait are canceled. With a broadcast that which follows it is.
    ///
    /// # Errors
    /// It has ended.
    pub async fn cancel(&self, account: AccountId, kind: RunKind, id: u64) -> Result<Run, NotDone> {
        let canceled = self.cancel_one(account, kind, id).await?;
        if let Some(FallbackOutcome::Begun(second)) = canceled.fallback.as_ref().and_then(|it| it.outcome) {
            match self.cancel_one(account, kind, second).await {
                Ok(_) | Err(NotDone::Missing) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(canceled)
    }

    async fn cancel_one(&self, account: AccountId, kind: RunKind, id: u64) -> Result<Run, NotDone> {
        let now = self.now();
        self.change(account, kind, id, |run| match run.state {
            // Of a broadcast everything is handed in within seconds, and waits for the links.
            RunState::Done if kind != RunKind::Broadcast => Err(NotDone::State(RunState::Done)),
            RunState::Canceling | RunState::Canceled => Ok(()),
            _ if run.started.is_none() => {
                run.end(RunState::Canceled, None, now);
                Ok(())
            }
            _ => {
                run.state = RunState::Canceling;
                run.ended = None;
                run.reason = None;
                run.runner = None;
                run.next = now.0;
                Ok(())
            }
        })
        .await
    }

    /// Changes the pace of a run, also while it runs.
    ///
    /// # Errors
    /// The pace is wrong, or the run has ended.
    pub async fn set_pace(
        &self,
        account: AccountId,
        kind: RunKind,
        id: u64,
        pace: Option<Pace>,
    ) -> Result<Run, NotDone> {
        if pace.is_some_and(|pace| !(1..=PER_MINUTE_MAX).contains(&pace.per_minute)) {
            let detail = format!("per_minute must be from 1 to {PER_MINUTE_MAX}");
            return Err(NotDone::Wrong("pace.per_minute", detail));
        }
        let now = self.now();
        self.change(account, kind, id, |run| {
            if run.ended.is_some() {
                return Err(NotDone::State(run.state));
            }
            run.pace = pace;
            if run.started.is_some() && run.results_at().is_none() {
                run.next = run.next.min(now.0);
            }
            Ok(())
        })
        .await
    }

    /// Changes the hours of a run, its days and its daily cap, also while it runs; `None` lifts them.
    ///
    /// # Errors
    /// They are wrong, it is a broadcast, or the run has ended.
    pub async fn set_sending_hours(
        &self,
        account: AccountId,
        kind: RunKind,
        id: u64,
        hours: Option<SendingHours>,
    ) -> Result<Run, NotDone> {
        let now = self.now();
        self.change(account, kind, id, |run| {
            if run.ended.is_some() {
                return Err(NotDone::State(run.state));
            }
            let schedule = Schedule { sending_hours: hours.clone(), ..run.schedule.clone() };
            schedule.check_hours(run.kind)?;
            run.schedule = schedule;
            // It looks at once whether it goes on.
            if run.results_at().is_none() {
                run.next = run.next.min(run.schedule.send_at.unwrap_or(now.0).max(now.0));
            }
            Ok(())
        })
        .await
    }

    /// Deletes a run that was not launched, or has ended, with its recipients.
    ///
    /// # Errors
    /// It is under way.
    pub async fn remove(&self, account: AccountId, kind: RunKind, id: u64) -> Result<(), NotDone> {
        for _ in 0..TRIES {
            let kept = self.find(account, kind, id).await?.ok_or(NotDone::Missing)?;
            let run = &kept.value;
            let is_idle = matches!(run.state, RunState::Open | RunState::Armed | RunState::AwaitingApproval);
            if run.falls_back_at().is_some() {
                let detail =
                    "it has a fallback to come, which needs its recipients: wait for that, or stop it".into();
                return Err(NotDone::Wrong("fallback", detail));
            }
            if run.ended.is_none() && !is_idle {
                return Err(NotDone::State(run.state));
            }
            let forget = AppWrite::Forget(key::<Run>(account, &run.id()), kept.version);
            if self.parts.store.write_app_records(vec![forget], Vec::new()).await? == AppWritten::Done {
                return Ok(());
            }
        }
        Err(contended().into())
    }

    /// Recipients behind a place, and what became of their messages.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn recipients(
        &self,
        account: AccountId,
        run: &Run,
        wanted: WantedRecipients,
        after: u64,
        most: usize,
    ) -> Result<Vec<(RecipientRow, Personal)>, StoreError> {
        let rows = self.parts.recipients.recipients(run.key(account), wanted, after, most).await?;
        let each = rows.into_iter().map(|row| {
            let personal = match row.recipient.number {
                Some(_) => Personal::read(&row.recipient.document)?,
                None => Personal::default(),
            };
            Ok((row, personal))
        });
        each.collect()
    }

    /// How many recipients have followed a link of a run; and of each link, its address, its variant, how many people followed it, and
    /// how many robots did.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn clicks(&self, account: AccountId, run: &Run) -> Result<(u64, Vec<LinkClicks>), StoreError> {
        let mut clicks = Vec::new();
        for (variant, link) in run.all_links() {
            let (people, robots) = self.links.visits(account, link).await?;
            clicks.push(LinkClicks { link: link.clone(), variant, people, robots });
        }
        Ok((self.links.clicked(account, run.id).await?, clicks))
    }

    /// When each of these recipients, by their places, followed a link first.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn clicked_at(
        &self,
        account: AccountId,
        run: &Run,
        positions: &[u64],
    ) -> Result<Vec<Option<Time>>, StoreError> {
        if run.all_links().next().is_none() {
            return Ok(vec![None; positions.len()]);
        }
        self.links.clicked_at(account, run.id, positions).await
    }

    /// How many recipients there are of each kind.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn counts(&self, account: AccountId, run: &Run) -> Result<RecipientCounts, StoreError> {
        self.parts.recipients.count_recipients(run.key(account)).await
    }

    /// Changes a run, and returns it as it is then.
    pub(super) async fn change(
        &self,
        account: AccountId,
        kind: RunKind,
        id: u64,
        change: impl Fn(&mut Run) -> Result<(), NotDone>,
    ) -> Result<Run, NotDone> {
        for _ in 0..TRIES {
            let mut kept = self.find(account, kind, id).await?.ok_or(NotDone::Missing)?;
            change(&mut kept.value)?;
            let write = keep(account, &kept.value, kept.version)?;
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                return Ok(kept.value);
            }
        }
        Err(contended().into())
    }

    /// Changes a run as it is now, if there is one. If that pauses it, somebody is told.
    pub(super) async fn rewrite(
        &self,
        account: AccountId,
        kind: RunKind,
        id: u64,
        change: impl Fn(&mut Run),
    ) -> Result<Option<Run>, StoreError> {
        for _ in 0..TRIES {
            let Some(mut kept) = self.find(account, kind, id).await? else { return Ok(None) };
            let before = kept.value.state;
            change(&mut kept.value);
            let writes = self.writes(&kept, before)?;
            let is_told = writes.len() > 1;
            if self.parts.store.write_app_records(writes, Vec::new()).await? == AppWritten::Done {
                if is_told {
                    self.parts.archive.wake_followers();
                }
                return Ok(Some(kept.value));
            }
        }
        Err(contended())
    }
}
