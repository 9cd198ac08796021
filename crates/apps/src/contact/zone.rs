//! Time zones of contacts: quiet hours go by them, as by zones that are set for numbers.

use super::desk::Contacts;
use super::document::Contact;
use jiff::tz::TimeZone;
use postrider_core::account::AccountId;
use postrider_core::consent::{Change, Scope, Source};
use postrider_core::contract::StoreError;
use postrider_core::number::Number;

/// A contact's zone that becomes another one.
pub(super) struct ZoneChange {
    number: Number,
    before: Option<Box<str>>,
    after: Option<Box<str>>,
}

impl ZoneChange {
    /// The change of the zone between two versions of a contact, if there is one.
    pub(super) fn between(before: Option<&Contact>, after: Option<&Contact>) -> Option<Self> {
        let number = before.or(after)?.number()?;
        let zone = |contact: Option<&Contact>| contact.and_then(|contact| contact.zone.clone());
        let (before, after) = (zone(before), zone(after));
        (before != after).then_some(Self { number, before, after })
    }
}

impl Contacts {
    /// Has quiet hours of the account go by other zones from now on.
    pub(super) async fn follow_zones(
        &self,
        account: AccountId,
        zones: Vec<ZoneChange>,
        source: Source,
    ) -> Result<(), StoreError> {
        let changes = zones.into_iter().filter_map(|zone| {
            let ZoneChange { number, before, after } = zone;
            // Another zone takes the place of the one before.
            let (name, holds) = after.map(|name| (name, true)).or(before.map(|name| (name, false)))?;
            let name = TimeZone::get(&name).ok()?.iana_name()?.to_owned();
            Some(Change {
                id: self.parts.consent.identify(),
                at: self.parts.live.now(),
                number,
                scope: Scope::zone(Some(account), &name),
                holds,
                source,
                reason: Some("the contact's time zone".into()),
                by: None,
                inbound: None,
                obtained: None,
                shown: None,
                proof: None,
            })
        });
        let changes: Vec<Change> = changes.collect();
        if !changes.is_empty() {
            self.parts.consent.change(changes).await?;
        }
        Ok(())
    }
}
