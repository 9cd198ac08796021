//! The texts that people on call get.

use super::signal::cut;
use super::state::Alert;

/// The longest title in a text of one alert, in characters.
const TITLE_MAX: usize = 220;
/// The longest title in a text of several, in characters.
const SHORT_MAX: usize = 40;
/// The most alerts that a text names.
const NAMED_MAX: usize = 3;

/// The text that tells of alerts that fire, and of others that are over; `None` if there are none.
pub(super) fn text(firing: &[&Alert], over: &[&Alert]) -> Option<String> {
    let firing = match firing {
        [] => None,
        [one] => {
            let severity =
                one.severity.as_deref().map(|severity| format!(" ({severity})")).unwrap_or_default();
            let title = cut(&one.title, TITLE_MAX);
            let title = title.trim_end_matches('.');
            Some(format!("Alert {0}: {title}{severity}. Reply ACK {0}", one.number))
        }
        many => Some(format!("{} alerts: {}. Reply ACK ALL", many.len(), named(many))),
    };
    let over = match over {
        [] => None,
        many => Some(format!("Over: {}", named(many))),
    };
    match (firing, over) {
        (Some(firing), Some(over)) => Some(format!("{firing}. {over}")),
        (one, other) => one.or(other),
    }
}

/// The first of some alerts, and how many more there are.
fn named(alerts: &[&Alert]) -> String {
    let short = |alert: &&Alert| format!("{} {}", alert.number, cut(&alert.title, SHORT_MAX));
    let named: Vec<String> = alerts.iter().take(NAMED_MAX).map(short).collect();
    let named = named.join("; ");
    match alerts.len().saturating_sub(NAMED_MAX) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
