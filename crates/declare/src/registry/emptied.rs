//! Changes that would leave nothing of a kind: an empty or half-written file, or a deletion of the last.

use super::RegistryError;
use crate::document::{Document, EachKind, Set, each_kind};

/// Refuses a reload after which there is nothing of a kind that there was, or nothing of what the file had.
pub(super) fn by_reload(
    file_before: &Set,
    file_after: &Set,
    before: &Set,
    after: &Set,
) -> Result<(), RegistryError> {
    let kinds = emptied(before, after);
    let is_file_empty = !is_empty(file_before) && is_empty(file_after);
    let loses = || !lost(before, after).is_empty();
    let what = match (kinds.is_empty(), is_file_empty && loses()) {
        (true, false) => return Ok(()),
        (true, true) => "everything that the file declared".to_owned(),
        (false, _) => kinds.join(" and "),
    };
    Err(RegistryError::Emptied(format!(
        "the file would delete {what}, so nothing was changed: correct the file, or run `postrider reload --allow-empty`"
    )))
}

/// Refuses the deletion of the last of a kind; `after` is without it.
pub(super) fn by_deletion<D: Document>(name: &str, after: &Set) -> Result<(), RegistryError> {
    if !D::IS_NEEDED || !D::of(after).is_empty() {
        return Ok(());
    }
    let (kind, all) = (D::KIND, D::PLURAL);
    Err(RegistryError::Emptied(format!(
        "'{name}' is the last {kind}, and without {all} nothing is sent: say so with `allow_empty=true` if it is meant"
    )))
}

/// Kinds of which nothing is left, in words: `all 3 upstreams`.
fn emptied(before: &Set, after: &Set) -> Vec<String> {
    struct Emptied<'a>(&'a Set, &'a Set, Vec<String>);
    impl EachKind for Emptied<'_> {
        fn kind<D: Document>(&mut self) {
            let count = D::of(self.0).len();
            if count > 0 && D::of(self.1).is_empty() {
                let all = if count == 1 {
                    format!("the only {}", D::KIND)
                } else {
                    format!("all {count} {}", D::PLURAL)
                };
                self.2.push(all);
            }
        }
    }
    let mut emptied = Emptied(before, after, Vec::new());
    each_kind(&mut emptied);
    emptied.2
}

/// Names that are gone.
fn lost(before: &Set, after: &Set) -> Vec<String> {
    struct Lost<'a>(&'a Set, &'a Set, Vec<String>);
    impl EachKind for Lost<'_> {
        fn kind<D: Document>(&mut self) {
            let gone = D::of(self.0).keys().filter(|name| !D::of(self.1).contains_key(*name));
            self.2.extend(gone.cloned());
        }
    }
    let mut lost = Lost(before, after, Vec::new());
    each_kind(&mut lost);
    lost.2
}

fn is_empty(set: &Set) -> bool {
    lost(set, &Set::default()).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::RouteDocument;

    const UPSTREAM: &str = "[upstreams.a]\nhost='h'\nsystem_id='s'\npassword='x'\n";
    const ROUTE: &str = "[routes.w]\nupstreams=['a']\n";
    const ACCOUNTS: &str = "[accounts.one]\n[accounts.two]\n";

    fn set(text: &str) -> Set {
        Set::of_file(toml::from_str(text).unwrap(), &mut Vec::new())
    }

    #[test]
    fn what_leaves_nothing_of_a_kind_or_of_the_file_is_refused() {
        let all = [UPSTREAM, ROUTE, ACCOUNTS].concat();
        // What the file declares, what the store declares, the file's next, and a word of why it is refused.
        let cases = [
            (&*all, "", "", "all 2 accounts and the only upstream and the only route"),
            (&all, "", &[ACCOUNTS, UPSTREAM].concat(), "the only route"),
            (&all, "", &[UPSTREAM, ROUTE].concat(), "all 2 accounts"),
            (&all, "", &[UPSTREAM, ROUTE, "[accounts.three]"].concat(), ""),
            (ACCOUNTS, &all, "", ""),
            ("[accounts.three]", &all, "", "everything that the file declared"),
            ("", &all, "", ""),
            ("", "", "", ""),
        ];
        for (file, stored, next, refused) in cases {
            let (file, stored, next) = (set(file), set(stored), set(next));
            let (before, after) = (stored.overlaid(&file), stored.overlaid(&next));
            let told = by_reload(&file, &next, &before, &after);
            let told = told.map_or_else(|error| error.to_string(), |()| String::new());
            assert_eq!(told.is_empty(), refused.is_empty(), "{told} {refused}");
            assert!(told.contains(refused), "{told}");
        }
    }

    #[test]
    fn the_last_of_a_kind_is_not_deleted_by_the_way() {
        let error = by_deletion::<RouteDocument>("w", &set(UPSTREAM)).unwrap_err();
        assert!(error.to_string().starts_with("'w' is the last route"), "{error}");
        assert!(by_deletion::<RouteDocument>("v", &set(&[UPSTREAM, ROUTE].concat())).is_ok());
    }
}
