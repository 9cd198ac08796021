//! Names and addresses.

use super::*;

#[test]
fn a_table_has_a_name_that_needs_no_quotes() {
    for (name, quoted) in [
        ("sms_outbox", Some("\"sms_outbox\"")),
        ("app.Outbox2", Some("\"app\".\"Outbox2\"")),
        ("", None),
        ("2nd", None),
        ("a.b.c", None),
        ("a b", None),
        ("a\"b", None),
        ("a;drop", None),
    ] {
        let read = name.parse::<TableName>();
        assert_eq!(read.as_ref().ok().map(TableName::quoted), quoted, "{name}");
    }
}

#[test]
fn an_address_is_of_one_of_two_databases() {
    for (address, is_right) in [
        ("postgres://u:p@h/db", true),
        ("postgresql://u@h/db?sslmode=require", true),
        ("sqlite:app.db", true),
        ("sqlite:/var/lib/app.db", true),
        ("sqlite:", false),
        ("mysql://u:p@h/db", false),
        ("postgres://u:p@h/db?nonsense=1", false),
        ("", false),
    ] {
        assert_eq!(check_address(address).is_ok(), is_right, "{address}");
    }
    let table = "t".parse().unwrap();
    assert!(open("mysql://u:p@h/db", Path::new(""), &table, 0).is_err());
}
