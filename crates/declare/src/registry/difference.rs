//! Differences between two declarations, in words.

use crate::document::{Document, EachKind, Set, each_kind};
use serde_json::Value;

/// The differences in `after`, a sentence each.
pub(super) fn differences(before: &Set, after: &Set) -> Vec<String> {
    struct Compare<'a>(&'a Set, &'a Set, Vec<String>);
    impl EachKind for Compare<'_> {
        fn kind<D: Document>(&mut self) {
            let Self(before, after, words) = self;
            let (before, after) = (D::of(before), D::of(after));
            for (name, entry) in after {
                let Some(old) = before.get(name) else {
                    words.push(format!("{} '{name}' is new", D::KIND));
                    continue;
                };
                let mut fields = changed_fields(&old.document, &entry.document);
                if old.secrets != entry.secrets {
                    fields.push("secrets".to_owned());
                }
                if !fields.is_empty() {
                    words.push(format!("{} '{name}' changed: {}", D::KIND, fields.join(", ")));
                }
            }
            let gone = before.keys().filter(|name| !after.contains_key(*name));
            words.extend(gone.map(|name| format!("{} '{name}' is gone", D::KIND)));
        }
    }
    let mut compare = Compare(before, after, Vec::new());
    each_kind(&mut compare);
    compare.2
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
    struct Both<'a>(&'a Set, &'a Set, Vec<String>);
    impl EachKind for Both<'_> {
        fn kind<D: Document>(&mut self) {
            let both = D::of(self.0).keys().filter(|name| D::of(self.1).contains_key(*name));
            let word = |name| {
                format!("{} '{name}' is declared in the file and in the store: the file's stands", D::KIND)
            };
            self.2.extend(both.map(word));
        }
    }
    let mut both = Both(file, stored, Vec::new());
    each_kind(&mut both);
    both.2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Documents;

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
