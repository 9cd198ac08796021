//! The desk where links are made, followed and counted.

use super::code::{LinkName, LinkSecret};
use super::document::{Link, LinkOwner, LinkTarget, LinkVisit, TextLink, run_record, run_visit, visit_label};
use super::shortener::{Shortened, Shortener, as_long, shortened};
use super::visitor::{Visitor, VisitorKind};
use crate::apps::Parts;
use crate::events::AppEvent;
use crate::kept::{Document, Kept, TRIES, contended, find, keep, key, read};
use crate::random::NoRandomness;
use postrider_core::account::AccountId;
use postrider_core::contract::{
    AppKind, AppWrite, AppWritten, AudienceKey, RecipientResult, StoreError, WantedRecipients,
};
use postrider_core::id::MessageId;
use postrider_core::number::Number;
use postrider_core::stream::LINK_CLICKED;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use tokio::sync::OnceCell;

/// The gateway itself, which keeps links, since a code doesn't name an account.
const GATEWAY: AccountId = AccountId(0);

/// How links are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkSettings {
    /// What codes stand behind, such as `https://go.example/l`, without a slash at its end; `None` if there are no links.
    pub base: Option<Box<str>>,
    /// How long a link leads anywhere after its message was to be sent.
    pub valid_for: Duration,
}

impl Default for LinkSettings {
    fn default() -> Self {
        Self { base: None, valid_for: Duration::from_hours(90 * 24) }
    }
}

/// Why no link is made.
#[derive(Debug, thiserror::Error)]
pub enum NotShortened {
    /// The operator has named no domain.
    #[error("this gateway shortens no links: the operator sets http.public_url, or links.base_url")]
    NoDomain,
    /// The texts have too many addresses.
    #[error("the texts have more than {} addresses: shorten fewer", super::LINKS_MAX)]
    TooMany,
    /// The system has no random numbers.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The store can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where a code leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To this address.
    Target(Box<str>),
    /// Nowhere: there is no such link, or it has expired.
    Nowhere,
}

/// Short links.
pub struct Links {
    parts: Parts,
    secret: OnceCell<LinkSecret>,
}

/// The secret of codes, as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptSecret {
    octets: String,
}

const SECRET: &str = "links";

impl Document for KeptSecret {
    const KIND: AppKind = AppKind::Secret;

    fn id(&self) -> Box<str> {
        SECRET.into()
    }
}

/// A recipient who follows a link.
struct Follower {
    number: Option<Number>,
    message: Option<MessageId>,
}

impl Links {
    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts, secret: OnceCell::new() }
    }

    /// What links begin with; `None` if this gateway makes none.
    ///
    /// # Errors
    /// This gateway makes none.
    pub fn base(&self) -> Result<&str, NotShortened> {
        self.parts.links.base.as_deref().ok_or(NotShortened::NoDomain)
    }

    async fn secret(&self) -> Result<&LinkSecret, NotShortened> {
        self.secret.get_or_try_init(|| self.read_secret()).await
    }

    async fn read_secret(&self) -> Result<LinkSecret, NotShortened> {
        let store = &*self.parts.store;
        for _ in 0..TRIES {
            if let Some(kept) = find::<KeptSecret>(store, GATEWAY, SECRET).await? {
                let wrong = || StoreError::Damaged("the secret of links can't be read".into());
                return Ok(LinkSecret::read(&kept.value.octets).ok_or_else(wrong)?);
            }
            let new = KeptSecret { octets: LinkSecret::make()? };
            store.write_app_records(vec![keep(GATEWAY, &new, 0)?], Vec::new()).await?;
        }
        Err(contended().into())
    }

    fn until(&self, from: Time) -> i64 {
        (from + self.parts.links.valid_for).0
    }

    /// Makes the links of a run's texts. `from` is when its first message goes out. Returns whether that was done: not if one of the
    /// numbers is another link's.
    pub(crate) async fn make(
        &self,
        account: AccountId,
        owner: &LinkOwner,
        links: &[TextLink],
        from: Time,
    ) -> Result<bool, StoreError> {
        let link = |link: &TextLink| {
            let document = Link {
                id: run_record(link.number),
                account: account.0,
                owner: owner.clone(),
                target: (!link.is_personal).then(|| link.target.clone()),
                until: self.until(from),
            };
            keep(GATEWAY, &document, 0)
        };
        let writes = links.iter().map(link).collect::<Result<Vec<_>, _>>()?;
        Ok(writes.is_empty()
            || self.parts.store.write_app_records(writes, Vec::new()).await? == AppWritten::Done)
    }

    /// What puts these links into texts.
    pub(crate) async fn shortener(&self, links: &[TextLink], from: Time) -> Result<Shortener, NotShortened> {
        let (base, secret) = (self.base()?.into(), self.secret().await?.clone());
        Ok(Shortener { base, secret, links: links.to_vec(), until: self.until(from) })
    }

    /// Keeps where links of recipients lead, before their messages are handed in. What is there stays: it was kept before a crash.
    pub(crate) async fn keep_targets(&self, mut writes: Vec<AppWrite>) -> Result<(), StoreError> {
        let store = &*self.parts.store;
        for _ in 0..TRIES {
            if writes.is_empty()
                || store.write_app_records(writes.clone(), Vec::new()).await? == AppWritten::Done
            {
                return Ok(());
            }
            let keys = writes.iter().filter_map(|write| match write {
                AppWrite::Keep(record) => Some(record.key.clone()),
                AppWrite::Forget(..) | AppWrite::Tell(_) => None,
            });
            let found = store.app_records(keys.collect()).await?;
            let mut known = found.iter().map(Option::is_some);
            writes.retain(|_| !known.next().unwrap_or(false));
        }
        Err(contended())
    }

    /// A text with new links, which lead nowhere until they are kept.
    ///
    /// # Errors
    /// This gateway makes no links, or can't now.
    pub async fn shorten(&self, text: &str) -> Result<Shortened, NotShortened> {
        let base = self.base()?;
        Ok(shortened(text, base, self.secret().await?)?)
    }

    /// A text as long as it is with links, for previews.
    ///
    /// # Errors
    /// This gateway makes no links.
    pub fn as_long(&self, text: &str) -> Result<String, NotShortened> {
        Ok(as_long(text, self.base()?))
    }

    /// Keeps the links of messages, before these are made durable.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn keep(
        &self,
        account: AccountId,
        messages: Vec<(MessageId, Number, Time, Shortened)>,
    ) -> Result<(), StoreError> {
        let mut writes = Vec::new();
        for (message, number, due, shortened) in messages {
            let owner = LinkOwner::Message { id: message.number(), to: number.digits() };
            for (name, target) in shortened.links {
                let document = Link {
                    id: name.record(),
                    account: account.0,
                    owner: owner.clone(),
                    target: Some(target),
                    until: self.until(due),
                };
                writes.push(keep(GATEWAY, &document, 0)?);
            }
        }
        if writes.is_empty() {
            return Ok(());
        }
        // A name of 55 bits is hardly ever taken: then nothing is sent, and the client tries again.
        match self.parts.store.write_app_records(writes, Vec::new()).await? {
            AppWritten::Done => Ok(()),
            _ => Err(contended()),
        }
    }

    /// Where a code leads. The visit is counted, once for each recipient, link and kind of visitor.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn follow(&self, code: &str, visitor: &Visitor<'_>) -> Result<Destination, NotShortened> {
        let store = &*self.parts.store;
        let count =
            |visitor| metrics::counter!("postrider_link_visits_total", "visitor" => visitor).increment(1);
        let Some(name) = self.secret().await?.open(code) else {
            count("unknown");
            return Ok(Destination::Nowhere);
        };
        let found = find::<Link>(store, GATEWAY, &name.record()).await?;
        let Some(link) = found.map(|kept| kept.value).filter(|link| self.parts.live.now().0 < link.until)
        else {
            count("expired");
            return Ok(Destination::Nowhere);
        };
        let target = match (&link.target, name.own_target()) {
            (Some(target), _) => Some(target.clone()),
            (None, Some(own)) => {
                find::<LinkTarget>(store, GATEWAY, &own).await?.map(|kept| kept.value.target)
            }
            (None, None) => None,
        };
        let Some(target) = target else { return Ok(Destination::Nowhere) };
        let kind = visitor.kind();
        count(kind.word());
        if let Err(error) = self.note(name, &link, &target, kind).await {
            // Whoever clicks gets there all the same.
            tracing::warn!(%error, "a visit of a link can't be counted");
        }
        Ok(Destination::Target(target))
    }

    /// Notes a visit, and tells of a person's first.
    async fn note(
        &self,
        name: LinkName,
        link: &Link,
        target: &str,
        kind: VisitorKind,
    ) -> Result<(), StoreError> {
        let (store, live, account) = (&*self.parts.store, &*self.parts.live, AccountId(link.account));
        let id = match (name, &link.owner) {
            (LinkName::OfRun { position, .. }, LinkOwner::Run { run, .. }) => {
                run_visit(*run, position.into())
            }
            (_, LinkOwner::Message { id, .. }) => format!("m/{id}").into(),
            (LinkName::Single(_), LinkOwner::Run { .. }) => return Ok(()),
        };
        for _ in 0..TRIES {
            let found = find::<LinkVisit>(store, account, &id).await?;
            let (known, version) = found.map_or((None, 0), |kept| (Some(kept.value), kept.version));
            let Some(follower) = self.follower(account, name, link).await? else { return Ok(()) };
            let number = follower.number.map(Number::digits);
            let mut visit = known.unwrap_or_else(|| LinkVisit::new(id.clone(), number, link.until));
            if !visit.note(name, &link.owner, kind, live.now()) {
                return Ok(());
            }
            let mut writes = vec![keep(account, &visit, version)?];
            if kind == VisitorKind::Person {
                writes.extend(self.event(account, name, link, target, &follower)?);
            }
            if store.write_app_records(writes, Vec::new()).await? == AppWritten::Done {
                self.parts.archive.wake_followers();
                return Ok(());
            }
        }
        Err(contended())
    }

    fn event(
        &self,
        account: AccountId,
        name: LinkName,
        link: &Link,
        target: &str,
        follower: &Follower,
    ) -> Result<Vec<AppWrite>, StoreError> {
        let mut data = json!({
            "target": target,
            "to": follower.number.map(|number| number.to_string()),
            "message": follower.message.map(|message| message.to_string()),
        });
        if let (LinkOwner::Run { kind, run, .. }, Some(data)) = (&link.owner, data.as_object_mut()) {
            data.insert(kind.word().to_owned(), json!(run.to_string()));
        }
        let cause = match name {
            LinkName::OfRun { link, position } => format!("{link:08x}{position:06x}"),
            LinkName::Single(number) => format!("{number:014x}"),
        };
        AppEvent::new(LINK_CLICKED, &cause, self.parts.live.now(), data).writes(account, &*self.parts.live)
    }

    /// Who follows a link; `None` if the campaign is forgotten.
    async fn follower(
        &self,
        account: AccountId,
        name: LinkName,
        link: &Link,
    ) -> Result<Option<Follower>, StoreError> {
        let (position, run) = match (name, &link.owner) {
            (_, LinkOwner::Message { id, to }) => {
                let message = Some(MessageId::from_number(*id));
                return Ok(Some(Follower { number: Number::from_kept(*to), message }));
            }
            (LinkName::OfRun { position, .. }, LinkOwner::Run { run, .. }) => (u64::from(position), *run),
            (LinkName::Single(_), LinkOwner::Run { .. }) => return Ok(None),
        };
        let (store, audience) = (&self.parts.recipients, AudienceKey { account, run });
        let before = position.saturating_sub(1);
        let rows = store.recipients(audience, WantedRecipients::All, before, 1).await?;
        let row = rows.into_iter().find(|row| row.recipient.position == position);
        Ok(row.map(|row| Follower {
            number: row.recipient.number,
            message: match row.recipient.result {
                RecipientResult::Accepted(message) => Some(message),
                RecipientResult::Open | RecipientResult::Refused(_) => None,
            },
        }))
    }

    /// How many recipients of a run have followed one of its links.
    pub(crate) async fn clicked(&self, account: AccountId, run: u64) -> Result<u64, StoreError> {
        self.count(account, visit_label::run(run)).await
    }

    /// How many recipients have followed a link of a variant of a run.
    pub(crate) async fn clicked_in(
        &self,
        account: AccountId,
        run: u64,
        variant: u8,
    ) -> Result<u64, StoreError> {
        self.count(account, visit_label::variant(run, variant)).await
    }

    /// How many recipients have followed a link: people, and robots on their behalf.
    pub(crate) async fn visits(&self, account: AccountId, link: &TextLink) -> Result<(u64, u64), StoreError> {
        let of = |kind| self.count(account, visit_label::link(kind, link.number));
        Ok((of(VisitorKind::Person).await?, of(VisitorKind::Robot).await?))
    }

    async fn count(&self, account: AccountId, label: Box<str>) -> Result<u64, StoreError> {
        self.parts.store.count_app_records(account, AppKind::LinkVisit, label).await
    }

    /// When recipients of a run, by their places, followed one of its links first.
    pub(crate) async fn clicked_at(
        &self,
        account: AccountId,
        run: u64,
        positions: &[u64],
    ) -> Result<Vec<Option<Time>>, StoreError> {
        let keys = positions.iter().map(|position| key::<LinkVisit>(account, &run_visit(run, *position)));
        let found = self.parts.store.app_records(keys.collect()).await?;
        let first = |record| {
            let Some(record) = record else { return Ok(None) };
            let kept: Kept<LinkVisit> = read(record)?;
            Ok(kept.value.first.map(Time))
        };
        found.into_iter().map(first).collect()
    }
}
