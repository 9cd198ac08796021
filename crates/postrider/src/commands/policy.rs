//! `postrider policy`: what the presets of accounts' policies enforce, and the rules that they come from.

use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, Style, paint};
use postrider_core::consent::Preset;

const HELP: &str = "\
An account keeps to a preset by `policy.preset`. This is no legal advice.

Examples:
  postrider policy
  postrider policy tcpa";

/// Say what the presets for laws enforce.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// One preset: tcpa, gdpr, casl or trai
    preset: Option<String>,
}

/// Prints what presets enforce.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let wanted = |preset: &Preset| args.preset.as_ref().is_none_or(|word| preset.word() == *word);
    let found: Vec<Preset> = Preset::ALL.into_iter().filter(wanted).collect();
    if found.is_empty() {
        let words = Preset::ALL.map(Preset::word).join(", ");
        let given = args.preset.as_deref().unwrap_or_default();
        return Err(Failure::usage(format!("there is no preset '{given}': the presets are {words}")));
    }
    for preset in found {
        terminal::say(&paint(Style::Strong, preset.word()));
        for enforced in preset.enforces() {
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
        for preset in Preset::ALL {
            for enforced in preset.enforces() {
                let line = format!("| `{}` | {} | {} |", preset.word(), enforced.words, enforced.cites);
                assert!(page.contains(&line), "the manual lacks: {line}");
            }
        }
    }

    #[test]
    fn an_unknown_preset_is_told_which_there_are() {
        assert!(run(&Args { preset: Some("xyz".into()) }).is_err());
    }
}
