//! A price list made of costs: the cheapest of several upstreams for each rate, and so much more.

use super::{Amount, Rate, Rated, Scope, Service, Subject, Tariff, day_of, rates};
use crate::message::Class;
use crate::money::Currency;
use crate::sender::SenderKind;
use crate::time::Time;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::str::FromStr;

/// What is added to costs, in hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(u32);

/// The highest percent that is added.
const PERCENT_MAX: u32 = 1_000;
/// The whole of it, in hundredths of a percent.
const WHOLE: i64 = 10_000;

/// A text that is no percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write 0 to {PERCENT_MAX} with at most two decimals, such as 12.5")]
pub struct NotAPercent;

impl FromStr for Percent {
    type Err = NotAPercent;

    fn from_str(text: &str) -> Result<Self, NotAPercent> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 2 {
            return Err(NotAPercent);
        }
        let part: u32 = format!("{part:0<2}").parse().map_err(|_| NotAPercent)?;
        let whole = whole.parse::<u32>().ok().filter(|whole| *whole <= PERCENT_MAX).ok_or(NotAPercent)?;
        Ok(Self(whole * 100 + part))
    }
}

impl Percent {
    /// The cost and this, rounded up to a millionth: nothing is sold below cost.
    fn added_to(self, cost: Amount) -> Option<Amount> {
        let raised = i128::from(cost.0) * i128::from(WHOLE + i64::from(self.0));
        let rounded = (raised + i128::from(WHOLE) - 1) / i128::from(WHOLE);
        i64::try_from(rounded).ok().map(Amount)
    }
}

/// Why no price list can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDerived {
    /// One of the tariffs can't be read.
    #[error("the tariff '{0}' can't be read: {1}")]
    Unreadable(Box<str>, Box<str>),
    /// Two tariffs are in different currencies.
    #[error("the tariff '{0}' is in {1}, and the ones before are in {2}: a price list has one currency")]
    Currencies(Box<str>, Currency, Currency),
    /// There is no tariff.
    #[error("name a tariff at least")]
    Nothing,
}

/// Rates of a tariff, and what finds them.
type Source = (Vec<Rate>, Tariff);

/// The price list, as CSV: a row for each prefix, network and country (MCC) that one of these tariffs names, from today on and at each
/// day that changes it. A tariff that names a shorter prefix alone counts by that.
///
/// # Errors
/// What [`NotDerived`] names.
pub fn derived(sources: &[(&str, &[u8])], percent: Percent, now: Time) -> Result<Vec<u8>, NotDerived> {
    let (sources, currency) = read(sources)?;
    let today = day_of(now);
    let all = || sources.iter().flat_map(|(rates, _)| rates);
    let days: BTreeSet<u32> = all().map(|rate| rate.from.max(today)).chain([today]).collect();
    let all_rated: BTreeSet<Rated> = all().map(|rate| rate.rated).collect();
    // The columns stand where they are needed, so that a list of all messages alike has none.
    let has_scopes = all().any(|rate| rate.rated.scope != Scope::default());
    let columns = if has_scopes { ",service,class,sender,from_parts" } else { "" };
    let mut csv = format!("prefix,mccmnc,price,currency,valid_from{columns}\n");
    for rated in all_rated {
        let mut before = None;
        for day in &days {
            let cheapest = sources.iter().filter_map(|source| cost(source, rated, *day)).min();
            let Some(price) = cheapest.and_then(|cost| percent.added_to(cost)) else { continue };
            if before.replace(price) != Some(price) {
                let from = (*day != today).then_some(*day);
                write(&mut csv, rated, (price, currency), from, has_scopes);
            }
        }
    }
    Ok(csv.into_bytes())
}

fn read(sources: &[(&str, &[u8])]) -> Result<(Vec<Source>, Currency), NotDerived> {
    let (mut read, mut first) = (Vec::new(), None);
    for (name, octets) in sources {
        let unreadable = |why: String| NotDerived::Unreadable((*name).into(), why.into());
        let (rates, currency) = rates(octets).map_err(|mistakes| unreadable(mistakes.to_string()))?;
        let of_first = *first.get_or_insert(currency);
        if currency != of_first {
            return Err(NotDerived::Currencies((*name).into(), currency, of_first));
        }
        let tariff = Tariff::of(&rates, currency);
        read.push((rates, tariff));
    }
    Ok((read, first.ok_or(NotDerived::Nothing)?))
}

/// The cost of a part for a subject on a day.
fn cost((rates, tariff): &Source, rated: Rated, day: u32) -> Option<Amount> {
    // The rate itself, and else one of a shorter prefix. Rates are in order.
    let own = rates.partition_point(|rate| (rate.rated, rate.from) <= (rated, day));
    let own = own.checked_sub(1).and_then(|place| rates.get(place)).filter(|rate| rate.rated == rated);
    own.map(|rate| rate.price).or_else(|| tariff.find_rated(rated, day))
}

fn write(
    csv: &mut String,
    Rated { scope, subject }: Rated,
    (price, currency): (Amount, Currency),
    from: Option<u32>,
    has_scopes: bool,
) {
    let (prefix, network) = match subject {
        Subject::Prefix(..) => (subject.to_string(), String::new()),
        Subject::Network(_) | Subject::Country(_) => (String::new(), subject.to_string()),
    };
    let date = |day: u32| {
        Timestamp::from_second(i64::from(day) * 86_400).ok().map(|at| at.strftime("%F").to_string())
    };
    let from = from.and_then(date).unwrap_or_default();
    let _ = write!(csv, "{prefix},{network},{price},{currency},{from}");
    if has_scopes {
        let service = if scope.service == Service::Outbound { "" } else { scope.service.word() };
        let (class, sender) =
            (scope.class.map_or("", Class::word), scope.sender.map_or("", SenderKind::word));
        let volume = if scope.volume == 0 { String::new() } else { scope.volume.to_string() };
        let _ = write!(csv, ",{service},{class},{sender},{volume}");
    }
    csv.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn derive(sources: &[&str], percent: &str, day: i64) -> Result<String, NotDerived> {
        let named: Vec<(&str, &[u8])> = sources.iter().map(|text| ("costs", text.as_bytes())).collect();
        let csv = derived(&named, percent.parse().unwrap(), Time(day * DAY))?;
        Ok(String::from_utf8(csv).unwrap().lines().skip(1).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn each_rate_is_that_of_the_cheapest_and_so_much_more() {
        let one = "prefix,mccmnc,price,currency\n*,,0.1,EUR\n44,,0.05,EUR\n4477,,0.03,EUR\n,23410,0.02,EUR\n";
        let other = "prefix,price,currency,valid_from\n44,0.04,EUR,\n49,0.07,EUR,\n44,0.01,EUR,1970-03-01\n";
        assert_eq!(
            derive(&[one, other], "20", 0).unwrap(),
            ",23410,0.024,EUR, *,,0.12,EUR, 44,,0.048,EUR, 44,,0.012,EUR,1970-03-01 4477,,0.036,EUR, \
             4477,,0.012,EUR,1970-03-01 49,,0.084,EUR,"
        );
        assert_eq!(
            derive(&[other], "0", 100).unwrap(),
            "44,,0.01,EUR, 49,,0.07,EUR,",
            "what was before is gone"
        );
        assert_eq!(
            derive(&["prefix,price,currency\n44,0.000001,EUR\n"], "0.01", 0).unwrap(),
            "44,,0.000002,EUR,"
        );
        let of_class = "prefix,price,currency,class\n44,0.05,EUR,\n44,0.03,EUR,otp\n";
        assert_eq!(derive(&[of_class], "100", 0).unwrap(), "44,,0.10,EUR,,,,, 44,,0.06,EUR,,,otp,,");
        let scopes = "prefix,price,currency,service,sender,from_parts\n44,0.05,EUR,,,\n44,0.04,EUR,,short_code,9\n44,0.01,EUR,inbound,,\n";
        assert_eq!(
            derive(&[scopes], "0", 0).unwrap(),
            "44,,0.05,EUR,,,,, 44,,0.04,EUR,,,,short_code,9 44,,0.01,EUR,,inbound,,,"
        );
        let read = Tariff::read(&derived(&[("one", one.as_bytes())], Percent(0), Time(0)).unwrap()).unwrap();
        assert_eq!(read.len(), 4, "it can be imported");
    }

    #[test]
    fn different_currencies_are_not_compared() {
        let euros = "prefix,price,currency\n44,0.05,EUR\n";
        let dollars = "prefix,price,currency\n44,0.05,USD\n";
        let told = derive(&[euros, dollars], "20", 0).unwrap_err().to_string();
        assert!(told.contains("is in USD"), "{told}");
        assert_eq!(derive(&[], "20", 0), Err(NotDerived::Nothing));
    }

    #[test]
    fn a_percent_has_two_decimals() {
        for (text, percent) in
            [("0", Some(0)), ("20", Some(2_000)), ("12.5", Some(1_250)), ("0.25", Some(25))]
        {
            assert_eq!(text.parse().ok(), percent.map(Percent), "{text}");
        }
        for wrong in ["", "-1", "1.", ".5", "1.234", "1001", "ten", "1e3"] {
            assert_eq!(wrong.parse::<Percent>(), Err(NotAPercent), "{wrong}");
        }
    }
}
