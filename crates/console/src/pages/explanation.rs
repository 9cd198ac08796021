//! What the API would decide of a message, as pages show it.

use serde::Deserialize;

/// What the API would decide of a message.
#[derive(Deserialize)]
pub(super) struct Explanation {
    pub(super) refused: Option<Refused>,
    pub(super) held: Option<Refused>,
    pub(super) price: Option<Price>,
    pub(super) lookup: Option<Lookup>,
    pub(super) from: Option<String>,
    pub(super) encoding: Option<String>,
    pub(super) parts: Option<u64>,
    pub(super) due_at: Option<String>,
    pub(super) routing: Option<Routing>,
}

/// What a message costs its account.
#[derive(Deserialize)]
pub(super) struct Price {
    pub(super) currency: String,
    pub(super) part: String,
    pub(super) total: String,
}

/// Why it is refused, or held back.
#[derive(Deserialize)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) detail: String,
}

#[derive(Deserialize)]
pub(super) struct Lookup {
    pub(super) number: String,
    pub(super) country: Option<String>,
    pub(super) r#type: String,
    pub(super) network: Option<Network>,
}

#[derive(Deserialize)]
pub(super) struct Network {
    pub(super) name: Option<String>,
    pub(super) mccmnc: Option<String>,
}

impl Lookup {
    /// What is known of the number in a line: `+447700900123 · GB · mobile · Name`.
    pub(super) fn line(&self) -> String {
        let network =
            self.network.as_ref().and_then(|network| network.name.clone().or_else(|| network.mccmnc.clone()));
        let kind = Some(self.r#type.replace('_', " "));
        let parts = [Some(self.number.clone()), self.country.clone(), kind, network];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}

#[derive(Deserialize)]
pub(super) struct Routing {
    pub(super) tried: Vec<Tried>,
    pub(super) tried_more: u64,
    pub(super) strategy: Option<String>,
    pub(super) candidates: Vec<Candidate>,
    pub(super) plan: Vec<String>,
    pub(super) upstream: Option<String>,
    pub(super) pdus: Vec<String>,
    pub(super) no_pdus: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Tried {
    pub(super) route: String,
    pub(super) matches: bool,
    pub(super) unmet: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Candidate {
    pub(super) upstream: String,
    pub(super) up: bool,
    pub(super) cost: Option<f64>,
    pub(super) excluded: Option<String>,
}

impl Explanation {
    /// The route that takes the message.
    pub(super) fn route(&self) -> Option<&str> {
        let tried = &self.routing.as_ref()?.tried;
        tried.iter().find(|tried| tried.matches).map(|tried| tried.route.as_str())
    }

    /// The upstream that would send it.
    pub(super) fn upstream(&self) -> Option<&str> {
        self.routing.as_ref()?.upstream.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_a_number_is_a_line() {
        let network = Some(Network { name: None, mccmnc: Some("23415".into()) });
        let lookup = Lookup {
            number: "+447700900123".into(),
            country: Some("GB".into()),
            r#type: "fixed_or_mobile".into(),
            network,
        };
        assert_eq!(lookup.line(), "+447700900123 · GB · fixed or mobile · 23415");
    }
}
