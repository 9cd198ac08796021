//! What a run would come to: of its whole audience, person by person, before anything is sent.
//!
//! Each message is made and decided upon as it would be, with its route, its price and what holds of its number. Nothing is sampled,
//! and nothing is kept but sums.

use super::audience::Source;
use super::desk::{NotDone, Runs};
use super::document::{Outgoing, Run, RunKind, RunState};
use super::hours::Forecast;
use super::making::Makers;
use super::personal::Personal;
use super::test_message::tested;
use crate::contact::Segment;
use crate::kept::Kept;
use postrider_core::account::Account;
use postrider_core::contract::{
    AudienceKey, Recipient, RecipientResult, Refused, StoreError, WantedRecipients,
};
use postrider_core::message::{Body, Message};
use postrider_core::money::{Amount, Currency};
use postrider_core::number::Number;
use postrider_text::{Encoding, gsm, segment};
use std::collections::{BTreeMap, HashSet};

/// Recipients that are looked at together.
const PAGE: usize = 500;
/// How many characters less are looked at.
const LESS_MAX: usize = 20;
/// The most characters that are named because of which texts are in UCS-2.
const CHARACTERS_MAX: usize = 20;

/// What a run would come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// The recipients.
    pub recipients: u64,
    /// Those who would get no message, by the code of the reason.
    pub refused: BTreeMap<Box<str>, u64>,
    /// Messages by the number of their parts.
    pub parts: BTreeMap<u8, u64>,
    /// What all messages cost the account, by currency.
    pub price: Price,
    /// Messages that have to be in UCS-2.
    pub unicode: u64,
    /// Characters because of which they are, with the number of messages that have each.
    pub characters: BTreeMap<char, u64>,
    /// Who gets the longest message.
    pub longest: Option<Longest>,
    /// When the last one is handed in, at the pace, in the hours and with the cap of the run, if these tell.
    pub forecast: Option<Forecast>,
    /// By how many characters less: messages that would have a part less, and what that saves. Of each message it is its own number.
    less: BTreeMap<usize, (u64, Price)>,
}

/// The longest message: of those with the most parts the one with the longest text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Longest {
    /// Who gets it.
    pub to: Number,
    /// Their name, if it is known.
    pub name: Option<Box<str>>,
    /// Its parts.
    pub parts: u8,
    /// The characters of its text.
    pub characters: usize,
    /// What it costs the account, if that is billed.
    pub price: Option<(Currency, Amount)>,
}

/// Amounts by currency.
pub type Price = BTreeMap<Currency, Amount>;

/// What a shorter text saves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saving {
    /// So many characters less, of those that the encoding counts.
    pub characters: usize,
    /// Messages that have a part less then.
    pub messages: u64,
    /// What these parts cost.
    pub price: Price,
}

impl Estimate {
    /// What so many characters less save, for each number that saves more than the one before.
    pub fn savings(&self) -> Vec<Saving> {
        let (mut messages, mut price) = (0, Price::new());
        let each = self.less.iter().map(|(characters, (more, saved))| {
            messages += more;
            for (currency, amount) in saved {
                add(&mut price, *currency, *amount);
            }
            Saving { characters: *characters, messages, price: price.clone() }
        });
        each.collect()
    }

    fn refuse(&mut self, code: &str) {
        *self.refused.entry(code.into()).or_default() += 1;
    }

    fn accept(&mut self, message: &Message, recipient: &Recipient) -> Result<(), StoreError> {
        *self.parts.entry(message.parts).or_default() += 1;
        let price = message.charge.as_ref().and_then(|charge| Some((charge.terms.currency, charge.price?)));
        self.compare(message, recipient, price)?;
        if let Some((currency, part)) = price {
            add(&mut self.price, currency, part.times(message.parts));
        }
        let Body::Text(text) = &message.body else { return Ok(()) };
        let cost = segment::cost(text, &segment::Options::default());
        if cost.encoding == Encoding::Ucs2 {
            self.unicode += 1;
            let strange: HashSet<char> = text.chars().filter(|c| !gsm::contains(*c)).collect();
            for character in strange {
                if self.characters.len() < CHARACTERS_MAX || self.characters.contains_key(&character) {
                    *self.characters.entry(character).or_default() += 1;
                }
            }
        }
        if let Some(less) = too_long_by(&cost) {
            let (messages, saved) = self.less.entry(less).or_default();
            *messages += 1;
            if let Some((currency, part)) = price {
                add(saved, currency, part);
            }
        }
        Ok(())
    }

    /// Whether this message is the longest so far.
    fn compare(
        &mut self,
        message: &Message,
        recipient: &Recipient,
        price: Option<(Currency, Amount)>,
    ) -> Result<(), StoreError> {
        let characters = match &message.body {
            Body::Text(text) => text.chars().count(),
            _ => 0,
        };
        let longest = self.longest.as_ref().map_or((0, 0), |it| (it.parts, it.characters));
        if (message.parts, characters) > longest {
            let personal = Personal::read(&recipient.document)?;
            let name = personal.variables.get("name").and_then(serde_json::Value::as_str);
            self.longest = Some(Longest {
                to: message.to,
                name: name.map(Into::into),
                parts: message.parts,
                characters,
                price: price.map(|(currency, part)| (currency, part.times(message.parts))),
            });
        }
        Ok(())
    }
}

fn add(price: &mut Price, currency: Currency, amount: Amount) {
    let sum = price.entry(currency).or_insert(Amount::ZERO);
    *sum = *sum + amount;
}

/// By how many characters a text is too long for a part less, if they are few.
fn too_long_by(cost: &segment::Cost) -> Option<usize> {
    let room = match cost.parts {
        0 | 1 => return None,
        // One part has no header.
        2 => segment::room(cost.encoding, 0),
        parts => cost.room * (parts - 1),
    };
    let less = cost.units.saturating_sub(room).max(1);
    (less <= LESS_MAX).then_some(less)
}

/// An estimate under way.
struct Estimating<'a> {
    runs: &'a Runs,
    account: &'a Account,
    run: &'a Run,
    makers: Makers,
    /// Numbers that came, where some may come twice.
    seen: Option<HashSet<Number>>,
    estimate: Estimate,
}

impl Runs {
    /// What a run would come to if it was launched now. With several texts it is told as if all got this variant; without a name the
    /// first.
    ///
    /// # Errors
    /// There is none, its template is gone, or the store can't be read.
    pub async fn estimate(
        &self,
        account: &Account,
        kind: RunKind,
        id: u64,
        variant: Option<&str>,
    ) -> Result<Estimate, NotDone> {
        let kept = self.find(account.id, kind, id).await?.ok_or(NotDone::Missing)?;
        let outgoing = tested(&kept.value, variant)?;
        let makers = self.estimated(account, &kept, &outgoing).await?;
        let run = &kept.value;
        let sources = if run.is_collected { Vec::new() } else { run.audience.sources() };
        let has_own = !self
            .parts
            .recipients
            .recipients(run.key(account.id), WantedRecipients::All, 0, 1)
            .await?
            .is_empty();
        let is_of_contacts = |source: &&Source<'_>| matches!(source, Source::Group(_) | Source::Everybody);
        let contacts = sources.iter().filter(is_of_contacts).count();
        let is_mixed = usize::from(has_own) + usize::from(contacts > 0) + (sources.len() - contacts) > 1;
        let seen = is_mixed.then(HashSet::new);
        let mut it = Estimating { runs: self, account, run, makers, seen, estimate: Estimate::default() };
        it.take_own(run.key(account.id)).await?;
        for (place, source) in sources.iter().enumerate() {
            match source {
                Source::NotDelivered(_) | Source::NotReached(_) | Source::Clicked(_) => {
                    it.take_earlier(source).await?;
                }
                source => it.take_contacts(source, sources.get(..place).unwrap_or_default()).await?,
            }
        }
        let messages = it.estimate.parts.values().sum();
        let forecast = run.forecast(messages, run.goes_out_from(self.now()));
        // A text without variables is as long for everybody.
        let longest = it.estimate.longest.take().filter(|_| outgoing.template.is_some());
        Ok(Estimate { forecast, longest, ..it.estimate })
    }

    /// What messages would be made of.
    async fn estimated(
        &self,
        account: &Account,
        kept: &Kept<Run>,
        outgoing: &Outgoing,
    ) -> Result<Makers, NotDone> {
        let links = match kept.value.state {
            // Links that lead nowhere are as long as those that will be made.
            RunState::Open if outgoing.shorten_links => {
                let version = self.version_of(account.id, outgoing).await?;
                self.links_in(account.id, outgoing, version).await?
            }
            _ => kept.value.all_links().map(|(_, link)| link.clone()).collect(),
        };
        let gone = || NotDone::Wrong("template.name", "the template is gone".into());
        let maker = self.maker(kept, outgoing, &links).await?.ok_or_else(gone)?;
        Ok(Makers::One(Box::new(maker)))
    }
}

impl Estimating<'_> {
    /// Recipients that are written down.
    async fn take_own(&mut self, audience: AudienceKey) -> Result<(), StoreError> {
        let (mut after, wanted) = (0, WantedRecipients::All);
        loop {
            let rows = self.runs.parts.recipients.recipients(audience, wanted, after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.recipient.position;
            self.take(rows.into_iter().map(|row| row.recipient).collect()).await?;
        }
    }

    /// Recipients of an earlier run.
    async fn take_earlier(&mut self, source: &Source<'_>) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let (recipients, last) = self.runs.recipients_of(self.account.id, source, after).await?;
            self.take(recipients).await?;
            let Some(last) = last else { return Ok(()) };
            after = last;
        }
    }

    /// Contacts of a source that are not of those before it.
    async fn take_contacts(&mut self, source: &Source<'_>, before: &[Source<'_>]) -> Result<(), StoreError> {
        let segment = self.run.audience.segment.as_deref().and_then(|text| Segment::parse(text).ok());
        let group = match source {
            Source::Group(group) => Some(*group),
            _ => None,
        };
        let mut after = None;
        loop {
            let (contacts, last) =
                self.runs.contacts_in(self.account.id, self.run, group, segment.as_ref(), after).await?;
            let mut recipients = Vec::with_capacity(contacts.len());
            for contact in contacts {
                let is_known = before.iter().any(|source| source.has(&contact));
                let Some(number) = contact.number().filter(|_| !is_known) else { continue };
                let document = Personal::from(contact).write()?;
                let result = RecipientResult::Open;
                recipients.push(Recipient { position: 1, number: Some(number), document, result });
            }
            self.take(recipients).await?;
            after = last;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Decides on what these recipients would get.
    async fn take(&mut self, recipients: Vec<Recipient>) -> Result<(), StoreError> {
        let mut submissions = Vec::with_capacity(recipients.len());
        let mut written_to = Vec::with_capacity(recipients.len());
        for recipient in recipients {
            if let (Some(seen), Some(number)) = (&mut self.seen, recipient.number)
                && !seen.insert(number)
            {
                continue;
            }
            self.estimate.recipients += 1;
            match self.makers.submission(self.run, &recipient)? {
                Ok((submission, _)) => {
                    submissions.push(submission);
                    written_to.push(recipient);
                }
                Err(refused) => self.estimate.refuse(&refused.code),
            }
        }
        let decided = self.runs.parts.intake.decide(self.account, submissions).await?;
        for (decided, recipient) in decided.into_iter().zip(&written_to) {
            match decided {
                Ok(message) => self.estimate.accept(&message, recipient)?,
                Err(refusal) => self.estimate.refuse(&Refused::from(&refusal).code),
            }
        }
        Ok(())
    }
}
