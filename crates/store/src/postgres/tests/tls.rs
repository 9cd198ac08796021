//! Only a server that can prove who it is is spoken to.

use crate::conformance::cluster::Cluster;
use crate::postgres::{Postgres, Settings};
use postrider_core::contract::Store;

#[tokio::test]
async fn a_server_is_believed_only_if_its_authority_is() {
    let cluster = Cluster::start();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".into(), "127.0.0.1".into()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    cluster.put("server.crt", &certificate.pem());
    cluster.put("server.key", &key.serialize_pem());
    cluster.set("ssl", "on");
    cluster.stop();
    cluster.start_again();
    let plain = cluster.url("postgres");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), certificate.pem()).unwrap();

    let trusted = plain
        .replace("sslmode=disable", &format!("sslmode=verify-full&sslrootcert={}", file.path().display()));
    let store = Postgres::open(&trusted, Settings::default()).await.unwrap();
    let encrypted = cluster.sql(
        "postgres",
        "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'postrider%'",
    );
    assert_eq!(encrypted.trim(), "t");
    store.close().await;

    let untrusted = plain.replace("sslmode=disable", "sslmode=require");
    let Err(error) = Postgres::open(&untrusted, Settings::default()).await else { panic!("it was believed") };
    assert!(error.to_string().contains("its certificate is not trusted"), "{error}");
    assert!(error.help().unwrap().contains("sslrootcert="), "{error}");
    // As PostgreSQL's own manual makes one: an authority for itself, with a name and no addresses.
    let (key, mut own) = (rcgen::KeyPair::generate().unwrap(), rcgen::CertificateParams::default());
    own.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let own = own.self_signed(&key).unwrap();
    cluster.put("server.crt", &own.pem());
    cluster.put("server.key", &key.serialize_pem());
    cluster.reload();
    let is_refused = Postgres::open(&trusted, Settings::default()).await;
    assert!(is_refused.is_err(), "another certificate was believed");
    std::fs::write(file.path(), own.pem()).unwrap();
    Postgres::open(&trusted, Settings::default()).await.unwrap().close().await;
    let missing = plain.replace("sslmode=disable", "sslmode=require&sslrootcert=/nowhere.pem");
    let Err(error) = Postgres::open(&missing, Settings::default()).await else { panic!("it opened") };
    assert!(error.to_string().contains("/nowhere.pem"), "{error}");
}
