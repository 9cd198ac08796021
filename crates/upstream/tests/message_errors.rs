//! The manual's pages of message errors are what the table of codes says. `REWRITE_MANUAL=1` writes them anew.

use postrider_core::cause::{Code, Retry};
use postrider_upstream::smpp::statuses_of;
use postrider_upstream::{cimd2, mm7, modem, ucp};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

const INTRODUCTION: &str = "\
# Errors of messages

A message that was not delivered has an `error`, in the API, in webhooks, in lists and on the command line:

```json
{\"code\":\"invalid_recipient\",\"carrier_code\":\"0x0000000B ESME_RINVDSTADR\",
 \"meaning\":\"The carrier doesn't accept the recipient's number.\",\"retry\":\"never\"}
```

- `code` is the gateway's code. It is the same for every carrier and protocol. Programs should test it.
- `carrier_code` is the carrier's own code and word. It is absent if the carrier gave none.
- `meaning` is the meaning of `code`, for people. The wording may change.
- `retry` says whether the same message may be sent again.
- `detail`, for some codes, is what exactly the gateway found.

A message that waits has an `error` too, once it is known why it waits. Events of the timeline have the `error` of their attempt
or part. An SMPP receipt has the carrier's code in `err`. If the carrier gave none of up to four characters, `err` is the number
in the table.

[Errors of requests](errors.md), such as a message that is not accepted at all, are problem documents.

";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/src")
}

fn path(code: Code) -> String {
    format!("message-errors/{}.md", code.word())
}

/// The pages of the manual by path.
fn pages() -> BTreeMap<String, String> {
    let mut overview = String::from(INTRODUCTION);
    overview.push_str("| `retry` | meaning |\n|---|---|\n");
    for retry in Retry::ALL {
        overview.push_str(&format!("| `{}` | {} |\n", retry.word(), retry.sentence()));
    }
    overview.push_str("\n| code | meaning | mended by | `retry` | `err` |\n|---|---|---|---|---|\n");
    let mut pages = BTreeMap::new();
    for code in Code::ALL {
        overview.push_str(&format!(
            "| [`{}`]({}) | {} | {} | `{}` | {} |\n",
            code.word(),
            path(*code),
            code.meaning(),
            code.party().words(),
            code.retry().word(),
            code.number(),
        ));
        pages.insert(path(*code), page(*code));
    }
    pages.insert("message-errors.md".to_owned(), overview);
    pages
}

fn page(code: Code) -> String {
    let mut page = format!("# `{}`\n\n{}\n", code.word(), code.meaning());
    let mut section = |title: &str, text: &str| page.push_str(&format!("\n## {title}\n\n{text}\n"));
    section("What happened", code.happened());
    if let Some(reaction) = code.reaction() {
        let sentence = format!(
            "Unless the upstream's [`errors`](../smpp-upstreams.md#what-answers-mean) say otherwise, {}.",
            reaction.reaction()
        );
        section("What the gateway does", &sentence);
    }
    section("Whose fault it is", &format!("It can be mended by {}.", code.party().words()));
    section("What to do", code.remedy());
    let retry = code.retry();
    section("Sending it again", &format!("`{}`: {}", retry.word(), retry.sentence()));
    let statuses: Vec<String> = statuses_of(code)
        .map(|status| {
            format!(
                "- `{}` 0x{:02X}: {}",
                status.name().unwrap_or_default(),
                status.0,
                status.meaning().unwrap_or_default()
            )
        })
        .collect();
    if !statuses.is_empty() {
        section("SMPP answers with this code", &statuses.join("\n"));
    }
    let errors: Vec<String> = ucp::codes_of(code).map(|error| format!("- {error}")).collect();
    if !errors.is_empty() {
        section("UCP answers with this code", &errors.join("\n"));
    }
    let errors: Vec<String> = cimd2::codes_of(code).map(|error| format!("- {error}")).collect();
    if !errors.is_empty() {
        section("CIMD2 answers with this code", &errors.join("\n"));
    }
    let errors: Vec<String> = mm7::codes_of(code).map(|error| format!("- {error}")).collect();
    if !errors.is_empty() {
        section("MM7 answers with this code", &errors.join("\n"));
    }
    let errors: Vec<String> = modem::codes_of(code).map(|error| format!("- {error}")).collect();
    if !errors.is_empty() {
        section("Errors of modems with this code", &errors.join("\n"));
    }
    page
}

#[test]
fn the_manual_has_a_page_for_every_code() {
    let pages = pages();
    if std::env::var_os("REWRITE_MANUAL").is_some() {
        fs::create_dir_all(folder().join("message-errors")).unwrap();
        for (path, text) in &pages {
            fs::write(folder().join(path), text).unwrap();
        }
    }
    for (path, text) in &pages {
        let kept = fs::read_to_string(folder().join(path)).unwrap_or_default();
        assert_eq!(
            &kept, text,
            "{path}: write it anew with REWRITE_MANUAL=1 cargo test -p postrider-upstream --test message_errors"
        );
    }
    let kept: BTreeSet<String> = fs::read_dir(folder().join("message-errors"))
        .unwrap()
        .map(|entry| format!("message-errors/{}", entry.unwrap().file_name().to_str().unwrap()))
        .collect();
    assert_eq!(
        kept,
        Code::ALL.iter().map(|code| path(*code)).collect(),
        "pages of codes that no longer exist"
    );
}

#[test]
fn the_summary_lists_every_page() {
    let summary = fs::read_to_string(folder().join("SUMMARY.md")).unwrap();
    for code in Code::ALL {
        let line = format!("  - [`{}`]({})\n", code.word(), path(*code));
        assert!(summary.contains(&line), "docs/src/SUMMARY.md lacks {line}");
    }
}
