//! Audiences of campaigns, written down as recipients before anything is sent: contacts of groups, all contacts, or those who did
//! not get an earlier message.

use super::desk::{Runs, contact_place};
use super::document::{Audience, Run, RunState};
use super::personal::Personal;
use crate::contact::{Contact, ContactFilter, Segment};
use crate::kept::Kept;
use postrider_core::account::AccountId;
use postrider_core::contract::{AudienceKey, RecipientStore, StoreError, WantedRecipients};
use postrider_core::number::Number;

/// Contacts that are written down at once.
const PAGE: usize = if cfg!(test) { 7 } else { 500 };

/// Where recipients come from.
pub(super) enum Source<'a> {
    Group(&'a str),
    Everybody,
    NotDelivered(u64),
}

/// Recipients, and the name of the last one that was looked at; `None` at the end of the source.
type Page = (Vec<(Number, Box<str>)>, Option<Box<str>>);

impl Source<'_> {
    /// Whether a contact is of this source, as far as contacts alone tell.
    pub(super) fn has(&self, contact: &Contact) -> bool {
        match self {
            Self::Group(group) => contact.groups.contains(*group),
            Self::Everybody => true,
            Self::NotDelivered(_) => false,
        }
    }
}

impl Audience {
    pub(super) fn sources(&self) -> Vec<Source<'_>> {
        let groups = self.groups.iter().map(|group| Source::Group(group));
        let everybody = self.everybody.then_some(Source::Everybody);
        let earlier = self.not_delivered_of.map(|(_, run)| Source::NotDelivered(run));
        groups.chain(everybody).chain(earlier).collect()
    }

    /// Whether a contact that a source has is meant.
    fn takes(&self, contact: &Contact, segment: Option<&Segment>) -> bool {
        !self.except_groups.iter().any(|group| contact.groups.contains(group))
            && segment.is_none_or(|segment| segment.holds(contact))
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
            Source::NotDelivered(earlier) => {
                not_delivered(&*self.parts.recipients, AudienceKey { account, run: *earlier }, after).await?
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
        let (contacts, last) = self.contacts_in(account, run, group, segment.as_ref(), after).await?;
        let mut recipients = Vec::new();
        for contact in contacts {
            if let Some(number) = contact.number() {
                recipients.push((number, Personal::from(contact).write()?));
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
        let filter = ContactFilter { group: group.map(Into::into), ..ContactFilter::default() };
        let page = self.contacts.page(account, &filter, after, PAGE).await?;
        let last = page.last().filter(|_| page.len() == PAGE).map(|kept| contact_place(&kept.value));
        let contacts = page.into_iter().map(|kept| kept.value);
        Ok((contacts.filter(|contact| run.audience.takes(contact, segment)).collect(), last))
    }
}

/// Recipients of an earlier run whose message has ended, and was not delivered.
async fn not_delivered(
    store: &dyn RecipientStore,
    earlier: AudienceKey,
    after: Option<Box<str>>,
) -> Result<Page, StoreError> {
    let after = after.and_then(|position| position.parse().ok()).unwrap_or(0);
    let page = store.recipients(earlier, WantedRecipients::NotDelivered, after, PAGE).await?;
    let last = page.last().filter(|_| page.len() == PAGE);
    let last = last.map(|row| row.recipient.position.to_string().into());
    let each = page.into_iter().map(|row| row.recipient);
    Ok((each.filter_map(|it| Some((it.number?, it.document))).collect(), last))
}
