//! Says in words what differs between two declarations.

use super::{AccountDocument, Document, RouteDocument, Set, UpstreamDocument};
use serde_json::Value;

/// What is different in `after`, a sentence a thing.
pub(super) fn differences(before: &Set, after: &Set) -> Vec<String> {
    let mut words = Vec::new();
    kind::<AccountDocument>(before, after, &mut words);
    kind::<UpstreamDocument>(before, after, &mut words);
    kind::<RouteDocument>(before, after, &mut words);
    words
}

fn kind<D: Document>(before: &Set, after: &Set, words: &mut Vec<String>) {
    let (before, after) = (D::of(before), D::of(after));
    for (name, entry) in after {
        match before.get(name) {
            None => words.push(format!("{} '{name}' is new", D::KIND)),
            Some(old) => {
                let mut fields = changed_fields(&old.document, &entry.document);
                if old.secrets != entry.secrets {
                    fields.push("secrets".to_owned());
                }
                if !fields.is_empty() {
                    words.push(format!("{} '{name}' changed: {}", D::KIND, fields.join(", ")));
                }
            }
        }
    }
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    words.extend(gone.map(|name| format!("{} '{name}' is gone", D::KIND)));
}

/// The names of a document's fields that differ.
fn changed_fields<D: Document>(before: &D, after: &D) -> Vec<String> {
    let object = |document: &D| match serde_json::to_value(document) {
        Ok(Value::Object(object)) => object,
        _ => serde_json::Map::new(),
    };
    let (before, after) = (object(before), object(after));
    let mut fields: Vec<String> = before.keys().chain(after.keys()).cloned().collect();
    fields.sort_unstable();
    fields.dedup();
    fields.retain(|field| before.get(field) != after.get(field));
    fields
}

/// Names that both declare, in words.
pub(super) fn shadowed(file: &Set, stored: &Set) -> Vec<String> {
    fn of<D: Document>(file: &Set, stored: &Set) -> Vec<String> {
        let both = D::of(file).keys().filter(|name| D::of(stored).contains_key(*name));
        both.map(|name| {
            format!("{} '{name}' is declared in the file and in the store: the file's stands", D::KIND)
        })
        .collect()
    }
    let mut words = of::<AccountDocument>(file, stored);
    words.extend(of::<UpstreamDocument>(file, stored));
    words.extend(of::<RouteDocument>(file, stored));
    words
}

#[cfg(test)]
mod tests {
    use super::super::Documents;
    use super::*;

    #[test]
    fn says_what_is_new_changed_and_gone() {
        let set = |text: &str| {
            let documents: Documents = toml::from_str(text).unwrap();
            Set::of_file(documents, &mut Vec::new())
        };
        let before = set(
            "[upstreams.a]\nhost='h'\nsystem_id='s'\npassword='x'\n[routes.w]\nupstreams=['a']\n[accounts.old]",
        );
        let after = set(
            "[upstreams.a]\nhost='i'\nsystem_id='s'\npassword='y'\nrate=5\n[routes.w]\nupstreams=['a']\n[accounts.new]",
        );
        let words = differences(&before, &after);
        let expected =
            ["account 'new' is new", "account 'old' is gone", "upstream 'a' changed: host, rate, secrets"];
        assert_eq!(words, expected);
        assert_eq!(differences(&after, &after), Vec::<String>::new());
    }
}
