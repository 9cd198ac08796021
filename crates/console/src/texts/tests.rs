//! Every text has its translations, and no catalogue has any that nobody shows.

use super::{Language, fill, read};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The English texts of the crate: what stands in `t("…")` and its like, in templates and in code.
fn texts() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    ["templates", "src"].iter().for_each(|directory| walk(&root.join(directory), &mut found));
    found
}

fn walk(directory: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if !path.ends_with("tests.rs") {
            collect(&fs::read_to_string(&path).unwrap(), found);
        }
    }
}

fn collect(source: &str, found: &mut BTreeSet<String>) {
    for opening in ["t(", "t1(", "t2(", "text(", "title("] {
        for (at, _) in source.match_indices(opening) {
            // `t(` is also the end of other names, as in `set(`.
            let before = source[..at].chars().next_back().unwrap_or(' ');
            if before.is_alphanumeric() || before == '_' {
                continue;
            }
            // A long text stands in a line of its own.
            let Some(rest) = source[at + opening.len()..].trim_start().strip_prefix('"') else { continue };
            found.insert(rest[..rest.find('"').unwrap()].to_owned());
        }
    }
}

#[test]
fn every_text_is_translated() {
    let texts = texts();
    assert!(texts.len() > 50, "only {} texts were found", texts.len());
    for (language, catalogue) in
        [("de", include_str!("../../texts/de.txt")), ("ar", include_str!("../../texts/ar.txt"))]
    {
        let catalogue = read(catalogue);
        let missing: Vec<_> = texts.iter().filter(|text| !catalogue.contains_key(text.as_str())).collect();
        assert!(missing.is_empty(), "{language} lacks: {missing:#?}");
        let unused: Vec<_> = catalogue.keys().filter(|text| !texts.contains(**text)).collect();
        assert!(unused.is_empty(), "{language} has, and nobody shows: {unused:#?}");
        for (english, translated) in catalogue {
            for place in ["{0}", "{1}"] {
                assert_eq!(english.contains(place), translated.contains(place), "{language}: {english}");
            }
        }
    }
}

#[test]
fn a_text_that_no_catalogue_has_is_shown_in_english() {
    assert_eq!(Language::German.text("nobody translated this"), "nobody translated this");
    assert_eq!(Language::English.text("Live"), "Live");
}

#[test]
fn values_stand_in_their_places() {
    assert_eq!(fill("{1} of {0}", &["9", "4"]), "4 of 9");
    assert_eq!(fill("nothing", &[]), "nothing");
}
