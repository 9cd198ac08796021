//! The schema, and who may bring a database to it.

use super::Database;
use crate::postgres::{OpenError, Postgres, Settings};

#[tokio::test]
async fn a_database_of_a_later_version_is_left_alone() {
    let database = Database::new();
    drop(database.node(1).await);
    database.sql("UPDATE schema_version SET version = 99");
    let Err(error) = Postgres::open(&database.url(), Settings::default()).await else { panic!("it opened") };
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
}

#[tokio::test]
async fn nodes_that_open_at_once_make_one_schema() {
    let database = Database::new();
    let (one, two, three) = tokio::join!(database.node(1), database.node(2), database.node(3));
    drop((one, two, three));
    let known = crate::postgres::schema::MIGRATIONS.len();
    assert_eq!(database.sql("SELECT version FROM schema_version"), known.to_string());
}

#[tokio::test]
async fn what_is_no_database_is_refused_in_words() {
    let url = super::cluster().url("nonexistent");
    let Err(error) = Postgres::open(&url, Settings::default()).await else { panic!("it opened") };
    let words = error.to_string();
    assert!(words.contains("nonexistent") && !words.contains("throw-away"), "{words}");
    let wrong = url.replace("throw-away", "wrong-one");
    let Err(error) = Postgres::open(&wrong, Settings::default()).await else { panic!("it opened") };
    assert!(error.to_string().contains("password") && !error.to_string().contains("wrong-one"), "{error}");
}
