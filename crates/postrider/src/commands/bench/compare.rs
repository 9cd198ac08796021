//! Two builds of the gateway, two configurations, or one with a feature and without it, measured in turn: what a machine does
//! varies with its other work from minute to minute, and that falls on both alike.

mod comparison;

use super::figures::Figures;
use super::{Args, throughput};
use crate::failure::Failure;
use crate::terminal::{Style, complain, paint, say};
use clap::ValueEnum;
use comparison::{Comparison, HEADING, Values, cells};
use serde_json::{Value, json};
use std::path::Path;

/// What the two programs are called.
const THIS: &str = "this";
const OTHER: &str = "other";

/// Measures two programs.
pub(super) async fn builds(args: &Args, this: &Path, other: &Path) -> Result<(), Failure> {
    run(args, [(this, args), (other, args)]).await
}

/// Measures a program with two configurations. What fills the store belongs to the first.
pub(super) async fn configurations(args: &Args, program: &Path, other: &Path) -> Result<(), Failure> {
    let others = Args { config: Some(other.to_owned()), fill: None, ..args.clone() };
    run(args, [(program, args), (program, &others)]).await
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

/// Measures a program with a feature, and without it.
pub(super) async fn switched(args: &Args, program: &Path, feature: Feature) -> Result<(), Failure> {
    if feature == Feature::OptOuts && args.opt_outs == 0 {
        return Err(Failure::usage("there are no opt-outs").help("add `--opt-outs 10000000`"));
    }
    let (mut with, mut without) = (args.clone(), args.clone());
    match feature {
        Feature::Encryption => with.switches.encryption = true,
        Feature::Events => without.switches.no_events = true,
        Feature::OptOuts => without.opt_outs = 0,
    }
    run(args, [(program, &with), (program, &without)]).await
}

/// Measures both as often as asked for, and prints each turn, the means and their ratio.
async fn run(args: &Args, [this, other]: [(&Path, &Args); 2]) -> Result<(), Failure> {
    let mut comparison = Comparison::default();
    let mut documents = Vec::new();
    if !args.json {
        say(&line("turn", "program", &HEADING.map(str::to_owned)));
    }
    for turn in 1..=args.turns {
        let mut measured = Vec::new();
        for (name, (program, with)) in [(THIS, this), (OTHER, other)] {
            let config =
                with.config.as_ref().map(|file| format!(" with {}", file.display())).unwrap_or_default();
            complain(&format!("Turn {turn} of {}: {name}, {}{config}.", args.turns, program.display()));
            let figures = throughput::measure(with, program).await?;
            doubt(&figures);
            if !args.json {
                say(&line(&turn.to_string(), name, &cells(&values(&figures))));
            }
            measured.push(figures);
        }
        let [this, other] = measured.as_slice() else { continue };
        comparison.turn(values(this), values(other));
        documents.push(json!({ THIS: this.json(), OTHER: other.json() }));
    }
    if args.json {
        say(&serde_json::to_string_pretty(&document(&comparison, &documents)).unwrap_or_default());
    } else {
        show(&comparison);
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

fn show(comparison: &Comparison) {
    say(&line("mean", THIS, &cells(&comparison.means().0)));
    say(&line("mean", OTHER, &cells(&comparison.means().1)));
    say(&paint(Style::Strong, &line("ratio", "this / other", &comparison.ratios().cells())));
    let (least, most) = comparison.range();
    say(&line("", "least of a turn", &least.cells()));
    say(&line("", "most of a turn", &most.cells()));
}

/// A line of the table.
fn line(turn: &str, program: &str, cells: &[String]) -> String {
    let cells: String = cells.iter().map(|cell| format!("{cell:>14}")).collect();
    format!("{turn:<7}{program:<16}{cells}")
}

fn document(comparison: &Comparison, turns: &[Value]) -> Value {
    let (this, other) = comparison.means();
    let (least, most) = comparison.range();
    json!({
        "turns": turns,
        "mean": { THIS: this.json(), OTHER: other.json() },
        "ratio": {
            "of_means": comparison.ratios().json(),
            "least_of_a_turn": least.json(),
            "most_of_a_turn": most.json(),
        },
    })
}
