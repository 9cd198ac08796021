//! Replies in the answer of an endpoint that was told of a message from a handset: plain text, JSON, or TwiML.

use super::batch::Batch;
use super::kannel::Manner;
use postrider_core::account::Webhook;
use postrider_core::inbound::Received;
use postrider_core::notice::What;
use serde::Deserialize;

/// The most replies to one message.
const REPLIES_MAX: usize = 10;

/// A reply to the handset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Reply {
    /// The text.
    pub(super) text: String,
    /// The application's own reference.
    pub(super) reference: Option<String>,
    /// The identifier of the message that is replied to. It must be there if the post was a list of events.
    pub(super) reply_to: Option<String>,
    /// How it is sent, where an answer says that by fields of HTTP.
    #[serde(skip)]
    pub(super) manner: Manner,
}

/// The replies to each message from a handset that a post told of; those to no such message are left out.
pub(super) fn assign<'a>(
    replies: &[Reply],
    batch: &'a Batch,
    webhook: &Webhook,
) -> Vec<(&'a Received, Vec<Reply>)> {
    let received = batch.notices().iter().filter_map(|notice| match &notice.what {
        What::Received { received, .. } => Some(&**received),
        What::Ended { .. } | What::Consent { .. } => None,
    });
    let assigned = received.map(|received| {
        let id = received.id.to_string();
        let is_to_it = |reply: &&Reply| match &reply.reply_to {
            Some(to) => *to == id,
            None => !webhook.has_lists(),
        };
        (received, replies.iter().filter(is_to_it).take(REPLIES_MAX).cloned().collect::<Vec<_>>())
    });
    assigned.filter(|(_, replies)| !replies.is_empty()).collect()
}

/// The replies in an answer: none where its content type is none of those that may hold some, or where it holds no text.
pub(super) fn read(content_type: &str, body: &[u8]) -> Vec<Reply> {
    let essence = essence(content_type);
    let Ok(body) = str::from_utf8(body) else { return Vec::new() };
    meant(match &*essence {
        "text/plain" => vec![Reply { text: body.trim().to_owned(), ..Reply::default() }],
        "application/json" => json(body),
        "text/xml" | "application/xml" => twiml(body),
        _ => Vec::new(),
    })
}

/// The replies that are meant for the handset: neither empty nor a mere acknowledgement.
pub(super) fn meant(mut replies: Vec<Reply>) -> Vec<Reply> {
    let is_text = |reply: &Reply| !reply.text.trim().is_empty() && !is_acknowledgement(&reply.text);
    replies.retain(|reply| reply.manner.body.is_some() || is_text(reply));
    replies
}

/// The rule that an answer goes on with: `rule` in JSON.
pub(super) fn rule(content_type: &str, body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        rule: Option<String>,
    }
    let is_json = essence(content_type) == "application/json";
    let answer = is_json.then(|| serde_json::from_slice::<Answer>(body).ok()).flatten()?;
    answer.rule.filter(|rule| !rule.is_empty())
}

/// A content type without its parameters.
pub(super) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a text only says that the notice was taken: many endpoints answer so without meaning the handset.
fn is_acknowledgement(text: &str) -> bool {
    let word = text.trim().trim_end_matches(['.', '!']);
    ["ok", "okay", "accepted", "received", "success"].iter().any(|other| word.eq_ignore_ascii_case(other))
}

/// One message, or a list of them under `messages`. Anything else is no reply.
fn json(body: &str) -> Vec<Reply> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Answer {
        Several { messages: Vec<Reply> },
        One(Reply),
    }
    match serde_json::from_str(body) {
        Ok(Answer::Several { messages }) => messages,
        Ok(Answer::One(reply)) => vec![reply],
        Err(_) => Vec::new(),
    }
}

/// The texts of `<Message>` in a `<Response>`, each its own or that of its `<Body>`.
fn twiml(body: &str) -> Vec<Reply> {
    let Some((response, _)) = element(body, "Response") else { return Vec::new() };
    let mut replies = Vec::new();
    let mut rest = response;
    while let Some((message, after)) = element(rest, "Message") {
        let text = element(message, "Body").map_or(message, |(body, _)| body);
        replies.push(Reply { text: characters(text).trim().to_owned(), ..Reply::default() });
        rest = after;
    }
    replies
}

/// The content of the next element of this name, and what follows the element.
fn element<'a>(xml: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let mut rest = xml;
    loop {
        let (_, tag) = rest.split_once('<')?;
        rest = tag;
        let Some(attributes) = tag.strip_prefix(name) else { continue };
        if !attributes.starts_with(|c: char| c == '>' || c == '/' || c.is_whitespace()) {
            continue;
        }
        let (attributes, content) = attributes.split_once('>')?;
        if attributes.ends_with('/') {
            return Some(("", content));
        }
        return content.split_once(&format!("</{name}>"));
    }
}

/// The characters of an element without elements in it: entities are replaced, CDATA is taken as it is.
fn characters(xml: &str) -> String {
    let mut text = String::with_capacity(xml.len());
    let mut rest = xml;
    while let Some(place) = rest.find(['<', '&']) {
        let (before, mark) = rest.split_at(place);
        text.push_str(before);
        let (characters, after) = marked(mark);
        text.push_str(&characters);
        rest = after;
    }
    text.push_str(rest);
    text
}

/// What a mark at the start stands for, and what follows it. A tag stands for nothing.
fn marked(xml: &str) -> (String, &str) {
    if let Some((data, after)) = xml.strip_prefix("<![CDATA[").and_then(|data| data.split_once("]]>")) {
        return (data.to_owned(), after);
    }
    if xml.starts_with('<') {
        return (String::new(), xml.split_once('>').map_or("", |(_, after)| after));
    }
    let entity = xml.strip_prefix('&').and_then(|entity| entity.split_once(';'));
    match entity.and_then(|(name, after)| Some((entity_of(name)?, after))) {
        Some((character, after)) => (character.to_string(), after),
        None => ("&".to_owned(), xml.get(1..).unwrap_or_default()),
    }
}

fn entity_of(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok(),
                None => number.parse().ok(),
            };
            char::from_u32(code?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::received;
    use crate::webhook::testing::{notice, webhook};
    use postrider_core::account::AccountId;
    use postrider_core::id::MessageId;
    use postrider_core::notice::Notice;
    use std::collections::VecDeque;
    use std::sync::Arc;

    fn texts(content_type: &str, body: &str) -> Vec<String> {
        read(content_type, body.as_bytes()).into_iter().map(|reply| reply.text).collect()
    }

    #[test]
    fn plain_text_is_one_reply() {
        assert_eq!(texts("text/plain; charset=utf-8", " Thanks, caf\u{e9} \n"), ["Thanks, caf\u{e9}"]);
        for (content_type, body) in [
            ("text/plain", ""),
            ("text/plain", "OK"),
            ("text/plain", "ok.\n"),
            ("text/html", "Thanks"),
            ("", "x"),
        ] {
            assert_eq!(texts(content_type, body), [""; 0], "{content_type} {body}");
        }
        assert!(read("text/plain", b"\xff\xfe").is_empty());
    }

    #[test]
    fn json_is_a_message_or_a_list_of_them() {
        assert_eq!(texts("application/json", r#"{"text":"Thanks"}"#), ["Thanks"]);
        let list = r#"{"messages":[{"text":"One","reference":"r1"},{"text":"Two"},{"text":""}]}"#;
        assert_eq!(texts("application/json", list), ["One", "Two"]);
        let replies = read("application/json", list.as_bytes());
        assert_eq!(replies[0].reference.as_deref(), Some("r1"));
        for body in ["{}", r#"{"ok":true}"#, "[]", "null", r#""text""#, "{", r#"{"text":7}"#] {
            assert_eq!(texts("application/json", body), [""; 0], "{body}");
        }
    }

    #[test]
    fn twiml_is_read_as_libraries_write_it() {
        for (body, expected) in [
            (
                r#"<?xml version="1.0" encoding="UTF-8"?><Response><Message>Hi &amp; bye &#8364; &lt;3</Message></Response>"#,
                &["Hi & bye \u{20ac} <3"][..],
            ),
            (
                "<Response>\n <Message><Body>One</Body></Message>\n <Message to='+1'>Two</Message>\n</Response>",
                &["One", "Two"],
            ),
            (
                "<Response><Message><Body><![CDATA[a < b & c]]></Body><Media>http://x</Media></Message></Response>",
                &["a < b & c"],
            ),
            ("<Response><Messages>no</Messages></Response>", &[]),
            ("<Response/>", &[]),
            ("<Response><Message/></Response>", &[]),
            ("<Message>no</Message>", &[]),
            ("<Response><Message>open", &[]),
        ] {
            assert_eq!(texts("text/xml", body), expected, "{body}");
        }
        assert_eq!(texts("application/xml", "<Response><Message>AT&T</Message></Response>"), ["AT&T"]);
    }

    fn told(id: u64) -> Notice {
        let received = Received { id: MessageId::from_number(id), ..received("Hello") };
        let what = What::Received { account: AccountId(1), received: Arc::new(received) };
        Notice { what, ..notice(AccountId(1), id) }
    }

    /// The messages that are replied to, and the texts of the replies.
    fn assigned(answer: &str, notices: Vec<Notice>, webhook: &Webhook) -> Vec<(u64, Vec<String>)> {
        let batch = Batch::take(&mut VecDeque::from(notices), 100).unwrap();
        let replies = read("application/json", answer.as_bytes());
        let assigned = assign(&replies, &batch, webhook).into_iter();
        let texts = |replies: Vec<Reply>| replies.into_iter().map(|reply| reply.text).collect();
        assigned.map(|(received, replies)| (received.id.number(), texts(replies))).collect()
    }

    #[test]
    fn a_reply_names_its_message_where_there_may_be_several() {
        let single = webhook("https://x.example/");
        let lists = Webhook { batch: 100, ..webhook("https://x.example/") };
        let answer = r#"{"messages":[{"text":"A"},{"text":"B","reply_to":"8"},{"text":"C","reply_to":"9"},
            {"text":"D","reply_to":"7"}]}"#;
        assert_eq!(assigned(answer, vec![told(8)], &single), [(8, vec!["A".to_owned(), "B".to_owned()])]);
        let both = vec![notice(AccountId(1), 7), told(8), told(9)];
        assert_eq!(assigned(answer, both, &lists), [(8, vec!["B".to_owned()]), (9, vec!["C".to_owned()])]);
        assert_eq!(assigned(answer, vec![told(5)], &lists), []);
    }

    #[test]
    fn a_message_has_so_many_replies_and_no_more() {
        let many = format!(r#"{{"messages":[{}{{"text":"x"}}]}}"#, r#"{"text":"x"},"#.repeat(20));
        let replied = assigned(&many, vec![told(8)], &webhook("https://x.example/"));
        assert_eq!(replied[0].1.len(), REPLIES_MAX);
    }

    #[test]
    fn an_answer_may_go_on_with_a_rule() {
        for (content_type, body, name) in [
            ("application/json; charset=utf-8", r#"{"rule":"menu"}"#, Some("menu")),
            ("application/json", r#"{"text":"Hi","rule":"menu"}"#, Some("menu")),
            ("application/json", r#"{"text":"Hi"}"#, None),
            ("application/json", r#"{"rule":""}"#, None),
            ("application/json", "[]", None),
            ("text/plain", r#"{"rule":"menu"}"#, None),
        ] {
            assert_eq!(rule(content_type, body.as_bytes()).as_deref(), name, "{body}");
        }
    }
}
