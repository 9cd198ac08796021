//! Senders, recipients and media that not every carrier takes. A message goes only by upstreams that can carry them as they are; one
//! with media goes first by those that carry media, and by others as a text with a link.

use crate::account::AccountId;
use crate::message::{Body, Message};
use crate::number::Number;
use crate::route::{Plan, UpstreamId};
use crate::rules::{Rules, Upstream};
use crate::sender::{self, Sender};
use postrider_text::NameAlphabet;
use std::sync::Arc;

/// The most octets of a name in an address (SMPP 3.4, 5.2.8, has 20; other protocols have fewer).
pub const NAME_OCTETS_MAX: usize = 20;

/// How an upstream carries media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MediaCarriage {
    /// Not at all: it gets a text with a link.
    #[default]
    No,
    /// By their URLs, beside texts.
    ByLink,
    /// By their octets, and nothing else: it carries no texts without media.
    Only,
}

/// The addresses and contents that an upstream can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carriage {
    /// The alphabet of senders' names.
    pub names: NameAlphabet,
    /// The most characters of a sender's name.
    pub name_max: usize,
    /// Whether short codes can be recipients.
    pub short_codes: bool,
    /// How it carries media.
    pub media: MediaCarriage,
}

impl Default for Carriage {
    fn default() -> Self {
        Self {
            names: NameAlphabet::Latin1,
            name_max: sender::NAME_USUAL,
            short_codes: false,
            media: MediaCarriage::No,
        }
    }
}

/// Why an upstream can't carry an address as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Uncarried {
    /// The account is the carrier's own: the message would go back to where it came from.
    #[error("messages of this account would go back to where they came from by its upstreams (`not_from`)")]
    Origin,
    /// The recipient is a short code.
    #[error(
        "the recipient {0} is a short code, and its carriers don't take short codes: write a number in international form"
    )]
    ShortCode(Number),
    /// The message has no media, and the upstream carries nothing else.
    #[error("its carriers take messages with media alone (MMS): add an upstream for texts to the route")]
    MediaOnly,
    /// The message has media, and there is no page that could show them.
    #[error(
        "its carriers take no media, and there is no link to send instead: set `public_url` in `[http]`, or add an upstream for media"
    )]
    NoLink,
    /// The sender's name has too many characters.
    #[error("the sender's name has {length} characters; its carriers take {most}")]
    NameTooLong {
        /// Its characters.
        length: usize,
        /// The most that are taken.
        most: usize,
    },
    /// The sender's name has too many octets in the carrier's alphabet.
    #[error(
        "the sender's name has {0} octets in the alphabet of its carriers; {NAME_OCTETS_MAX} are allowed"
    )]
    NameTooWide(usize),
    /// The sender's name has a character that the carrier's alphabet lacks.
    #[error(
        "the sender's name has '{character}' (U+{:04X}), which its carriers can't show{}",
        u32::from(*.character),
        instead(.spelling.as_deref())
    )]
    Character {
        /// The first such character.
        character: char,
        /// The name as it can be spelled.
        spelling: Option<Box<str>>,
    },
}

fn instead(spelling: Option<&str>) -> String {
    spelling.map_or_else(String::new, |spelling| format!(": '{spelling}' can be shown"))
}

impl Carriage {
    /// Whether the addresses can be carried as they are.
    ///
    /// # Errors
    /// What [`Uncarried`] names.
    pub fn check(&self, to: Number, from: Option<&Sender>) -> Result<(), Uncarried> {
        if to.is_short_code() && !self.short_codes {
            return Err(Uncarried::ShortCode(to));
        }
        match from {
            Some(Sender::Name(name)) if !is_plain(name) => self.check_name(name),
            _ => Ok(()),
        }
    }

    /// Whether the content can be carried.
    ///
    /// # Errors
    /// [`Uncarried::MediaOnly`] and [`Uncarried::NoLink`].
    pub fn check_body(&self, body: &Body) -> Result<(), Uncarried> {
        match (self.media, body.media()) {
            (MediaCarriage::Only, None) => Err(Uncarried::MediaOnly),
            (MediaCarriage::No | MediaCarriage::ByLink, Some(media)) if media.link.is_none() => {
                Err(Uncarried::NoLink)
            }
            _ => Ok(()),
        }
    }

    fn check_name(&self, name: &str) -> Result<(), Uncarried> {
        let length = name.chars().count();
        if length > self.name_max {
            return Err(Uncarried::NameTooLong { length, most: self.name_max });
        }
        let octets = self.names.write(name).map_err(|lacking| Uncarried::Character {
            character: lacking.character,
            spelling: self.names.spelling(name).map(Into::into),
        })?;
        if octets.len() > NAME_OCTETS_MAX { Err(Uncarried::NameTooWide(octets.len())) } else { Ok(()) }
    }
}

/// A message as far as it matters who carries it.
#[derive(Clone, Copy, Debug)]
pub struct Carried<'a> {
    /// Its account.
    pub account: AccountId,
    /// Its recipient.
    pub to: Number,
    /// Its sender.
    pub from: Option<&'a Sender>,
    /// Its content.
    pub body: &'a Body,
}

impl<'a> From<&'a Message> for Carried<'a> {
    fn from(message: &'a Message) -> Self {
        Self { account: message.account, to: message.to, from: message.from.as_ref(), body: &message.body }
    }
}

impl Carried<'_> {
    /// Whether an upstream can carry it, and may.
    ///
    /// # Errors
    /// Why it can't.
    pub fn check(&self, upstream: &Upstream) -> Result<(), Uncarried> {
        if upstream.not_from.contains(&self.account) {
            return Err(Uncarried::Origin);
        }
        upstream.carriage.check(self.to, self.from)?;
        upstream.carriage.check_body(self.body)
    }
}

/// Whether every carrier takes the name.
fn is_plain(name: &str) -> bool {
    name.len() <= sender::NAME_USUAL
        && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b' ')
}

/// The plan with only those of its upstreams that can carry the message. It is nearly always the whole plan. Of a message with
/// media, those that carry media come first.
///
/// # Errors
/// No upstream can: the reason of the first.
pub fn plan(plan: &Arc<Plan>, rules: &Rules, carried: Carried<'_>) -> Result<Arc<Plan>, Uncarried> {
    let body = carried.body;
    let mut why = None;
    let mut able = Vec::new();
    for id in &plan.upstreams {
        match rules.upstream(*id).map_or(Ok(()), |upstream| carried.check(upstream)) {
            Ok(()) => able.push(*id),
            Err(uncarried) => why = why.or(Some(uncarried)),
        }
    }
    if body.media().is_some() {
        let carries = |id: &UpstreamId| {
            rules.upstream(*id).is_some_and(|upstream| upstream.carriage.media != MediaCarriage::No)
        };
        able.sort_by_key(|id| !carries(id));
    }
    match why {
        Some(why) if able.is_empty() => Err(why),
        _ if *able == *plan.upstreams => Ok(Arc::clone(plan)),
        _ => Ok(Arc::new(Plan { route: plan.route.clone(), upstreams: able.into() })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::MessageId;
    use crate::media::{MediaItem, MediaType, Multimedia};
    use crate::route::Table;
    use crate::rules::testing::upstream;

    const SHOP: AccountId = AccountId(1);

    fn sender(text: &str) -> Option<Sender> {
        Some(Sender::parse(text).unwrap())
    }

    fn number(text: &str) -> Number {
        Number::parse_recipient(text).unwrap()
    }

    #[test]
    fn an_upstream_carries_what_its_carrier_takes() {
        use NameAlphabet::{Ascii, Gsm7, Latin1, Utf8};
        let shop = "\u{41C}\u{430}\u{433}\u{430}\u{437}\u{438}\u{43D}";
        let cases = [
            (Latin1, 11, "Postrider", None),
            (Ascii, 11, "+447700900123", None),
            (Ascii, 11, "60006", None),
            (Latin1, 11, "Caf\u{e9} @Home", None),
            (Utf8, 11, shop, None),
            (Latin1, 11, shop, Some("has '\u{41C}' (U+041C), which its carriers can't show")),
            (Gsm7, 11, shop, Some("'\u{41C}' (U+041C)")),
            (
                Gsm7,
                11,
                "\u{39C}A\u{393}",
                Some("'\u{39C}' (U+039C), which its carriers can't show: 'MA\u{393}'"),
            ),
            (
                Latin1,
                11,
                "\u{141}\u{f3}d\u{17a}",
                Some("'\u{141}' (U+0141), which its carriers can't show: 'L\u{f3}dz'"),
            ),
            (Ascii, 11, "Caf\u{e9}", Some("'\u{e9}' (U+00E9), which its carriers can't show")),
            // A zero would end the address.
            (Gsm7, 11, "@Home", Some("'@' (U+0040)")),
            (Latin1, 11, "TwelveLetter", Some("has 12 characters; its carriers take 11")),
            (Latin1, 20, "Twenty Letters a Name", Some("has 21 characters")),
            (Latin1, 20, "TwelveLetter", None),
            (
                Utf8,
                20,
                "\u{41C}\u{430}\u{433}\u{430}\u{437}\u{438}\u{43D} \u{41C}\u{430}\u{433}",
                Some("21 octets"),
            ),
        ];
        for (names, name_max, from, told) in cases {
            let carriage = Carriage { names, name_max, ..Carriage::default() };
            let from = match from.chars().count() {
                0..=20 => sender(from),
                _ => Some(Sender::Name(from.into())),
            };
            let found =
                carriage.check(number("+447700900123"), from.as_ref()).err().map(|why| why.to_string());
            match (told, found) {
                (None, None) => {}
                (Some(told), Some(found)) => assert!(found.contains(told), "{found}"),
                other => panic!("{names:?} {from:?}: {other:?}"),
            }
        }
        let short = number("60006");
        assert_eq!(Carriage::default().check(short, None), Err(Uncarried::ShortCode(short)));
        assert_eq!(Carriage { short_codes: true, ..Carriage::default() }.check(short, None), Ok(()));
    }

    #[test]
    fn a_message_goes_by_those_upstreams_of_its_route_that_can_carry_it() {
        let [one, two, gone] = [1, 2, 3].map(UpstreamId);
        let wide =
            Carriage { names: NameAlphabet::Utf8, name_max: 20, short_codes: true, ..Carriage::default() };
        let mut upstreams = [one, two].map(upstream);
        upstreams[1].carriage = wide;
        let rules = Rules::new(1, Vec::new(), upstreams.into(), Table::default());
        let plan_of = |upstreams: &[UpstreamId], to: &str, from: Option<Sender>| {
            let whole = Arc::new(Plan { route: "world".into(), upstreams: upstreams.into() });
            let body = Body::Text("Hi".into());
            let carried = Carried { account: SHOP, to: number(to), from: from.as_ref(), body: &body };
            plan(&whole, &rules, carried).map(|plan| plan.to_string())
        };
        let told = |why: Uncarried| why.to_string();
        let london = "+447700900123";
        assert_eq!(plan_of(&[one, two], london, sender("Shop")).map_err(told), Ok("1,2 world".into()));
        assert_eq!(plan_of(&[one, two], london, sender("\u{41C}")).map_err(told), Ok("2 world".into()));
        assert_eq!(plan_of(&[one, two], london, sender("TwelveLetter")).map_err(told), Ok("2 world".into()));
        assert_eq!(plan_of(&[one, two], "60006", None).map_err(told), Ok("2 world".into()));
        assert_eq!(plan_of(&[gone], london, sender("\u{41C}")).map_err(told), Ok("3 world".into()));
        let why = plan_of(&[one], "60006", None).map_err(told).unwrap_err();
        assert!(why.contains("60006 is a short code"), "{why}");
    }

    #[test]
    fn media_go_by_upstreams_for_media_and_else_as_a_link() {
        let [sms, mms, web] = [1, 2, 3].map(UpstreamId);
        let mut upstreams = [sms, mms, web].map(upstream);
        upstreams[1].carriage.media = MediaCarriage::Only;
        upstreams[2].carriage.media = MediaCarriage::ByLink;
        let rules = Rules::new(1, Vec::new(), upstreams.into(), Table::default());
        let item = MediaItem { id: MessageId::from_number(1), kind: MediaType::Png, size: 1, print: 1 };
        let with_link = |link: Option<&str>| {
            Body::Multimedia(Box::new(Multimedia {
                subject: "".into(),
                text: "Look".into(),
                link: link.map(Into::into),
                items: [item].into(),
            }))
        };
        let text = Body::Text("Hi".into());
        let plan_of = |upstreams: &[UpstreamId], body: &Body| {
            let whole = Arc::new(Plan { route: "world".into(), upstreams: upstreams.into() });
            let carried = Carried { account: SHOP, to: number("+447700900123"), from: None, body };
            plan(&whole, &rules, carried).map(|plan| plan.to_string())
        };
        let linked = with_link(Some("https://gw.example/m/x"));
        for (upstreams, body, expected) in [
            (&[sms, mms, web][..], &linked, Ok("2,3,1 world")),
            (&[sms], &linked, Ok("1 world")),
            (&[sms, mms, web], &with_link(None), Ok("2 world")),
            (&[sms, web], &with_link(None), Err(Uncarried::NoLink)),
            (&[mms, sms, web], &text, Ok("1,3 world")),
            (&[mms], &text, Err(Uncarried::MediaOnly)),
        ] {
            assert_eq!(plan_of(upstreams, body), expected.map(str::to_owned), "{upstreams:?} {body:?}");
        }
    }

    #[test]
    fn a_message_does_not_go_back_to_where_it_came_from() {
        let [hub, other] = [1, 2].map(UpstreamId);
        let mut upstreams = [hub, other].map(upstream);
        upstreams[0].not_from = vec![SHOP];
        let rules = Rules::new(1, Vec::new(), upstreams.into(), Table::default());
        let body = Body::Text("Hi".into());
        let plan_of = |account, upstreams: &[UpstreamId]| {
            let whole = Arc::new(Plan { route: "world".into(), upstreams: upstreams.into() });
            let carried = Carried { account, to: number("+447700900123"), from: None, body: &body };
            plan(&whole, &rules, carried).map(|plan| plan.to_string())
        };
        assert_eq!(plan_of(SHOP, &[hub, other]), Ok("2 world".into()));
        assert_eq!(plan_of(AccountId(2), &[hub, other]), Ok("1,2 world".into()));
        assert_eq!(plan_of(SHOP, &[hub]), Err(Uncarried::Origin));
    }
}
