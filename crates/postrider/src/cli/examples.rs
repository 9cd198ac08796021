//! Commands that the help and the manual show are read as the program reads them.

use super::Cli;
use clap::{Command, CommandFactory, Parser};
use std::path::Path;

/// The words of a command line as a shell makes them, up to what a shell does with its output, and up to a remark behind two blanks.
/// `None` where a quote isn't closed: the command goes on in the next line.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"'), '\\') => word.get_or_insert_default().extend(characters.next()),
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => {
                words.extend(word.take());
                if characters.peek() == Some(&' ') {
                    break;
                }
            }
            // What another command prints is a part of its word.
            (None, '$') if characters.peek() == Some(&'(') => {
                let inside: String = characters.by_ref().take_while(|c| *c != ')').collect();
                word.get_or_insert_default().push_str(&inside);
            }
            (None, '|' | '>' | '<' | '&' | '#' | ')') => break,
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// A text whose commands are on one line each.
fn joined(text: &str) -> String {
    text.split("\\\n").map(|piece| piece.trim_matches(' ')).collect::<Vec<_>>().join(" ")
}

/// The command in a line: behind a prompt, variables that are set, or `$(`.
fn command(line: &str) -> Option<&str> {
    let at = line.find("postrider ")?;
    let before = line.get(..at)?.trim();
    let is_set = |word: &str| word.contains('=') && !word.contains(' ');
    let is_prompt = |word: &str| word.ends_with('$') || word.ends_with("$(") || is_set(word);
    before.split_whitespace().all(is_prompt).then(|| line.get(at..))?
}

/// Whether the program understands a command. Errors of values are none here: examples have words such as `$id` in their place.
fn check(place: &str, line: &str) -> bool {
    let Some(words) = command(line).and_then(words) else { return false };
    if let Err(error) = Cli::try_parse_from(&words) {
        use clap::error::ErrorKind::{DisplayHelp, DisplayVersion, InvalidValue, ValueValidation};
        let is_known = matches!(error.kind(), DisplayHelp | DisplayVersion | InvalidValue | ValueValidation);
        assert!(is_known, "{place}: {line}\n{error}");
    }
    true
}

fn check_help(command: &Command, path: &str) -> usize {
    let path = format!("{path} {}", command.get_name());
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let examples = joined(help.split_once("Example").map_or("", |(_, examples)| examples));
    let checked = examples.lines().filter(|line| check(&path, line)).count();
    checked + command.get_subcommands().map(|verb| check_help(verb, &path)).sum::<usize>()
}

#[test]
fn examples_of_the_help_are_understood() {
    assert!(check_help(&Cli::command(), "") > 200);
}

#[test]
fn commands_of_the_manual_are_understood() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src");
    let mut checked = 0;
    for page in std::fs::read_dir(pages).unwrap().map(|entry| entry.unwrap().path()) {
        if page.extension().is_some_and(|extension| extension == "md") {
            let text = joined(&std::fs::read_to_string(&page).unwrap());
            let shown = |line: &&str| line.starts_with('$') || line.starts_with("    postrider ");
            checked += text.lines().filter(shown).filter(|line| check(&page.to_string_lossy(), line)).count();
            check_posts(&page, &text);
        }
    }
    assert!(checked > 150, "{checked}");
}

/// The gateway takes JSON that says so: curl's `-d` says that it is a form.
fn check_posts(page: &Path, text: &str) {
    for line in text.lines().filter(|line| line.contains("curl ") && line.contains("$KEY")) {
        let is_bare = line.contains("-d '{") && !line.contains("application/json");
        assert!(!is_bare, "{}: write --json in the place of -d: {line}", page.display());
    }
}
