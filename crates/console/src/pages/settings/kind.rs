//! Kinds of things that are declared, and whose settings have a form.

use crate::frame::Frame;

/// A kind of things that are declared.
#[derive(Debug)]
pub(in crate::pages) struct Kind {
    /// Its list in the API, such as `routes`.
    pub(super) list: &'static str,
    /// The schema of its documents in the API's description.
    pub(super) schema: &'static str,
    /// The page of the navigation that it belongs to.
    pub(super) place: &'static str,
    /// What somebody needs to change it.
    pub(super) needs: &'static str,
    /// Settings that have forms of their own elsewhere.
    pub(super) elsewhere: &'static [&'static str],
}

const KINDS: [Kind; 9] = [
    kind("accounts", "AccountDocument", "accounts", "write_accounts", &["keys"]),
    kind("routes", "RouteDocument", "routes", "write_configuration", &[]),
    kind("limits", "LimitDocument", "routes", "write_configuration", &[]),
    kind("policies", "SharedPolicyDocument", "routes", "write_configuration", &[]),
    kind("pauses", "PauseDocument", "routes", "operate", &[]),
    kind("lookups", "LookupDocument", "routes", "write_configuration", &[]),
    kind("currencies", "CurrencyDocument", "routes", "write_prices", &[]),
    kind("numbers", "NumberDocument", "numbers", "write_configuration", &[]),
    kind("rules", "RuleDocument", "automation", "write_configuration", &[]),
];

const fn kind(
    list: &'static str,
    schema: &'static str,
    place: &'static str,
    needs: &'static str,
    elsewhere: &'static [&'static str],
) -> Kind {
    Kind { list, schema, place, needs, elsewhere }
}

/// The kinds without a page of their own, in the order of their tabs beside the routes.
const LISTED: [&str; 5] = ["limits", "policies", "pauses", "lookups", "currencies"];

impl Kind {
    pub(super) fn of(list: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.list == list)
    }

    /// Whether this page lists it; others have pages of their own.
    pub(super) fn is_listed(&self) -> bool {
        LISTED.contains(&self.list)
    }

    /// The page that lists it.
    pub(super) fn home(&self) -> String {
        if self.is_listed() {
            return format!("/console/settings/{}", self.list);
        }
        format!("/console/{}", self.place)
    }

    /// The page behind a change of one: its own, if it has one.
    pub(super) fn page(&self, name: &str) -> String {
        match self.list {
            "accounts" => format!("/console/accounts/{name}"),
            _ => self.home(),
        }
    }

    /// What all of them are called.
    pub(super) fn label<'f>(&self, frame: &'f Frame) -> &'f str {
        label(self.list, frame)
    }

    /// What adding one is called.
    pub(super) fn add_label<'f>(&self, frame: &'f Frame) -> &'f str {
        match self.list {
            "accounts" => frame.t("Add an account"),
            "routes" => frame.t("Add a route"),
            "limits" => frame.t("Add a limit"),
            "policies" => frame.t("Add a policy"),
            "pauses" => frame.t("Add a pause"),
            "lookups" => frame.t("Add a provider of look-ups"),
            "currencies" => frame.t("Add exchange rates"),
            "numbers" => frame.t("Add a number"),
            _ => frame.t("Add a rule"),
        }
    }

    /// What it is for, in a sentence.
    pub(super) fn about<'f>(&self, frame: &'f Frame) -> &'f str {
        match self.list {
            "limits" => frame.t("A limit says how many parts are sent in which time. What is over it waits."),
            "policies" => frame
                .t("A policy holds for several accounts: caps, blocked numbers, and rules against fraud."),
            "pauses" => {
                frame.t("A pause holds messages back, or drains an upstream, until it ends or is lifted.")
            }
            "lookups" => frame
                .t("A provider of look-ups is asked for the network of a number before a message is routed."),
            "currencies" => {
                frame.t("Exchange rates say what upstreams cost in other currencies than accounts pay in.")
            }
            _ => "",
        }
    }
}

fn label<'f>(list: &str, frame: &'f Frame) -> &'f str {
    match list {
        "routes" => frame.t("Routes"),
        "limits" => frame.t("Limits"),
        "policies" => frame.t("Policies"),
        "pauses" => frame.t("Pauses"),
        "lookups" => frame.t("Look-ups"),
        "currencies" => frame.t("Exchange rates"),
        "numbers" => frame.t("Numbers"),
        "rules" => frame.t("Automation"),
        _ => frame.t("Accounts"),
    }
}

/// The tabs of the pages about where messages go: label, address, and whether it is the one that is shown.
pub(in crate::pages) fn tabs<'f>(frame: &'f Frame, current: &str) -> Vec<(&'f str, String, bool)> {
    let routes = (frame.t("Routes"), "/console/routes".to_owned(), current == "routes");
    let others = LISTED
        .into_iter()
        .map(|list| (label(list, frame), format!("/console/settings/{list}"), current == list));
    std::iter::once(routes).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_the_schema_of_its_documents() {
        let description: serde_json::Value =
            serde_json::from_str(include_str!("../../../../../openapi.json")).unwrap();
        for kind in KINDS {
            let at = format!(
                "/paths/~1v1~1{}~1{{name}}/put/requestBody/content/application~1json/schema/$ref",
                kind.list
            );
            let expected = format!("#/components/schemas/{}", kind.schema);
            assert_eq!(description.pointer(&at).and_then(|schema| schema.as_str()), Some(&*expected), "{at}");
        }
    }

    #[test]
    fn a_kind_leads_to_where_it_is_shown() {
        let pages = ["accounts", "limits", "rules"].map(|list| Kind::of(list).unwrap().page("x"));
        assert_eq!(pages, ["/console/accounts/x", "/console/settings/limits", "/console/automation"]);
        assert!(Kind::of("tariffs").is_none());
    }
}
