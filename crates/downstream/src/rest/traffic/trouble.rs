//! What is broken or about to be, in words, with what to do.

use crate::rest::{Running, moment};
use postrider_core::contract::{Depths, LinkState};
use postrider_core::numbering::Country;
use postrider_core::route::UpstreamId;
use postrider_core::rules::{Rules, Upstream};
use postrider_core::time::Time;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use utoipa::ToSchema;

/// The age of the oldest waiting message from which a backlog is a trouble. Scheduled messages wait longer: they are not told
/// apart here, so the words say so.
const OLD: Duration = Duration::from_mins(10);
/// Unmatched receipts from which they are a trouble.
const UNMATCHED: u64 = 10;
/// Countries without a route that are named.
const COUNTRIES_SHOWN: usize = 5;

/// Something that is broken, or about to be.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Trouble {
    /// How grave it is.
    severity: Severity,
    /// Its kind, for programs.
    kind: TroubleKind,
    /// The upstream that it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<String>,
    /// Since when, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    since: Option<String>,
    /// What is wrong, for people.
    what: String,
    /// What to do, for people.
    remedy: &'static str,
}

/// How grave a trouble is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Severity {
    /// Messages don't go out, or may be lost sight of: somebody must act.
    Broken,
    /// It works, and somebody should look.
    Warning,
}

/// The kind of a trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TroubleKind {
    /// The gateway takes no messages.
    NotReady,
    /// No upstream is declared.
    NoUpstream,
    /// An upstream has no link that is up.
    UpstreamDown,
    /// Some links of an upstream are down.
    LinksDown,
    /// Messages wait for an upstream that is disabled.
    DisabledUpstream,
    /// Messages were refused, since no route leads to their recipients.
    NoRoute,
    /// Messages have waited for long.
    OldBacklog,
    /// Receipts found no message.
    UnmatchedReceipts,
    /// Rows of the store could not be read.
    DamagedRows,
}

/// What troubles are seen in.
pub(super) struct Situation<'a> {
    pub(super) rules: &'a Rules,
    pub(super) running: &'a HashMap<UpstreamId, Running>,
    pub(super) depths: Option<&'a Depths>,
    /// Messages of the last quarter of an hour that no route led to, by country.
    pub(super) unroutable: &'a BTreeMap<Option<Country>, u64>,
    /// Why the gateway isn't ready.
    pub(super) reasons: Vec<String>,
    pub(super) now: Time,
}

/// All troubles, the gravest first.
pub(super) fn troubles(situation: &Situation<'_>) -> Vec<Trouble> {
    let Situation { rules, depths, reasons, .. } = situation;
    let not_ready = |reason: &String| {
        let remedy = "The log says more. Applications are told to try again, and nothing is lost.";
        Trouble::new(Severity::Broken, TroubleKind::NotReady, reason.clone(), remedy)
    };
    let mut troubles: Vec<_> = reasons.iter().map(not_ready).collect();
    if rules.upstreams().next().is_none() {
        let remedy = "Declare an upstream and a route: `postrider upstream --help` shows how.";
        let what = "no upstream is declared, so that nothing can be sent".to_owned();
        troubles.push(Trouble::new(Severity::Broken, TroubleKind::NoUpstream, what, remedy));
    }
    troubles.extend(rules.upstreams().filter_map(|upstream| situation.of_upstream(upstream)));
    troubles.extend(situation.of_routes());
    troubles.extend(depths.map(|depths| situation.of_depths(depths)).unwrap_or_default());
    troubles.sort_by_key(|trouble| (trouble.severity, trouble.kind));
    troubles
}

impl Situation<'_> {
    fn of_upstream(&self, upstream: &Upstream) -> Option<Trouble> {
        if !upstream.enabled {
            return self.of_disabled(upstream);
        }
        let running = self.running.get(&upstream.id)?;
        let down = |link: &LinkState| match link {
            LinkState::Down { reason, .. } => Some(reason.clone()),
            _ => None,
        };
        let is_up = |link: &LinkState| matches!(link, LinkState::Up | LinkState::Elsewhere);
        let reason = running.links.iter().find_map(down)?;
        let count = running.links.iter().filter(|link| down(link).is_some()).count();
        let (severity, kind, what) = if running.links.iter().any(is_up) {
            let all = running.links.len();
            let what = format!("{count} of {all} links to '{}' are down: {reason}", upstream.name);
            (Severity::Warning, TroubleKind::LinksDown, what)
        } else {
            let what = format!("'{}' is down: {reason}", upstream.name);
            (Severity::Broken, TroubleKind::UpstreamDown, what)
        };
        let remedy = "The gateway tries again by itself; messages wait, or take another route. `postrider doctor` \
                      examines the link.";
        let since = running.down_since.filter(|_| kind == TroubleKind::UpstreamDown).map(moment::write);
        let upstream = Some(upstream.name.to_string());
        Some(Trouble { upstream, since, ..Trouble::new(severity, kind, what, remedy) })
    }

    fn of_disabled(&self, upstream: &Upstream) -> Option<Trouble> {
        let queued = &self.depths?.queued;
        let waiting = queued.iter().find(|(id, count)| *id == upstream.id && *count > 0)?.1;
        let what = format!("'{}' is disabled, and {waiting} messages wait for it", upstream.name);
        let remedy = "Enable it, or cancel these messages.";
        let trouble = Trouble::new(Severity::Warning, TroubleKind::DisabledUpstream, what, remedy);
        Some(Trouble { upstream: Some(upstream.name.to_string()), ..trouble })
    }

    /// Countries that get messages, and have no route.
    fn of_routes(&self) -> Option<Trouble> {
        let mut countries: Vec<(&Option<Country>, &u64)> = self.unroutable.iter().collect();
        countries.sort_by_key(|(_, messages)| std::cmp::Reverse(**messages));
        let named = |(country, messages): &(&Option<Country>, &u64)| {
            let name = country.map_or_else(|| "no country".to_owned(), |country| country.to_string());
            format!("{messages} to {name}")
        };
        let named: Vec<String> = countries.iter().take(COUNTRIES_SHOWN).map(named).collect();
        let what = format!(
            "no route led to messages of the last 15 minutes, which were refused: {}",
            named.join(", ")
        );
        let remedy = "`postrider explain` says why no route takes such a message. Declare one, or have the account not send there.";
        (!countries.is_empty()).then(|| Trouble::new(Severity::Warning, TroubleKind::NoRoute, what, remedy))
    }

    fn of_depths(&self, depths: &Depths) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        let mut add = |kind, what, remedy| troubles.push(Trouble::new(Severity::Warning, kind, what, remedy));
        if let Some(oldest) = depths.oldest.filter(|oldest| self.now.since(*oldest) >= OLD) {
            let minutes = self.now.since(oldest).as_secs() / 60;
            let what = format!("the oldest message that waits was accepted {minutes} minutes ago");
            add(
                TroubleKind::OldBacklog,
                what,
                "It may be scheduled. If not, its timeline says why it waits.",
            );
        }
        if depths.parked >= UNMATCHED {
            let what = format!("{} receipts found no message", depths.parked);
            let remedy =
                "The carrier may spell identifiers otherwise in receipts: `postrider doctor` finds out how.";
            add(TroubleKind::UnmatchedReceipts, what, remedy);
        }
        if depths.damaged > 0 {
            let what = format!("{} rows of the store could not be read", depths.damaged);
            add(
                TroubleKind::DamagedRows,
                what,
                "They are set aside. The log names them; restore a backup if they matter.",
            );
        }
        troubles
    }
}

impl Trouble {
    fn new(severity: Severity, kind: TroubleKind, what: String, remedy: &'static str) -> Self {
        Self { severity, kind, upstream: None, since: None, what, remedy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    const ACME: UpstreamId = UpstreamId(3);

    fn kinds(enabled: bool, links: Vec<LinkState>, depths: &Depths, reasons: &[&str]) -> Vec<TroubleKind> {
        let upstreams = vec![testing::upstream(ACME, "acme", enabled)];
        let rules = Rules::new(1, Vec::new(), upstreams, Default::default());
        let running = HashMap::from([(ACME, Running { links, ..Running::default() })]);
        let reasons = reasons.iter().map(ToString::to_string).collect();
        let now = Time(3_600_000);
        let unroutable = BTreeMap::new();
        let situation = Situation {
            rules: &rules,
            running: &running,
            depths: Some(depths),
            unroutable: &unroutable,
            reasons,
            now,
        };
        troubles(&situation).into_iter().map(|trouble| trouble.kind).collect()
    }

    fn down() -> LinkState {
        LinkState::Down { reason: "connection refused".into(), retry_in: Duration::ZERO }
    }

    #[test]
    fn what_is_broken_is_told_and_what_is_well_is_not() {
        use TroubleKind::*;
        let well = Depths::default();
        let queued = Depths { queued: vec![(ACME, 5)], ..Depths::default() };
        let old = Depths { oldest: Some(Time(0)), parked: 10, damaged: 1, ..Depths::default() };
        assert_eq!(kinds(true, vec![LinkState::Up], &well, &[]), []);
        assert_eq!(kinds(true, vec![LinkState::Connecting], &well, &[]), []);
        assert_eq!(kinds(true, vec![down()], &well, &[]), [UpstreamDown]);
        assert_eq!(kinds(true, vec![LinkState::Elsewhere, down()], &well, &[]), [LinksDown]);
        assert_eq!(kinds(false, vec![], &well, &[]), []);
        assert_eq!(kinds(false, vec![], &queued, &[]), [DisabledUpstream]);
        assert_eq!(kinds(true, vec![LinkState::Up], &old, &[]), [OldBacklog, UnmatchedReceipts, DamagedRows]);
        assert_eq!(kinds(true, vec![down()], &old, &["the disk is full"])[..2], [NotReady, UpstreamDown]);
    }

    #[test]
    fn a_gateway_without_upstreams_says_so() {
        let (rules, running) = (Rules::default(), HashMap::new());
        let countries = [("NG", 3), ("GH", 214)].map(|(code, count)| (code.parse().ok(), count));
        let unroutable = BTreeMap::from(countries);
        let situation = Situation {
            rules: &rules,
            running: &running,
            depths: None,
            unroutable: &unroutable,
            reasons: Vec::new(),
            now: Time(0),
        };
        let troubles = troubles(&situation);
        assert_eq!(troubles[0].kind, TroubleKind::NoUpstream);
        assert!(troubles[1].what.ends_with("refused: 214 to GH, 3 to NG"), "{:?}", troubles[1]);
    }
}
