//! Who follows a link: a person, or a program that looks at it before or instead of them.

/// What a request for a link says of who sends it.
#[derive(Clone, Debug, Default)]
pub struct Visitor<'r> {
    /// Whether only the head is asked for.
    pub is_head: bool,
    /// The header `User-Agent`.
    pub agent: &'r str,
    /// The headers `Purpose`, `Sec-Purpose`, `X-Purpose` and `X-Moz`, by which browsers say that nobody has clicked yet.
    pub purpose: &'r str,
    /// The header `Sec-Fetch-Dest`, which is `document` where a page is opened.
    pub destination: &'r str,
}

/// Who follows a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VisitorKind {
    /// A person, as far as can be told.
    Person,
    /// A preview, a scanner, or a browser that loads pages in advance.
    Robot,
}

impl VisitorKind {
    /// Its word in events and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Robot => "robot",
        }
    }
}

/// What agents of robots have in their names: previews of messengers, scanners of mail and safety, search engines, and libraries.
const ROBOTS: [&str; 40] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "preview",
    "prefetch",
    "scan",
    "monitor",
    "check",
    "headless",
    "phantomjs",
    "facebookexternalhit",
    "facebookcatalog",
    "meta-external",
    "slack-imgproxy",
    "embedly",
    "iframely",
    "outbrain",
    "vkshare",
    "google-safety",
    "google-read-aloud",
    "googleother",
    "google-inspectiontool",
    "mediapartners-google",
    "feedfetcher",
    "safelinks",
    "barracuda",
    "proofpoint",
    "mimecast",
    "symantec",
    "trendmicro",
    "urlscan",
    "virustotal",
    "cfnetwork",
    "curl/",
    "wget",
    "python",
    "java/",
    "go-http-client",
    "libwww",
];
/// How agents of browsers begin, also those of older handsets.
const BROWSERS: [&str; 6] = ["mozilla/", "opera/", "ucweb", "nokia", "blackberry", "samsung"];

impl Visitor<'_> {
    /// Who it is.
    #[must_use]
    pub fn kind(&self) -> VisitorKind {
        let (agent, purpose) = (self.agent.to_ascii_lowercase(), self.purpose.to_ascii_lowercase());
        let is_early = ["prefetch", "preview", "prerender"].iter().any(|word| purpose.contains(word));
        let is_part = !self.destination.is_empty() && self.destination != "document";
        let is_browser = BROWSERS.iter().any(|browser| agent.starts_with(browser));
        // Handsets of this make are no robots.
        let named = agent.replace("cubot", "");
        let is_robot = ROBOTS.iter().any(|robot| named.contains(robot));
        if self.is_head || is_early || is_part || is_robot || !is_browser {
            VisitorKind::Robot
        } else {
            VisitorKind::Person
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
    const ANDROID: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36";

    #[test]
    fn people_are_told_from_robots() {
        let of = |agent| Visitor { agent, ..Visitor::default() }.kind();
        for person in [
            IPHONE,
            ANDROID,
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Opera/9.80 (Android; Opera Mini/36.2) Presto/2.12.423 Version/12.16",
            "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36",
            "Nokia6300/2.0 (07.21) Profile/MIDP-2.0 Configuration/CLDC-1.1",
        ] {
            assert_eq!(of(person), VisitorKind::Person, "{person}");
        }
        for robot in [
            "",
            "WhatsApp/2.23.20.0",
            "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "TelegramBot (like TwitterBot)",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0 Safari/537.36",
            "curl/8.5.0",
            "python-requests/2.32.3",
            "Go-http-client/2.0",
        ] {
            assert_eq!(of(robot), VisitorKind::Robot, "{robot}");
        }
    }

    #[test]
    fn what_a_browser_loads_in_advance_is_no_visit() {
        let person = Visitor { agent: IPHONE, destination: "document", ..Visitor::default() };
        assert_eq!(person.kind(), VisitorKind::Person);
        for robot in [
            Visitor { is_head: true, ..person.clone() },
            Visitor { purpose: "prefetch;prerender", ..person.clone() },
            Visitor { purpose: "preview", ..person.clone() },
            Visitor { destination: "image", ..person },
        ] {
            assert_eq!(robot.kind(), VisitorKind::Robot, "{robot:?}");
        }
    }
}
