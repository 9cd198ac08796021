//! The schema, and who may bring a database to it.

use super::Database;
use crate::copy::tables::TABLES;
use crate::postgres::{OpenError, Postgres, Settings};

#[tokio::test]
async fn a_database_of_a_later_version_is_left_alone() {
    let database = Database::empty();
    drop(database.node(1).await);
    database.sql("UPDATE schema_version SET version = 99");
    let Err(error) = Postgres::open(&database.url(), Settings::default()).await else { panic!("it opened") };
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
}

#[tokio::test]
async fn nodes_that_open_at_once_make_one_schema() {
    let database = Database::empty();
    let (one, two, three) = tokio::join!(database.node(1), database.node(2), database.node(3));
    drop((one, two, three));
    let known = crate::postgres::schema::MIGRATIONS.len();
    assert_eq!(database.sql("SELECT version FROM schema_version"), known.to_string());
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_text_is_refused() {
    let cluster = super::cluster();
    cluster.sql("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    let Err(error) = Postgres::open(&cluster.url("latin"), Settings::default()).await else {
        panic!("it opened")
    };
    assert!(matches!(&error, OpenError::Encoding(found) if found == "LATIN1"), "{error}");
    assert!(error.help().unwrap().contains("ENCODING 'UTF8'"), "{error}");
    assert_eq!(
        cluster.sql("latin", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").trim(),
        "0"
    );
}

/// A dump that was restored without its search path is not taken for an empty store.
#[tokio::test]
async fn a_store_in_another_schema_is_not_taken_for_none() {
    let database = Database::empty();
    drop(database.node(1).await);
    database.sql("ALTER SCHEMA public RENAME TO sms; CREATE SCHEMA public AUTHORIZATION postrider");
    let Err(error) = Postgres::open(&database.url(), Settings::default()).await else { panic!("it opened") };
    let is_told =
        matches!(&error, OpenError::Elsewhere { here, there } if (&**here, &**there) == ("public", "sms"));
    assert!(is_told && error.help().unwrap().contains("search_path"), "{error}");
    assert_eq!(database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
    // In this database alone: others have tests of their own at the same time.
    database.sql(&format!("ALTER ROLE postrider IN DATABASE {} SET search_path = sms", database.0));
    drop(database.node(1).await);
}

/// What is wrong, where, and what to do, without the password.
#[tokio::test]
async fn what_cannot_be_opened_is_told_with_what_to_do() {
    let cluster = super::cluster();
    cluster.sql("postgres", "CREATE ROLE guest LOGIN PASSWORD 'throw-away'");
    cluster.sql("postgres", "CREATE ROLE alone LOGIN PASSWORD 'throw-away' CONNECTION LIMIT 0");
    cluster.create("of_others");
    cluster.create("for_reading");
    cluster.sql("postgres", "ALTER DATABASE for_reading SET default_transaction_read_only = on");
    let url = cluster.url("of_others");
    let port = url.split(['/', ':']).find(|piece| piece.parse::<u16>().is_ok()).unwrap().to_owned();
    let (server, as_user) =
        (format!("127.0.0.1:{port}"), |user: &str| url.replace("//postrider", &format!("//{user}")));
    let cases = [
        (cluster.url("nonexistent"), vec!["nonexistent", &server], "CREATE DATABASE"),
        (url.replace("throw-away", "wrong-one"), vec!["password", &server], "%40"),
        (url.replace(":throw-away", ""), vec!["password", &server], "user:password@"),
        (as_user("guest"), vec!["permission denied"], "owner"),
        (as_user("alone"), vec!["too many connections", &server], "CONNECTION LIMIT"),
        (url.replace(&port, "1"), vec!["127.0.0.1:1", "refused"], "listens"),
        (cluster.url("for_reading"), vec!["only be read", &server], "db1,db2"),
        (url.replace("sslmode=disable", "sslmode=require"), vec!["TLS", &server], "sslmode=disable"),
    ];
    for (url, wanted, help) in cases {
        let Err(error) = Postgres::open(&url, Settings::default()).await else { panic!("it opened") };
        let words = error.to_string();
        assert!(wanted.iter().all(|wanted| words.contains(wanted)), "{words}");
        assert!(error.help().is_some_and(|said| said.contains(help)), "{words}: {:?}", error.help());
        assert!(!words.contains("throw-away") && !words.contains("wrong-one"), "{words}");
    }
}

#[tokio::test]
async fn the_tables_are_those_that_are_declared() {
    let database = Database::empty();
    let _store = database.node(1).await;
    for table in &TABLES {
        let columns = database.sql(&format!(
            "SELECT column_name || ' ' || data_type FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = '{}' ORDER BY ordinal_position",
            table.name
        ));
        let declared = table.columns().map(|column| format!("{} {}", column.name, column.kind.postgres()));
        assert_eq!(columns.lines().collect::<Vec<_>>(), declared.collect::<Vec<_>>(), "{}", table.name);
    }
}
