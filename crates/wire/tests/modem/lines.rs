//! Fields of lines, and errors.

use postrider_wire::modem::fields::{after, numbers, split};
use postrider_wire::modem::{Cme, Cms, Final};

#[test]
fn fields_are_split_at_commas_outside_quotes_and_brackets() {
    for (line, fields) in [
        ("1,\"a,b\",15", vec!["1", "a,b", "15"]),
        ("(0-2),(0,1),(0)", vec!["(0-2)", "(0,1)", "(0)"]),
        ("\"SM\", 3", vec!["SM", "3"]),
        (",24", vec!["", "24"]),
        ("", vec![""]),
        ("\"open,1", vec!["\"open,1"]),
    ] {
        assert_eq!(split(line), fields, "{line}");
    }
    assert_eq!(after("+CSQ: 23,99", "+CSQ"), Some("23,99"));
    assert_eq!(after("+CSQN: 23", "+CSQ"), None);
}

#[test]
fn lists_of_numbers_have_ranges() {
    for (list, expected) in [
        ("(0-2)", vec![0, 1, 2]),
        ("(0,2-3)", vec![0, 2, 3]),
        ("1", vec![1]),
        ("(a,1)", vec![1]),
        ("()", vec![]),
        ("(3-1)", vec![]),
    ] {
        assert_eq!(numbers(list), expected, "{list}");
    }
}

#[test]
fn final_results_are_told_from_other_lines() {
    for (line, result) in [
        ("OK", Some(Final::Ok)),
        ("ERROR", Some(Final::Error)),
        ("COMMAND NOT SUPPORT", Some(Final::Error)),
        ("+CMS ERROR: 331", Some(Final::Cms(Cms(331)))),
        ("+CMS ERROR:38", Some(Final::Cms(Cms(38)))),
        ("+CMS ERROR: no network service", Some(Final::Cms(Cms(331)))),
        ("+CME ERROR: SIM PIN required", Some(Final::Cme(Cme::PIN))),
        ("+CME ERROR: Something else", Some(Final::Error)),
        ("OKAY", None),
        ("+CMGS: 5", None),
    ] {
        assert_eq!(Final::read(line), result, "{line}");
    }
    assert_eq!(Cms(331).to_string(), "CMS 331 no network service");
    assert_eq!(Cms(513).to_string(), "CMS 513");
    assert_eq!(Cme::WRONG_PASSWORD.to_string(), "CME 16 incorrect password");
}
