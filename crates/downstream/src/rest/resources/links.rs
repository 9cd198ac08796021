//! Upstreams, and the state of their links. What is declared and what runs meet here and nowhere else.

use super::description::DeclaredUpstream;
use super::{Resource, Shown};
use crate::rest::Rest;
use postrider_core::contract::LinkState;
use postrider_core::reference::ReferenceForm;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use postrider_declare::{Declared, Entry, UpstreamDocument};
use serde::Serialize;
use std::collections::HashMap;
use std::time::Duration;
use utoipa::ToSchema;

/// An upstream, and the state of its links.
#[derive(Serialize, ToSchema)]
#[schema(as = Upstream)]
pub(super) struct UpstreamView {
    #[serde(flatten)]
    #[schema(value_type = DeclaredUpstream)]
    upstream: Resource<UpstreamDocument>,
    /// How each of its links stands; none if it is disabled. In mode `transmitter_receiver` those that send come first.
    links: Vec<LinkView>,
    /// How its carrier spells identifiers in receipts, once the first receipts have shown it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ids_learnt: Option<String>,
}

/// What is known of an upstream that runs.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// How its links stand.
    pub links: Vec<LinkState>,
    /// Since when none of its links is up here, if none is.
    pub down_since: Option<Time>,
    /// The rate in force, in parts a second, if there is a limit.
    pub rate: Option<f64>,
    /// Parts in flight: sent by this node, and not yet answered.
    pub used: usize,
    /// The most parts in flight of this node.
    pub window: usize,
    /// How long the carrier takes to answer a part, lately; `None` before the first answer.
    pub round_trip: Option<Duration>,
    /// How its carrier spells identifiers, if that was found out.
    pub learnt: Option<ReferenceForm>,
}

/// How a link stands.
#[derive(Serialize, ToSchema)]
#[schema(as = Link)]
struct LinkView {
    /// The modem that it leads to, where the upstream has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    /// Whether it can be used.
    state: LinkWord,
    /// Why it is down.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Seconds until it is tried again, while it is down.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_in: Option<u64>,
}

/// Whether a link can be used.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LinkState)]
enum LinkWord {
    /// Messages go over it.
    Up,
    /// It is being made.
    Connecting,
    /// It is not there.
    Down,
    /// Another node keeps it.
    Elsewhere,
}

/// The state of all links at one moment.
pub(super) struct Links {
    ids: HashMap<String, UpstreamId>,
    running: HashMap<UpstreamId, Running>,
}

impl Shown for UpstreamDocument {
    type View = UpstreamView;
    type Moment = Links;

    fn moment(rest: &Rest, declared: &Declared) -> Links {
        let ids = declared.upstreams.iter().map(|(id, upstream)| (upstream.document.name.clone(), *id));
        Links { ids: ids.collect(), running: (rest.links)() }
    }

    /// The upstream with its links. Links that it had before it was declared otherwise are left out.
    fn view(entry: &Entry<Self>, links: &Links) -> UpstreamView {
        let document = &entry.document;
        let traits = document.protocol.traits();
        let count = if document.enabled { traits.links() } else { 0 };
        let device = |link: usize| traits.each_bind.get(link).map(|bind| bind.name.to_string());
        let running = links.ids.get(&document.name).and_then(|id| links.running.get(id));
        let states = running.into_iter().flat_map(|running| &running.links).take(count);
        let links = states.enumerate().map(|(index, state)| link(device(index), state)).collect();
        let ids_learnt = running.and_then(|running| running.learnt).map(|form| form.word().to_owned());
        UpstreamView { upstream: Resource::shown(entry), links, ids_learnt }
    }
}

fn link(device: Option<String>, state: &LinkState) -> LinkView {
    match state {
        LinkState::Up => LinkView { device, state: LinkWord::Up, reason: None, retry_in: None },
        LinkState::Elsewhere => LinkView { device, state: LinkWord::Elsewhere, reason: None, retry_in: None },
        LinkState::Connecting => {
            LinkView { device, state: LinkWord::Connecting, reason: None, retry_in: None }
        }
        LinkState::Down { reason, retry_in } => {
            // Rounded up: earlier would be too early.
            let seconds = retry_in.as_secs() + u64::from(retry_in.subsec_nanos() > 0);
            LinkView { device, state: LinkWord::Down, reason: Some(reason.clone()), retry_in: Some(seconds) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_declare::Set;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn an_upstream_shows_the_links_that_it_is_declared_with() {
        let documents = toml::from_str(
            "[upstreams.a]\nhost='h'\nsystem_id='s'\nbinds=3\n[upstreams.off]\nhost='h'\nsystem_id='s'\nenabled=false",
        );
        let set = Set::of_file(documents.unwrap(), &mut Vec::new());
        let down = LinkState::Down { reason: "refused".into(), retry_in: Duration::from_millis(1_200) };
        let links = vec![LinkState::Up, LinkState::Connecting, down.clone(), down];
        let learnt = Some(ReferenceForm::HexThenDecimal);
        let running = Running { links, learnt, ..Running::default() };
        let links = Links {
            ids: HashMap::from([("a".into(), UpstreamId(1)), ("off".into(), UpstreamId(2))]),
            running: HashMap::from([(UpstreamId(1), running.clone()), (UpstreamId(2), running)]),
        };
        let shown =
            |name: &str| serde_json::to_value(UpstreamDocument::view(&set.upstreams[name], &links)).unwrap();
        let expected = json!([
            { "state": "up" },
            { "state": "connecting" },
            { "state": "down", "reason": "refused", "retry_in": 2 },
        ]);
        assert_eq!((&shown("a")["links"], &shown("a")["origin"]), (&expected, &json!("file")));
        assert_eq!(shown("a")["ids_learnt"], "hex_then_decimal");
        assert_eq!(shown("off")["links"], json!([]));
    }
}
