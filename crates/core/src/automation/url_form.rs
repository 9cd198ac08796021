//! The form in which a rule's own URL is told of what happened.

/// The form of what is posted to a rule's own URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum UrlForm {
    /// The event, as the account's webhook would be told.
    #[default]
    Event,
    /// The rule's text alone.
    Text,
    /// The rule's text for an incoming webhook of Slack.
    Slack,
    /// The rule's text for a webhook of Microsoft Teams.
    Teams,
    /// The rule's text for a bot of Telegram.
    Telegram {
        /// The chat: its number, or the name of a channel with `@`.
        chat: Box<str>,
    },
}

impl UrlForm {
    /// Whether the rule's text is posted rather than the event. Then the answer is for nobody.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        !matches!(self, Self::Event)
    }
}
