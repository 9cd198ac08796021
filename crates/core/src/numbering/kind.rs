//! Kinds of numbers.

/// The kind of line that a number leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NumberKind {
    /// A mobile line.
    Mobile,
    /// A fixed line.
    Fixed,
    /// Fixed and mobile lines can't be told apart there, as in North America.
    FixedOrMobile,
    /// A number whose callers pay more.
    Premium,
    /// A number whose callers pay nothing.
    TollFree,
    /// A number whose callers pay a share.
    SharedCost,
    /// A number that leads to a person, wherever they are.
    Personal,
    /// A line over the Internet.
    Voip,
    /// A pager.
    Pager,
    /// A number of a company or of a service, such as voice mail.
    Service,
    /// A line by satellite.
    Satellite,
    /// A short code, which is known within a country only.
    ShortCode,
    /// A number of which no kind is known.
    #[default]
    Unknown,
}

impl NumberKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Mobile,
        Self::Fixed,
        Self::FixedOrMobile,
        Self::Premium,
        Self::TollFree,
        Self::SharedCost,
        Self::Personal,
        Self::Voip,
        Self::Pager,
        Self::Service,
        Self::Satellite,
        Self::ShortCode,
        Self::Unknown,
    ];

    /// The word for it in every API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Fixed => "fixed",
            Self::FixedOrMobile => "fixed_or_mobile",
            Self::Premium => "premium",
            Self::TollFree => "toll_free",
            Self::SharedCost => "shared_cost",
            Self::Personal => "personal",
            Self::Voip => "voip",
            Self::Pager => "pager",
            Self::Service => "service",
            Self::Satellite => "satellite",
            Self::ShortCode => "short_code",
            Self::Unknown => "unknown",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Its words within a sentence, with an article.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Mobile => "a mobile number",
            Self::Fixed => "the number of a fixed line",
            Self::FixedOrMobile => "the number of a fixed or mobile line",
            Self::Premium => "a premium number",
            Self::TollFree => "a toll-free number",
            Self::SharedCost => "a shared-cost number",
            Self::Personal => "a personal number",
            Self::Voip => "a VoIP number",
            Self::Pager => "the number of a pager",
            Self::Service => "the number of a service",
            Self::Satellite => "the number of a satellite telephone",
            Self::ShortCode => "a short code",
            Self::Unknown => "a number of unknown kind",
        }
    }
}
