//! The reference of all settings, made of what their declarations say, as Markdown that reads well on a terminal too. Nothing
//! about settings is written here.

use super::settings::{
    AdminSection, BrokerSection, DeadNumbersSection, EncryptionSection, HttpSection, LinksSection,
    LogSection, MediaSection, NodeSection, OlderSection, OutboxSection, RetentionSection, SignInSection,
    SmppSection,
};
use postrider_declare::describe::{Default, Field, Kind, Table, on_one_line};
use postrider_declare::{Document, Setting};
use postrider_declare::{EachKind, each_kind};
use std::fmt::Write;

/// The reference of all settings, or of those under headers that start so.
pub(crate) fn reference(only: Option<&str>) -> String {
    let mut text = String::new();
    for (header, kind) in sections() {
        if let Kind::Table(section) = kind {
            table(&mut text, &header, false, &section);
        }
    }
    match only {
        Some(start) => only_under(&text, start),
        None => text,
    }
}

/// The sections of a file, each with its header: `http`, `accounts.NAME`.
pub(super) fn sections() -> Vec<(String, Kind)> {
    struct Sections(Vec<(String, Kind)>);
    impl EachKind for Sections {
        fn kind<D: Document>(&mut self) {
            self.0.push((format!("{}.NAME", D::PLURAL), <D as Setting>::kind()));
        }
    }
    let node = [
        ("node", NodeSection::kind()),
        ("http", HttpSection::kind()),
        ("smpp", SmppSection::kind()),
        ("ucp", OlderSection::kind()),
        ("cimd2", OlderSection::kind()),
        ("log", LogSection::kind()),
        ("admin", AdminSection::kind()),
        ("retention", RetentionSection::kind()),
        ("dead_numbers", DeadNumbersSection::kind()),
        ("encryption", EncryptionSection::kind()),
        ("media", MediaSection::kind()),
        ("sign_in", SignInSection::kind()),
        ("outboxes.NAME", OutboxSection::kind()),
        ("brokers.NAME", BrokerSection::kind()),
        ("links", LinksSection::kind()),
    ];
    let mut sections = Sections(node.map(|(header, kind)| (header.to_owned(), kind)).into());
    each_kind(&mut sections);
    sections.0
}

/// Writes a table, its settings by name, and after it the tables within it.
fn table(text: &mut String, header: &str, list: bool, table: &Table) {
    let header_text = if list { format!("[[{header}]]") } else { format!("[{header}]") };
    let _ = writeln!(text, "## {header_text}\n\n{}\n", on_one_line(table.text));
    let mut fields: Vec<&Field> = table.fields.iter().collect();
    fields.sort_by_key(|field| field.name);
    // A table's name is the name of what it declares.
    fields.retain(|field| field.name != "name" || !header.ends_with(".NAME"));
    for field in &fields {
        let must = if field.default == Default::Required { ", must be given" } else { "" };
        let only = if field.only.is_empty() { String::new() } else { format!(", {}", field.only.join(", ")) };
        let _ =
            writeln!(text, "- `{}` ({}{only}{must}): {}", field.name, words(&field.kind), field.sentences());
    }
    text.push('\n');
    for field in &fields {
        let header = format!("{header}.{}", field.name);
        match &field.kind {
            Kind::Table(inner) => self::table(text, &header, false, inner),
            Kind::List(items) => {
                if let Kind::Table(inner) = &**items {
                    self::table(text, &header, true, inner);
                }
            }
            _ => {}
        }
    }
}

/// What a setting takes, in words.
fn words(kind: &Kind) -> String {
    match kind {
        Kind::Text => "text".into(),
        Kind::Flag => "true or false".into(),
        Kind::Whole { .. } => "whole number".into(),
        Kind::Number => "number".into(),
        Kind::Span => "duration".into(),
        Kind::Secret => "secret".into(),
        Kind::Parameter => "parameter".into(),
        Kind::Words(words) => {
            let words: Vec<String> = words.words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            words.join(" or ")
        }
        Kind::Table(_) => "table".into(),
        Kind::List(items) => format!("list of {}s", self::words(items)),
        Kind::Map(values) => match &**values {
            Kind::List(items) => format!("table of lists of {}s", self::words(items)),
            values => format!("table of {}s", self::words(values)),
        },
    }
}

/// The sections whose header starts so.
fn only_under(text: &str, start: &str) -> String {
    let start = start.trim_matches(['[', ']']);
    let under = |section: &&str| {
        let header = section.trim_start_matches('[');
        header.strip_prefix(start).is_some_and(|rest| rest.starts_with([']', '.']))
    };
    let sections: Vec<String> =
        text.split("## ").filter(under).map(|section| format!("## {section}")).collect();
    sections.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Set, it has the test write the manual's page: `REWRITE_SETTINGS=1 cargo test -p postrider --lib the_manual_has_what`.
    const REWRITE: &str = "REWRITE_SETTINGS";

    #[test]
    fn every_setting_is_explained() {
        let text = reference(None);
        for line in text.lines().filter(|line| line.starts_with("- `")) {
            let (_, words) = line.split_once("): ").unwrap_or_default();
            assert!(words.len() > 10, "{line}");
            let known = ["Default:", "must be given", "Over the API it may be left out"];
            assert!(known.iter().any(|words| line.contains(words)), "{line}");
        }
        for header in [
            "[node]",
            "[http.tls]",
            "[smpp.tls]",
            "[accounts.NAME.smpp]",
            "[[accounts.NAME.keys]]",
            "[upstreams.NAME.tls]",
        ] {
            assert!(text.contains(&format!("## {header}\n")), "{header}");
        }
    }

    #[test]
    fn the_manual_has_what_the_program_prints() {
        let page = include_str!("../../../../docs/src/settings.md");
        let (before, listed) = page.split_once("\n## ").unwrap();
        let (listed, printed) = (format!("## {listed}"), reference(None));
        if std::env::var_os(REWRITE).is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/settings.md");
            std::fs::write(path, format!("{before}\n{}\n", printed.trim_end())).unwrap();
            return;
        }
        // `postrider config reference` prints the page from its first section on.
        for (listed, printed) in listed.trim_end().lines().zip(printed.trim_end().lines()) {
            assert_eq!(listed, printed);
        }
        assert_eq!(listed.trim_end().lines().count(), printed.trim_end().lines().count());
    }

    #[test]
    fn a_section_can_be_had_alone() {
        let text = reference(Some("smpp"));
        assert!(text.starts_with("## [smpp]\n") && text.contains("## [smpp.tls]\n"), "{text}");
        assert!(!text.contains("[node]"));
        assert_eq!(reference(Some("nonsense")), "");
    }
}
