//! The tables that messages pass through are vacuumed long before the database itself would.

use super::Database;
use crate::postgres::open::Purpose;
use crate::postgres::vacuum::vacuum;
use postrider_core::contract::Store;
use std::time::Duration;

/// Leaves more dead rows than may stay.
fn litter(database: &Database) {
    database.sql("INSERT INTO notice SELECT -1, n, 0, 0, 0, 1 FROM generate_series(1, 40000) AS n");
    database.sql("DELETE FROM notice");
}

#[tokio::test]
async fn dead_rows_go_within_seconds() {
    let database = Database::new();
    let store = database.node(1).await;
    // The database's own vacuuming, which comes by once a minute, would take the work away.
    database.sql("ALTER TABLE notice SET (autovacuum_enabled = false)");
    litter(&database);
    let vacuumed = async {
        let manual =
            "SELECT vacuum_count > 0 AND n_dead_tup = 0 FROM pg_stat_user_tables WHERE relname = 'notice'";
        while database.sql(manual) != "t" {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(200), vacuumed).await.expect("dead rows are left");
    store.close().await;
}

#[tokio::test]
async fn what_a_long_transaction_holds_on_to_is_not_vacuumed_again_and_again() {
    let database = Database::new();
    let store = database.node(1).await;
    let report = store.connector.connect(Purpose::Reading).await.unwrap();
    report.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM notice").await.unwrap();
    litter(&database);
    assert!(!vacuum(&store.connector, &store.reader).await.unwrap());
    report.script("COMMIT").await.unwrap();
    assert!(vacuum(&store.connector, &store.reader).await.unwrap());
    store.close().await;
}
