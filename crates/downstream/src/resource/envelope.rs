//! How a declared thing lies in the store: its document and, beside it, its secrets.

use super::entry::{Entry, Origin, Set};
use super::mistake::{Mistake, Notes};
use super::{AccountDocument, Document, RouteDocument, Secrets, UpstreamDocument};
use postrider_core::contract::Resource;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Deserialize)]
struct Envelope<D> {
    document: D,
    #[serde(default)]
    secrets: Secrets,
}

#[derive(Serialize)]
struct EnvelopeRef<'a, D> {
    document: &'a D,
    secrets: &'a Secrets,
}

/// The entry as the store keeps it.
pub(super) fn close<D: Document>(entry: &Entry<D>) -> Result<Box<str>, serde_json::Error> {
    let envelope = EnvelopeRef { document: &entry.document, secrets: &entry.secrets };
    serde_json::to_string(&envelope).map(String::into_boxed_str)
}

/// The document as it may be shown and recorded, with the names of secrets that were changed.
pub(super) fn shown<D: Document>(document: &D, changed: &[String]) -> Result<Box<str>, serde_json::Error> {
    let mut value = serde_json::to_value(document)?;
    if let (Some(object), false) = (value.as_object_mut(), changed.is_empty()) {
        object.insert("secrets_changed".to_owned(), changed.into());
    }
    serde_json::to_string(&value).map(String::into_boxed_str)
}

/// What the store's resources declare; of those that can't be read it is said why.
pub(super) fn open(resources: &[Resource], mistakes: &mut Vec<Mistake>) -> Set {
    let mut set = Set::default();
    for resource in resources {
        let Some(text) = resource.document.as_deref() else { continue };
        match &*resource.kind {
            AccountDocument::KIND => open_one::<AccountDocument>(resource, text, &mut set, mistakes),
            UpstreamDocument::KIND => open_one::<UpstreamDocument>(resource, text, &mut set, mistakes),
            RouteDocument::KIND => open_one::<RouteDocument>(resource, text, &mut set, mistakes),
            // A kind that only a newer version knows.
            other => tracing::warn!(
                kind = other,
                name = &*resource.name,
                "a declaration of an unknown kind is left alone"
            ),
        }
    }
    set
}

fn open_one<D: Document>(resource: &Resource, text: &str, set: &mut Set, mistakes: &mut Vec<Mistake>) {
    let mut notes = Notes::new(format!("{}.{}", D::PLURAL, resource.name), mistakes);
    let Some(envelope) = notes.take("", serde_json::from_str::<Envelope<D>>(text)) else { return };
    let Envelope { mut document, secrets } = envelope;
    document.set_name(&resource.name);
    let entry = Entry { document, origin: Origin::Store, updated: Some(resource.updated), secrets };
    D::of_mut(set).insert(resource.name.to_string(), Arc::new(entry));
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::time::Time;

    #[test]
    fn what_is_closed_opens_again() {
        let mut document: UpstreamDocument =
            serde_json::from_str(r#"{"name":"acme","host":"h","system_id":"s"}"#).unwrap();
        document.rate = Some(12.5);
        let mut secrets = Secrets::default();
        secrets.set("password", "hush".into());
        let entry = Entry { document, origin: Origin::Store, updated: Some(Time(5)), secrets };
        let resource = Resource {
            kind: "upstream".into(),
            name: "acme".into(),
            id: 7,
            document: Some(close(&entry).unwrap()),
            updated: Time(5),
        };
        let mut mistakes = Vec::new();
        let set = open(&[resource], &mut mistakes);
        assert_eq!(mistakes, []);
        assert_eq!(*set.upstreams["acme"], entry);
    }

    #[test]
    fn what_can_not_be_read_is_named() {
        let resource = Resource {
            kind: "route".into(),
            name: "world".into(),
            id: 1,
            document: Some("{}".into()),
            updated: Time(0),
        };
        let mut mistakes = Vec::new();
        open(&[resource], &mut mistakes);
        assert_eq!(mistakes[0].path, "routes.world");
    }
}
