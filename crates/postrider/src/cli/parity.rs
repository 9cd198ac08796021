//! What the console does, the API and the command line can do too: the lists are compared.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What there is no command for, and why.
const NO_COMMAND: [(&str, &str); 5] = [
    ("call", "it is for the programs of others"),
    ("callbacks", "it is for providers"),
    ("presets", "`postrider preset` lists them without a gateway"),
    ("setup", "a link is opened in a browser, or with curl"),
    ("whoami", "a key's owner knows it"),
];

/// Operations below these for which there is no command, and why.
const NO_COMMAND_BELOW: [(&str, &str); 5] = [
    ("accounts/{name}/billing", "`account put` sets it: keys have no roles"),
    ("media/{id}/content", "it is octets, which curl or a browser fetches"),
    ("messages/{id}/conversion", "the application that sees a conversion tells of it"),
    ("sessions/current", "a person's own session begins with a password in a browser; commands have keys"),
    ("sessions/provider", "a browser signs in at the identity provider"),
];

/// What there is no page for, and why.
const NO_PAGE: [(&str, &str); 11] = [
    ("call", "it is for the programs of others"),
    ("callbacks", "it is for providers"),
    ("cdrs", "they are files for billing, written by a command that runs for hours"),
    ("changes", "the audit log has them, with who made them"),
    ("clients", "the page of an account counts its sessions"),
    ("derived-tariff", "it is a file that is made of others, and imported as a tariff"),
    ("events", "programs follow them"),
    ("lookup", "the tester of routes shows country, network and kind of a number"),
    ("numbering-plan", "it is a file of a million lines, imported by a command"),
    ("privacy", "erasing somebody is no click"),
    ("time-zones", "applications tell them; lists of them are imported by a command"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The source files below a directory.
fn sources(directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
}

fn all(directory: &str) -> String {
    let mut found = Vec::new();
    sources(&root().join(directory), &mut found);
    found.concat()
}

/// The first segments of paths that the API has: `messages`, `upstreams`.
fn of_api() -> BTreeSet<String> {
    let description = fs::read_to_string(root().join("openapi.json")).unwrap();
    let description: serde_json::Value = serde_json::from_str(&description).unwrap();
    let paths = description["paths"].as_object().unwrap().keys();
    paths.filter_map(|path| Some(path.strip_prefix("/v1/")?.split('/').next()?.to_owned())).collect()
}

/// What stands behind each `opening` in a source, up to the end of the segment.
fn behind(source: &str, opening: &str) -> BTreeSet<String> {
    let segment = |(at, _): (usize, &str)| {
        let rest = &source[at + opening.len()..];
        rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect::<String>()
    };
    source.match_indices(opening).map(segment).filter(|segment| !segment.is_empty()).collect()
}

/// Whether a segment of a path stands in a source. An arm of a match is none.
fn has_word(source: &str, word: &str) -> bool {
    source.match_indices(word).any(|(at, _)| {
        let (before, behind) = (source[..at].chars().next_back(), &source[at + word.len()..]);
        matches!(before, Some('"' | '/'))
            && behind.starts_with(['"', '/', '?', '{'])
            && !behind.starts_with("\" =>")
    })
}

#[test]
fn what_the_console_does_the_api_can_do() {
    let (console, api) = (all("crates/console/src"), of_api());
    let asked: BTreeSet<String> =
        behind(&console, "\"/v1/").union(&behind(&console, "path(&[\"")).cloned().collect();
    assert!(asked.len() > 5, "{asked:?}");
    let missing: Vec<_> = asked.difference(&api).collect();
    assert!(missing.is_empty(), "the API has no {missing:?}");
    // There is no other way from a page to the gateway: the crate knows no part of it.
    let manifest = fs::read_to_string(root().join("crates/console/Cargo.toml")).unwrap();
    assert!(!manifest.lines().any(|line| line.starts_with("postrider-")), "the console asks the API alone");
}

#[test]
fn what_the_api_can_do_the_console_can_do() {
    let (console, spared) = (all("crates/console/src"), NO_PAGE.map(|(segment, _)| segment));
    let api = of_api();
    for segment in &api {
        assert_ne!(
            has_word(&console, segment),
            spared.contains(&&**segment),
            "a page for '{segment}', or why there is none"
        );
    }
    assert!(spared.iter().all(|segment| api.contains(*segment)));
}

/// Every word of every path, behind the first, stands in some command.
#[test]
fn what_the_api_can_do_below_a_list_a_command_can_do() {
    let commands = all("crates/postrider/src");
    let description = fs::read_to_string(root().join("openapi.json")).unwrap();
    let description: serde_json::Value = serde_json::from_str(&description).unwrap();
    let paths = description["paths"].as_object().unwrap().keys().filter_map(|path| path.strip_prefix("/v1/"));
    let is_spared = |path: &&str| NO_COMMAND_BELOW.iter().any(|(spared, _)| path.starts_with(spared));
    for path in paths.filter(|path| !is_spared(path)) {
        for word in path.split('/').skip(1).filter(|word| !word.starts_with('{')) {
            assert!(has_word(&commands, word), "no command asks for {path}: '{word}'");
        }
    }
}

#[test]
fn what_the_api_can_do_a_command_can_do() {
    let commands = all("crates/postrider/src");
    let has_command = |segment: &&String| {
        let kind = postrider_declare::PLURALS.contains(&segment.as_str());
        let is_spared = NO_COMMAND.iter().any(|(spared, _)| spared == segment);
        kind || is_spared
            || commands.contains(&format!("\"{segment}\""))
            || commands.contains(&format!("\"{segment}/"))
    };
    let api = of_api();
    let missing: Vec<_> = api.iter().filter(|segment| !has_command(segment)).collect();
    assert!(missing.is_empty(), "no command asks for {missing:?}");
}
