//! Posts to chats: a rule's text in the form that Slack, Microsoft Teams, Telegram or anything that takes plain text expects.
//!
//! What handsets write stays text: it can make no links, mentions or markup.

use super::batch::Batch;
use super::post::JSON;
use postrider_core::automation::{Occasion, UrlForm, WrongTemplate, posted_text};
use postrider_core::notice::{Lane, What};
use postrider_core::rules::Rules;
use serde_json::{Value, json};

/// A post to a chat.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ChatPost {
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

/// What is posted of a batch, where its lane is that of a rule which tells a chat; `None` elsewhere.
pub(super) fn of(batch: &Batch, rules: &Rules) -> Option<Result<ChatPost, WrongTemplate>> {
    let Lane::Rule(rule) = batch.lane() else { return None };
    let rule = rules.automation.rule(rule).filter(|rule| rule.then.form.is_text())?;
    let text = match &batch.first().what {
        What::Received { received, .. } => {
            posted_text(rules, rule, &Occasion::Received(received), received.at)
        }
        What::Ended { message, outcome } => {
            posted_text(rules, rule, &Occasion::Ended(message, outcome), outcome.done_at)
        }
        What::Consent { .. } => return None,
    };
    Some(text.map(|text| post(&rule.then.form, &text)))
}

/// A text in the form that a chat expects.
pub(super) fn post(form: &UrlForm, text: &str) -> ChatPost {
    let json = match form {
        UrlForm::Event | UrlForm::Text => {
            return ChatPost { content_type: "text/plain; charset=utf-8", body: text.as_bytes().to_vec() };
        }
        UrlForm::Slack => slack(text),
        UrlForm::Teams => teams(text),
        UrlForm::Telegram { chat } => telegram(chat, text),
    };
    ChatPost { content_type: JSON, body: json.to_string().into_bytes() }
}

/// A message of Slack's incoming webhooks. The three characters that have a meaning there are escaped, and markup is off.
fn slack(text: &str) -> Value {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({ "text": escaped, "mrkdwn": false, "unfurl_links": false })
}

/// An adaptive card, as webhooks of Teams take it. Runs of text know no markup.
fn teams(text: &str) -> Value {
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.2",
                "body": [{ "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": text }] }],
            },
        }],
    })
}

/// The parameters of `sendMessage` of Telegram's bots. Without a `parse_mode` there is no markup.
fn telegram(chat: &str, text: &str) -> Value {
    json!({ "chat_id": chat, "text": text, "link_preview_options": { "is_disabled": true } })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is posted of a text.
    fn posted(form: &UrlForm) -> (&'static str, String) {
        let ChatPost { content_type, body } = post(form, "<!channel> *a* & \u{436}\n[x](http://y)");
        (content_type, String::from_utf8(body).unwrap())
    }

    #[test]
    fn each_chat_gets_the_form_that_it_takes() {
        let (content_type, text) = posted(&UrlForm::Text);
        assert_eq!(
            (content_type, &*text),
            ("text/plain; charset=utf-8", "<!channel> *a* & \u{436}\n[x](http://y)")
        );
        let json = |form| {
            let (content_type, body) = posted(&form);
            assert_eq!(content_type, "application/json");
            serde_json::from_str::<Value>(&body).unwrap()
        };
        let slack = json!({
            "text": "&lt;!channel&gt; *a* &amp; \u{436}\n[x](http://y)", "mrkdwn": false, "unfurl_links": false,
        });
        assert_eq!(json(UrlForm::Slack), slack);
        let card = json(UrlForm::Teams);
        assert_eq!(card["type"], "message");
        let attachment = &card["attachments"][0];
        assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
        let run = &attachment["content"]["body"][0]["inlines"][0];
        assert_eq!(*run, json!({ "type": "TextRun", "text": "<!channel> *a* & \u{436}\n[x](http://y)" }));
        let telegram = json(UrlForm::Telegram { chat: "-100123".into() });
        assert_eq!(telegram["chat_id"], "-100123");
        assert_eq!(telegram["text"], "<!channel> *a* & \u{436}\n[x](http://y)");
        assert_eq!(telegram.get("parse_mode"), None);
    }
}
