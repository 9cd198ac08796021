//! The form of declared things in the store: a document and, beside it, its secrets.

use super::{plan, tariff};
use crate::document::{Document, EachKind, Set, each_kind, read};
use crate::mistake::{Kind, Mistake};
use crate::secret::Secrets;
use crate::set::{Entry, Origin};
use crate::tree::{Node, Step};
use postrider_core::contract::Resource;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Kinds of resources that are no documents: their own modules read them.
const KEPT_ELSEWHERE: [&str; 2] = [plan::KIND, tariff::KIND];

#[derive(Deserialize)]
struct Envelope {
    document: Node,
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

/// The declarations of the store's resources; unreadable ones are noted as mistakes.
pub(super) fn open(resources: &[Resource], mistakes: &mut Vec<Mistake>) -> Set {
    let mut set = Set::default();
    for resource in resources {
        let Some(text) = resource.document.as_deref() else { continue };
        let mut opening = Open { resource, text, set: &mut set, mistakes, known: false };
        each_kind(&mut opening);
        if !opening.known && !KEPT_ELSEWHERE.contains(&&*resource.kind) {
            // A kind that only a newer version knows.
            let (kind, name) = (&*resource.kind, &*resource.name);
            tracing::warn!(kind, name, "a declaration of an unknown kind is left alone");
        }
    }
    set
}

/// Opens a resource as the kind that it is.
struct Open<'a> {
    resource: &'a Resource,
    text: &'a str,
    set: &'a mut Set,
    mistakes: &'a mut Vec<Mistake>,
    known: bool,
}

impl EachKind for Open<'_> {
    fn kind<D: Document>(&mut self) {
        let Resource { kind, name, updated, .. } = self.resource;
        if &**kind != D::KIND {
            return;
        }
        self.known = true;
        let place = [D::PLURAL, &**name];
        let Envelope { document, secrets } = match serde_json::from_str(self.text) {
            Ok(envelope) => envelope,
            Err(error) => {
                let path = place.map(|key| Step::Key(key.to_owned())).to_vec();
                let kind = Kind::Value { what: error.to_string(), help: String::new() };
                self.mistakes.push(Mistake { path, kind });
                return;
            }
        };
        let (document, mistakes) = read::<D>(&document);
        self.mistakes.extend(mistakes.into_iter().map(|mistake| mistake.within(&place)));
        if let Some(mut document) = document {
            document.set_name(name);
            let entry = Entry { document, origin: Origin::Store, updated: Some(*updated), secrets };
            D::of_mut(self.set).insert(name.to_string(), Arc::new(entry));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::UpstreamDocument;
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
            document: Some(r#"{"document":{}}"#.into()),
            updated: Time(0),
        };
        let mut mistakes = Vec::new();
        open(&[resource], &mut mistakes);
        assert_eq!(mistakes[0].to_string(), "routes.world.upstreams: the field 'upstreams' is missing");
    }
}
