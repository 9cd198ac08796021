//! `postrider policy`: policies that hold for several accounts; what the presets of accounts' policies enforce, and the rules
//! that they come from.

use super::resource::{How, Kind, PUT_HELP, Verb, on_kind};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use postrider_core::consent::{CalendarSet, Enforced, Preset};
use postrider_declare::SharedPolicyDocument;

const POLICY: Kind = Kind::of::<SharedPolicyDocument>(&[
    ("NAME", "name"),
    ("ACCOUNTS", "accounts"),
    ("BLOCK TO", "block_to"),
    ("DECLARED IN", "origin"),
]);

const HELP: &str = "\
An account keeps to a preset by `policy.preset`, and to calendars by `policy.calendars`. This is no legal advice.

Examples:
  postrider policy                      what each preset enforces
  postrider policy tcpa
  postrider policy us_states            what a calendar enforces
  postrider policy put everybody block_to=4490,88
  postrider policy put everybody 'caps=[{most = 3, per = \"7d\"}]'
  postrider policy list";

/// Say what the presets for laws enforce, and declare policies that hold for several accounts.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{PUT_HELP}\n\n{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// One preset: tcpa, gdpr, casl or trai; or one calendar: `us_states` or `france`
    preset: Option<String>,
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    how: How,
}

/// Prints what presets enforce, or does something with policies.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    match args.verb {
        Some(verb) => on_kind(POLICY, verb, args.how).await,
        None => tell_presets(args.preset.as_deref()),
    }
}

/// What a preset or a calendar of this word enforces.
struct Told {
    word: &'static str,
    enforces: &'static [Enforced],
}

fn all() -> impl Iterator<Item = Told> {
    let presets = Preset::ALL.into_iter().map(|preset| (preset.word(), preset.enforces()));
    let calendars = CalendarSet::ALL.into_iter().map(|calendar| (calendar.word(), calendar.enforces()));
    presets.chain(calendars).map(|(word, enforces)| Told { word, enforces })
}

fn tell_presets(given: Option<&str>) -> Result<(), Failure> {
    let found: Vec<Told> = all().filter(|told| given.is_none_or(|word| told.word == word)).collect();
    if found.is_empty() {
        let words = all().map(|told| told.word).collect::<Vec<_>>().join(", ");
        let given = given.unwrap_or_default();
        let there_are = format!("the presets and calendars are {words}");
        return Err(Failure::usage(format!("there is no preset '{given}': {there_are}")));
    }
    for Told { word, enforces } in found {
        terminal::say(&paint(Style::Strong, word));
        for enforced in enforces {
            terminal::say(&format!("  {}", enforced.words));
            terminal::say(&format!("    {}", paint(Style::Faint, enforced.cites)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_says_what_each_preset_enforces() {
        let page = include_str!("../../../../docs/src/opt-outs.md");
        for Told { word, enforces } in all() {
            for enforced in enforces {
                let line = format!("| `{word}` | {} | {} |", enforced.words, enforced.cites);
                assert!(page.contains(&line), "the manual lacks: {line}");
            }
        }
    }

    #[test]
    fn an_unknown_preset_is_told_which_there_are() {
        assert!(tell_presets(Some("xyz")).is_err());
    }
}
