//! `postrider reconcile`: a supplier's table of what it sent, compared with what went by an upstream.

use super::table;
use crate::client::Connection;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::{self, say};
use serde_json::Value;
use std::path::PathBuf;

const HELP: &str = "\
The table is CSV. Rows are matched by the column 'reference', the supplier's name for a message, or
else by 'to' and 'sent_at'. 'parts' and 'cost' are compared, if it has them; other columns are passed
over. --column says which of the supplier's columns are these.

Examples:
  postrider reconcile acme acme-2026-11.csv
  postrider reconcile acme acme-2026-11.csv --column 'reference=Message ID' --column to=Destination \\
      --column sent_at=Date --column cost=Rate --zone Europe/Berlin
  postrider reconcile acme acme-2026-11.csv --csv > differences.csv";

/// Compare a supplier's records with what went by an upstream.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// The upstream that the supplier is
    upstream: String,
    /// The supplier's table, or `-` for standard input
    file: PathBuf,
    /// A column of the supplier's: reference, to, sent_at, parts or cost, and its name there
    #[arg(long = "column", value_name = "OURS=THEIRS")]
    columns: Vec<String>,
    /// The time zone of times without an offset [default: UTC]
    #[arg(long)]
    zone: Option<String>,
    /// How far apart the two times of a message may be [default: 10m]
    #[arg(long, value_name = "SPAN")]
    within: Option<String>,
    /// Messages sent at or after this: 2030-01-31T09:00:00Z, or 1h for the last hour [default: as the table says]
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Messages sent before this, likewise
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Print all differences as CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print the gateway's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

const DIFFERENCES: [(&str, &str); 8] = [
    ("KIND", "kind"),
    ("ID", "id"),
    ("LINE", "line"),
    ("TO", "to"),
    ("OUR PARTS", "our_parts"),
    ("THEIRS", "their_parts"),
    ("OUR COST", "our_cost"),
    ("THEIRS", "their_cost"),
];
/// Differences that are printed; --csv prints all.
const PRINTED: usize = 20;

/// Compares them.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let octets = super::tariff::read(&args.file)?;
    let columns = (!args.columns.is_empty()).then(|| args.columns.join(","));
    let format = if args.csv { "csv" } else { "json" };
    let mut query = vec![("upstream", args.upstream), ("format", format.to_owned())];
    let given = [
        ("columns", columns),
        ("zone", args.zone),
        ("within", args.within),
        ("since", args.since),
        ("until", args.until),
    ];
    query.extend(given.into_iter().filter_map(|(name, value)| Some((name, value?))));
    let client = args.connection.administrator().await?;
    let text = client.post_table(&["reconciliation"], &query, "text/csv", &octets).await?;
    if args.csv {
        terminal::print_table(&text);
        return Ok(());
    }
    let answer: Value =
        serde_json::from_str(&text).map_err(|_| Failure::failed("the gateway's answer is no JSON"))?;
    table::show(&answer, args.json, told);
    Ok(())
}

fn told(answer: &Value) {
    let side = |name: &str| {
        let cell = |field| table::cell(answer.get(name).unwrap_or(&Value::Null), field);
        format!("{}, {} parts, cost {}", cell("records"), cell("parts"), cell("cost"))
    };
    say(&format!("ours         {}", side("ours")));
    say(&format!("theirs       {}", side("theirs")));
    say(&format!("agreed       {}", table::cell(answer, "agreed")));
    say(&format!("differing    {}", table::cell(answer, "differing")));
    say(&format!("only ours    {}", side("only_ours")));
    say(&format!("only theirs  {}", side("only_theirs")));
    say(&format!("theirs less ours: {}", table::cell(answer, "cost_difference")));
    let all = answer.get("differences").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !all.is_empty() {
        let printed = all.get(..PRINTED).unwrap_or(all);
        table::print(&DIFFERENCES, printed, "", |_, _| None);
        let more = answer.get("differences_more").and_then(Value::as_u64).unwrap_or_default();
        if all.len() > PRINTED || more > 0 {
            say("there are more: --csv prints all");
        }
    }
}
