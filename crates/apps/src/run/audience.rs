//! Audiences of campaigns, written down as recipients before anything is sent: contacts of groups, all contacts, or those who did
//! not get an earlier message, or followed one of its links.

use super::desk::{Runs, contact_place};
use super::document::{Audience, Run, RunState};
use super::personal::Personal;
use crate::contact::{Contact, ContactFilter, Segment};
use crate::kept::Kept;
use postrider_core::account::AccountId;
use postrider_core::contract::{AudienceKey, Recipient, StoreError, WantedRecipients};
use postrider_core::number::Number;

/// Contacts that are written down at once.
const PAGE: usize = if cfg!(test) { 7 } else { 500 };

/// Pages of contacts that are looked through for one write.
const PAGES: usize = 20;

/// Where recipients come from.
pub(super) enum Source<'a> {
    Group(&'a str),
    Everybody,
    NotDelivered(u64),
    NotReached(u64),
    Clicked(u64),
}

/// Recipients, and the name of the last one that was looked at; `None` at the end of the source.
type Page = (Vec<(Number, Box<str>)>, Option<Box<str>>);

impl Source<'_> {
    /// Whether a contact is of this source, as far as contacts alone tell.
    pub(super) fn has(&self, contact: &Contact) -> bool {
        match self {
            Self::Group(group) => contact.groups.contains(*group),
            Self::Everybody => true,
            Self::NotDelivered(_) | Self::NotReached(_) | Self::Clicked(_) => false,
        }
    }
}

impl Audience {
    pub(super) fn sources(&self) -> Vec<Source<'_>> {
        let groups = self.groups.iter().map(|group| Source::Group(group));
        let everybody = self.everybody.then_some(Source::Everybody);
        let earlier = self.not_delivered_of.map(|(_, run)| Source::NotDelivered(run));
        let unreached = self.not_reached_of.map(|(_, run)| Source::NotReached(run));
        let clicked = self.clicked_of.map(|(_, run)| Source::Clicked(run));
        groups.chain(everybody).chain(earlier).chain(unreached).chain(clicked).collect()
    }

    /// Whether a contact that a source has is meant.
    fn takes(&self, contact: &Contact, segment: Option<&Segment>) -> bool {
        !self.except_groups.iter().any(|group| contact.groups.contains(group))
            && segment.is_none_or(|segment| segment.takes(contact))
    }
}

impl Runs {
    /// Writes down the next page of the audience. Returns whether there is more to do at once.
    pub(super) async fn collect(&self, kept: Kept<Run>) -> Result<bool, StoreError> {
        let (run, account) = (&kept.value, kept.account);
        let (place, after) = run.collected.clone();
        let sources = run.audience.sources();
        let Some(source) = sources.get(place) else { return self.begin(&kept).await };
        let (recipients, last) = match source {
            Source::Group(group) => self.contacts_of(account, run, Some(group), after).await?,
            Source::Everybody => self.contacts_of(account, run, None, after).await?,
            source => {
                let after = after.and_then(|position| position.parse().ok()).unwrap_or(0);
                let (recipients, last) = self.recipients_of(account, source, after).await?;
                let each = recipients.into_iter().filter_map(|it| Some((it.number?, it.document)));
                (each.collect(), last.map(|position| position.to_string().into()))
            }
        };
        if !recipients.is_empty() {
            self.parts.recipients.add_recipients(run.key(account), recipients).await?;
        }
        let next = if last.is_some() { (place, last) } else { (place + 1, None) };
        self.rewrite(account, run.kind, run.id, |it| {
            if it.collected == run.collected {
                it.collected = next.clone();
            }
        })
        .await?;
        Ok(true)
    }

    /// Everybody is written down.
    async fn begin(&self, kept: &Kept<Run>) -> Result<bool, StoreError> {
        let (run, account, now) = (&kept.value, kept.account, self.now());
        let counts = self.parts.recipients.count_recipients(run.key(account)).await?;
        self.rewrite(account, run.kind, run.id, |it| {
            if it.state == RunState::Collecting {
                it.is_complete(counts.open, now);
            }
        })
        .await?;
        Ok(true)
    }

    async fn contacts_of(
        &self,
        account: AccountId,
        run: &Run,
        group: Option<&str>,
        after: Option<Box<str>>,
    ) -> Result<Page, StoreError> {
        let segment = run.audience.segment.as_deref().and_then(|text| Segment::parse(text).ok());
        let (mut recipients, mut last) = (Vec::new(), after);
        // Where few are meant, as many pages are looked through as one write is worth.
        for _ in 0..PAGES {
            let (contacts, next) = self.contacts_in(account, run, group, segment.as_ref(), last).await?;
            last = next;
            for contact in contacts {
                if let Some(number) = contact.number() {
                    recipients.push((number, Personal::from(contact).write()?));
                }
            }
            if last.is_none() || recipients.len() >= PAGE {
                break;
            }
        }
        Ok((recipients, last))
    }

    /// The contacts of a page that are meant, and the last one that was looked at; `None` at the end.
    pub(super) async fn contacts_in(
        &self,
        account: AccountId,
        run: &Run,
        group: Option<&str>,
        segment: Option<&Segment>,
        after: Option<Box<str>>,
    ) -> Result<(Vec<Contact>, Option<Box<str>>), StoreError> {
        // The store finds those of a group or a tag that the segment names without looking at all others.
        let (group, segment_of) = (group.map(Into::into), segment.cloned());
        let filter = ContactFilter { group, tag: None, segment: segment_of };
        let page = self.contacts.page(account, &filter, after, PAGE).await?;
        let last = page.last().filter(|_| page.len() == PAGE).map(|kept| contact_place(&kept.value));
        let contacts = page.into_iter().map(|kept| kept.value);
        Ok((contacts.filter(|contact| run.audience.takes(contact, segment)).collect(), last))
    }

    /// Recipients of an earlier run that a source means, behind a place; and the place of the last one that was looked at, `None` at the
    /// end.
    pub(super) async fn recipients_of(
        &self,
        account: AccountId,
        source: &Source<'_>,
        after: u64,
    ) -> Result<(Vec<Recipient>, Option<u64>), StoreError> {
        let (run, wanted) = match source {
            Source::NotDelivered(run) => (*run, WantedRecipients::NotDelivered),
            Source::NotReached(run) => (*run, WantedRecipients::All),
            Source::Clicked(run) => (*run, WantedRecipients::Accepted),
            Source::Group(_) | Source::Everybody => return Ok((Vec::new(), None)),
        };
        let key = AudienceKey { account, run };
        let rows = self.parts.recipients.recipients(key, wanted, after, PAGE).await?;
        let last = rows.last().map(|row| row.recipient.position).filter(|_| rows.len() == PAGE);
        if let Source::NotReached(_) = source {
            return Ok((self.another_way(account, rows).await?, last));
        }
        let recipients: Vec<Recipient> = rows.into_iter().map(|row| row.recipient).collect();
        if !matches!(source, Source::Clicked(_)) {
            return Ok((recipients, last));
        }
        let positions: Vec<u64> = recipients.iter().map(|recipient| recipient.position).collect();
        let clicked = self.links.clicked_at(account, run, &positions).await?;
        let each = recipients.into_iter().zip(clicked);
        Ok((each.filter_map(|(recipient, at)| at.map(|_| recipient)).collect(), last))
    }
}
