//! Two builds of the gateway, or one with a feature and without it, measured in turn: what a machine does varies with its other
//! work from minute to minute, and that falls on both alike.

mod comparison;

use super::configuration::Switches;
use super::figures::Figures;
use super::{Args, throughput};
use crate::failure::Failure;
use crate::terminal::{Style, complain, paint, say};
use clap::ValueEnum;
use comparison::{Comparison, HEADING, Values, cells};
use serde_json::{Value, json};
use std::path::Path;

/// What is measured in turn with another.
struct Side<'a> {
    name: &'static str,
    program: &'a Path,
    args: Args,
}

/// A feature that the gateway is measured with and without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Feature {
    /// Encryption of texts and secrets at rest
    Encryption,
    /// The stream of events
    Events,
    /// As many opt-outs as --opt-outs says
    OptOuts,
}

/// Measures this program and another build of it.
pub(super) async fn builds(args: &Args, this: &Path, other: &Path) -> Result<(), Failure> {
    let side = |name, program| Side { name, program, args: args.clone() };
    in_turn(args, [side("this", this), side("other", other)]).await
}

/// Measures this program with a feature and without it.
pub(super) async fn switched(args: &Args, program: &Path, feature: Feature) -> Result<(), Failure> {
    if feature == Feature::OptOuts && args.opt_outs == 0 {
        return Err(Failure::usage("there are no opt-outs").help("add `--opt-outs 10000000`"));
    }
    let (mut with, mut without) = (args.clone(), args.clone());
    match feature {
        Feature::Encryption => with.switches = Switches { encryption: true, ..with.switches },
        Feature::Events => without.switches = Switches { no_events: true, ..without.switches },
        Feature::OptOuts => without.opt_outs = 0,
    }
    let side = |name, args| Side { name, program, args };
    in_turn(args, [side("with", with), side("without", without)]).await
}

/// Measures both as often as asked for, and prints each turn, the means and their ratio.
async fn in_turn(args: &Args, sides: [Side<'_>; 2]) -> Result<(), Failure> {
    let names = [sides[0].name, sides[1].name];
    let mut comparison = Comparison::default();
    let mut documents = Vec::new();
    if !args.json {
        say(&line("turn", "program", &HEADING.map(str::to_owned)));
    }
    for turn in 1..=args.turns {
        let mut measured = Vec::new();
        for Side { name, program, args } in &sides {
            complain(&format!("Turn {turn} of {}: {name}, {}.", args.turns, program.display()));
            let figures = throughput::measure(args, program).await?;
            doubt(&figures);
            if !args.json {
                say(&line(&turn.to_string(), name, &cells(&values(&figures))));
            }
            measured.push(figures);
        }
        let [first, second] = measured.as_slice() else { continue };
        comparison.turn(values(first), values(second));
        documents.push(json!({ names[0]: first.json(), names[1]: second.json() }));
    }
    if args.json {
        let document = document(&comparison, names, &documents);
        say(&serde_json::to_string_pretty(&document).unwrap_or_default());
    } else {
        show(&comparison, names);
    }
    Ok(())
}

fn values(figures: &Figures) -> Values {
    let (accepted, complete) = figures.rates();
    Values([
        Some(accepted),
        complete,
        Some(figures.per_100_000(figures.usage.gateway)),
        figures.usage.database.map(|seconds| figures.per_100_000(seconds)),
        Some(figures.peak as f64),
    ])
}

/// Says what makes the figures of a turn doubtful.
fn doubt(figures: &Figures) {
    let (lost, twice) = (figures.lost(), figures.carrier.duplicates);
    if lost + twice > 0 {
        complain(&format!("In this turn {lost} messages were lost and {twice} sent twice."));
    }
}

fn show(comparison: &Comparison, [first, second]: [&str; 2]) {
    say(&line("mean", first, &cells(&comparison.means().0)));
    say(&line("mean", second, &cells(&comparison.means().1)));
    let quotient = format!("{first} / {second}");
    say(&paint(Style::Strong, &line("ratio", &quotient, &comparison.ratios().cells())));
    let (least, most) = comparison.range();
    say(&line("", "least of a turn", &least.cells()));
    say(&line("", "most of a turn", &most.cells()));
}

/// A line of the table.
fn line(turn: &str, program: &str, cells: &[String]) -> String {
    let cells: String = cells.iter().map(|cell| format!("{cell:>14}")).collect();
    format!("{turn:<7}{program:<16}{cells}")
}

fn document(comparison: &Comparison, names: [&str; 2], turns: &[Value]) -> Value {
    let (first, second) = comparison.means();
    let (least, most) = comparison.range();
    json!({
        "turns": turns,
        "mean": { names[0]: first.json(), names[1]: second.json() },
        "ratio": {
            "of_means": comparison.ratios().json(),
            "least_of_a_turn": least.json(),
            "most_of_a_turn": most.json(),
        },
    })
}
