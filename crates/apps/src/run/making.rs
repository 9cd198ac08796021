//! What messages of a run are made of: its one text, or that of each variant whose turn it is.

use super::chunk::{Made, Maker};
use super::desk::{NotDone, Runs};
use super::document::{Outgoing, Run};
use super::trial::{Turn, Variant};
use crate::kept::Kept;
use crate::link::{NotShortened, TextLink};
use postrider_core::contract::{Recipient, Refused, StoreError};
use postrider_core::time::Time;

/// The makers of a run's messages.
pub(super) enum Makers {
    /// The same for everybody.
    One(Box<Maker>),
    /// One for each variant; `None` for those that nobody gets now.
    Several(Vec<Option<Maker>>),
}

impl Variant {
    /// What is sent of this variant.
    pub(super) fn outgoing(&self, run: &Run) -> Outgoing {
        Outgoing { text: self.text.clone(), template: self.template.clone(), ..run.outgoing.clone() }
    }
}

impl Makers {
    /// The message to a recipient.
    pub(super) fn submission(
        &self,
        run: &Run,
        recipient: &Recipient,
    ) -> Result<Result<Made, Refused>, StoreError> {
        let maker = match self {
            Self::One(maker) => Some(&**maker),
            Self::Several(makers) => run
                .variant_for(recipient.position)
                .and_then(|variant| makers.get(usize::from(variant))?.as_ref()),
        };
        let lost = || StoreError::Damaged("a variant of a campaign has no text".into());
        maker.ok_or_else(lost)?.submission(recipient)
    }
}

impl Runs {
    /// What messages of a run are made of now; `None` if a template is gone.
    pub(super) async fn makers(&self, kept: &Kept<Run>) -> Result<Option<Makers>, NotDone> {
        let run = &kept.value;
        let Some(trial) = &run.trial else {
            let maker = self.maker(kept, &run.outgoing, &run.links).await?;
            return Ok(maker.map(|maker| Makers::One(Box::new(maker))));
        };
        let mut makers = Vec::with_capacity(trial.variants.len());
        for (place, variant) in (0_u8..).zip(&trial.variants) {
            if matches!(trial.turn(), Turn::Rest(winner) if winner != place) {
                makers.push(None);
                continue;
            }
            let outgoing = variant.outgoing(run);
            let Some(maker) = self.maker(kept, &outgoing, &variant.links).await? else { return Ok(None) };
            makers.push(Some(maker));
        }
        Ok(Some(Makers::Several(makers)))
    }

    /// What messages of one text are made of; `None` if its template is gone.
    pub(super) async fn maker(
        &self,
        kept: &Kept<Run>,
        outgoing: &Outgoing,
        links: &[TextLink],
    ) -> Result<Option<Maker>, NotDone> {
        let run = &kept.value;
        let template = match &outgoing.template {
            Some(named) => self.templates.compiled(kept.account, &named.name, named.version).await?,
            None => None,
        };
        let shortener = match links {
            [] => None,
            links => Some(self.links.shortener(links, run.goes_out_from(self.now())).await?),
        };
        let maker = Maker::new(run, outgoing, template, self.now());
        Ok(maker.map(|maker| maker.with_links(shortener)))
    }
}

impl Run {
    /// When its first message goes out at the earliest.
    pub(super) fn goes_out_from(&self, now: Time) -> Time {
        let local = || {
            let local: jiff::civil::DateTime = self.schedule.send_at_local.as_deref()?.parse().ok()?;
            Some(local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
        };
        Time(self.schedule.send_at.or_else(local).unwrap_or(now.0).max(now.0))
    }
}

impl From<NotShortened> for NotDone {
    fn from(error: NotShortened) -> Self {
        match error {
            NotShortened::NoDomain | NotShortened::TooMany => Self::Wrong("shorten_links", error.to_string()),
            NotShortened::NoRandomness(error) => error.into(),
            NotShortened::Store(error) => error.into(),
        }
    }
}
