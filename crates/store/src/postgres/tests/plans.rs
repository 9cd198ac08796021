//! Every statement walks along an index, however full or empty the tables are; lists and leases walk in their order,
//! so that the first of many costs as little as the first of few.

use super::Database;
use crate::postgres::days::{DAY, Days};
use crate::postgres::link::Value;
use crate::postgres::open::{Connector, Purpose};
use crate::postgres::{chores, find, gathered, hands, lease, list, notices, parking, record, search, told};
use postrider_core::account::AccountId;
use postrider_core::contract::Filter;
use postrider_core::delivery::State;
use postrider_core::principal::Viewer;
use postrider_core::route::UpstreamId;

/// How the engine's own sessions would carry a statement out that is planned without knowing the values.
async fn plan(database: &Database, sql: &str, values: &str) -> String {
    let link = Connector::new(&database.url(), 1).unwrap().connect(Purpose::Reading).await.unwrap();
    link.script(&format!("PREPARE this AS {sql}")).await.unwrap();
    let rows = link.query(&format!("EXPLAIN (COSTS off) EXECUTE this({values})"), &[]).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}

/// Makes the planner take the working tables for empty, as it does after a vacuum at a quiet moment.
fn seen_empty(database: &Database) {
    database.sql("VACUUM ANALYZE queue, waiting, notice, parked");
}

/// Each table is entered by an index, at the rows that are wanted.
fn walks(plan: &str) {
    assert!(!plan.contains("Seq Scan"), "{plan}");
    assert!(!plan.contains("Hash Join") && !plan.contains("Merge Join"), "{plan}");
    let lines: Vec<&str> = plan.lines().collect();
    for (line, next) in lines.iter().zip(lines.iter().skip(1).chain([&""])) {
        if line.contains("Index") && line.contains("Scan using") {
            assert!(next.contains("Index Cond"), "{line} is walked whole: {plan}");
        }
    }
}

/// The filter, and it with each condition that needs other tables.
fn narrowed(filter: &Filter) -> [Filter; 4] {
    [
        filter.clone(),
        Filter { upstream: Some(UpstreamId(1)), ..filter.clone() },
        Filter { carrier_reference: Some("a1".into()), ..filter.clone() },
        Filter { error: Some("012".into()), ..filter.clone() },
    ]
}

#[tokio::test]
async fn the_next_block_is_found_along_the_messages() {
    let database = Database::new();
    let _store = database.node(1).await;
    walks(&plan(&database, search::NEXT, "0, 9223372036854775807, 4").await);
}

#[tokio::test]
async fn no_list_is_sorted() {
    let database = Database::new();
    let _store = database.node(1).await;
    seen_empty(&database);
    for state in State::ALL.into_iter().map(Some).chain([None]) {
        for viewer in [Viewer::Everything, Viewer::Account(AccountId(1))] {
            for filter in narrowed(&Filter { state, ..Filter::all(viewer, 50) }) {
                let query = list::query(&filter);
                let values = "0, 9223372036854775807, 1, 1, 'r', 2, 50, 'Shop', 1, 'a1', '012', 'x'";
                let plan = plan(&database, &query, values).await;
                walks(&plan);
                // What was found, a page at most, may be sorted for showing; the candidates may not.
                let found = plan.split("CTE found").nth(1).unwrap_or_default();
                let found: String = found
                    .lines()
                    .skip(1)
                    .take_while(|line| line.starts_with("    "))
                    .collect::<Vec<_>>()
                    .join("\n");
                let is_sorted =
                    ["->  Sort", "->  Incremental Sort", "Gather"].iter().any(|sort| found.contains(sort));
                assert!(found.contains("Limit") && !is_sorted, "{query}: {plan}");
                let by_account = viewer.account().is_some() && state != Some(State::Queued);
                assert_eq!(found.contains("account_id_idx"), by_account, "{query}: {plan}");
            }
            for filter in narrowed(&Filter { state, ..Filter::all(viewer, 50) }) {
                walks(&plan(&database, &list::bound(&filter), "0, 9223372036854775807, 1").await);
            }
        }
    }
}

#[tokio::test]
async fn what_is_taken_is_found_in_its_order() {
    let database = Database::new();
    let _store = database.node(1).await;
    seen_empty(&database);
    for (free, index, values) in [
        (chores::BEHIND, "queue_free", "1, 7, 1::smallint, 1, 9, 1, 50"),
        (chores::RUN_OUT, "queue_free_expires", "1, 9, 50"),
    ] {
        let plan = plan(&database, &free.sql(), values).await;
        walks(&plan);
        assert!(plan.contains(&format!("Index Scan using {index} on queue f")), "{plan}");
        let free =
            plan.split("CTE free").nth(1).and_then(|rest| rest.split("CTE own").next()).unwrap_or_default();
        assert!(free.contains("Limit") && !free.contains("Sort"), "{plan}");
    }
    for (sql, index, values) in [
        (find::query(), "waiting_pkey", "'{7}', '{a1}'"),
        (notices::TAKE.into(), "notice_free", "1, -1, 9, 50"),
        (notices::NEXT.into(), "notice_free", "-1"),
        (chores::UNHEARD.into(), "waiting_message", "1, 'a1', 9, 7, 9, 50"),
    ] {
        let plan = plan(&database, &sql, values).await;
        walks(&plan);
        assert!(plan.contains(index), "{plan}");
    }
}

#[tokio::test]
async fn what_is_recorded_is_found_by_its_index() {
    let database = Database::new();
    let _store = database.node(1).await;
    seen_empty(&database);
    let (leave, put) = (hands::leave(), hands::put());
    for (sql, index, values) in [
        (hands::ENDED, "queue_pkey", "'{1}'"),
        (&*leave, "queue_pkey", "'{1}', 1, '{}'"),
        (&*leave, "waiting_message", "'{1}', 1, '{}'"),
        (&*put, "queue_pkey", "'{1}', 1, '{7}', '{9}', '{1}', '{0}', '{f}'"),
        (record::RENAME, "waiting_pkey", "'{7}', '{a}', '{1}', '{0}'"),
        (record::PART, "waiting_pkey", "'{1}', '{0}', '{2}', '{a}', '{9}', '{7}', '{a}'"),
        (record::ARRIVE, "waiting_pkey", "'{7}', '{a}'"),
        (record::FORGET, "waiting_message", "'{1}'"),
        (gathered::LOCK, "waiting_message", "'{1}'"),
        (gathered::ARRIVE, "waiting_pkey", "'{7}', '{a}'"),
        (gathered::GATHER, "waiting_message", "'{1}'"),
        (parking::UNPARK, "parked_upstream", "'{7}', '{a}'"),
        (told::DONE, "notice_pkey", "'{1}', '{1}'"),
        (told::AGAIN, "notice_pkey", "'{1}', '{1}', '{1}', '{1}'"),
    ] {
        let plan = plan(&database, sql, values).await;
        walks(&plan);
        assert!(plan.contains(index), "{plan}");
    }
    let outcome = "'{2}', '{7}', '{a}', '{e}', '{1}', '{1}', '{1}', '{f}', '{f}'";
    let notice = "'{1}', '{1}', '{0}', '{1}', '{1}', '{t}', 1";
    let end = plan(&database, &record::end(false), &format!("'{{1}}', {outcome}, {notice}")).await;
    let values = format!("'{{1}}', 1, '{{}}', '{{}}', {outcome}, {notice}");
    let verdict = plan(&database, &hands::verdict(false), &values).await;
    for plan in [end, verdict] {
        assert!(plan.contains("hashed SubPlan") && plan.contains("waiting_message"), "{plan}");
        walks(&plan);
    }
    database.sql("SELECT make_day(531)");
    let days = Days::of(&[531 * DAY]).unwrap();
    for (sql, values) in [(hands::taken_over(days), "'{1}', '{f}'"), (hands::overdue_copies(days), "'{1}'")] {
        let plan = plan(&database, &sql, values).await;
        walks(&plan);
        assert!(plan.contains("waiting_message"), "{plan}");
    }
}

/// A lease steps over what is not due and over accounts that are left out, however much that is.
#[tokio::test]
async fn a_lease_goes_from_account_to_account() {
    let database = Database::new();
    let _store = database.node(1).await;
    seen_empty(&database);
    // Of account 1 nothing is due, account 2 is left out, account 3 has three messages that are due.
    database.sql(
        "INSERT INTO queue SELECT n, 7, 1 + n % 2, 1, CASE n % 2 WHEN 0 THEN 99 ELSE 1 END, 99, 0, 0, false, 0 \
         FROM generate_series(1, 20000) AS n; \
         INSERT INTO queue SELECT n, 7, 3, 1, 1, 99, 0, 0, false, 0 FROM generate_series(30001, 30003) AS n",
    );
    let link = Connector::new(&database.url(), 1).unwrap().connect(Purpose::Writing).await.unwrap();
    let values: [Value<'_>; 9] =
        [&1i16, &7i64, &9i64, &2i64, &2i64, &0i64, &256i32, &vec![1i64 << 32 | 2], &3i16];
    let read = "SELECT seq_scan, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'queue'";
    let (mut taken, mut reads) = (Vec::new(), Vec::new());
    // After five times the plans are those that are made without knowing the values.
    for _ in 0..7 {
        link.script("BEGIN").await.unwrap();
        taken = link.query(lease::LEASE, &values).await.unwrap();
        reads = link.query(read, &[]).await.unwrap();
        link.script("ROLLBACK").await.unwrap();
    }
    let taken: Vec<Option<i64>> = taken.iter().map(|row| row.get(0)).collect();
    assert_eq!(taken, [Some(30001), Some(30002)]);
    let (scans, rows): (i64, i64) = (reads[0].get(0), reads[0].get(1));
    // Counts of the transactions before may be in it.
    assert!(scans == 0 && rows < 100, "{scans} scans, {rows} rows");
}
