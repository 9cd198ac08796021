//! Tariffs: tables of prices, or costs, by service, class of message, type of sender and volume, by network and by prefix.

mod derived;
mod losses;
mod scope;

pub use derived::{NotAPercent, NotDerived, Percent, derived};
pub use losses::{LOSSES_SHOWN, Loss, Losses, Side};
pub use scope::{Scope, Service};

use super::{Amount, Currency, NotACurrency};
use crate::csv::{self, CsvMistake, CsvMistakes, Row, Wrong, both_codes, day};
use crate::message::Class;
use crate::number::Number;
use crate::numbering::{Dated, DatedPrefixes, NetworkCode, NotAPrefix, Prefix, day_of};
use crate::route::NetworkMatch;
use crate::sender::SenderKind;
use crate::time::Time;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// The columns that a tariff may have.
pub const TARIFF_HEADER: &str =
    "prefix,mccmnc,name,price,currency,valid_from,service,class,sender,from_parts";
/// The most rates of a tariff.
pub const RATES_MAX: usize = 5_000_000;
/// The most combinations of service, class, type of sender and volume that a tariff has rates for.
const SCOPES_MAX: usize = 100;
/// The digits that most numbers have.
const NUMBER_DIGITS: u8 = 12;
/// The highest price of a part: a million units.
const PRICE_MAX: Amount = Amount(1_000_000_000_000);

/// A table of prices of a part, or of a look-up. What is said of a class of messages, then of a type of sender, then of the highest volume
/// that is reached, goes before what is said of all. Of these, what is said of a network decides, then what is said of its country (MCC),
/// then the longest prefix; of each the newest that holds already.
pub struct Tariff {
    currency: Currency,
    /// Those that say more of what they are for are first.
    tables: Vec<(Scope, Table)>,
    rates: usize,
}

/// Prices of one scope.
#[derive(Default)]
struct Table {
    networks: HashMap<NetworkCode, Box<[(u32, Amount)]>>,
    countries: HashMap<u16, Box<[(u32, Amount)]>>,
    prefixes: DatedPrefixes<Amount>,
}

/// Shown as its size: rates may be millions.
impl fmt::Debug for Tariff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tariff({} rates in {})", self.rates, self.currency)
    }
}

/// What a rate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Rated {
    scope: Scope,
    subject: Subject,
}

impl fmt::Display for Rated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.subject, self.scope)
    }
}

/// Where a rate is for. A prefix stands by its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Subject {
    Network(NetworkCode),
    Country(u16),
    Prefix((u64, u8), Prefix),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(code) => code.fmt(f),
            Self::Country(mcc) => mcc.fmt(f),
            Self::Prefix(_, prefix) if *prefix == Prefix::NONE => f.write_str("*"),
            Self::Prefix(_, prefix) => prefix.fmt(f),
        }
    }
}

/// A rate as a row says it.
#[derive(Clone, Copy, Debug)]
struct Rate {
    rated: Rated,
    from: u32,
    price: Amount,
    line: u32,
}

impl Tariff {
    /// Reads a tariff from CSV.
    ///
    /// # Errors
    /// All that is wrong with it, by lines. Then nothing of it is taken.
    pub fn read(octets: &[u8]) -> Result<Self, CsvMistakes> {
        let (rates, currency) = rates(octets)?;
        Ok(Self::of(&rates, currency))
    }

    fn of(rates: &[Rate], currency: Currency) -> Self {
        // Rates are in order, so that those of one scope stand together.
        let of_scope = rates.chunk_by(|one, other| one.rated.scope == other.rated.scope);
        let mut tables: Vec<(Scope, Table)> =
            of_scope.filter_map(|rates| Some((rates.first()?.rated.scope, Table::of(rates)))).collect();
        tables.sort_by_key(|(scope, _)| scope.precedence());
        Self { currency, tables, rates: rates.len() }
    }

    /// The price of what is asked for with this number, in this network if it is known, at this time.
    #[must_use]
    pub fn find(
        &self,
        asked: Scope,
        number: Number,
        network: Option<NetworkCode>,
        now: Time,
    ) -> Option<Amount> {
        let today = day_of(now);
        self.tables_for(asked).find_map(|table| table.find(number, network, today))
    }

    /// The price for all that a rate of another tariff is about, on a day; `None` for every number, which no other rate is about.
    fn find_rated(&self, Rated { scope, subject }: Rated, day: u32) -> Option<Amount> {
        self.tables_for(scope).find_map(|table| table.find_subject(subject, day))
    }

    fn tables_for(&self, asked: Scope) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(move |(scope, _)| scope.holds_for(&asked)).map(|(_, table)| table)
    }

    /// Whether it has rates of this service.
    #[must_use]
    pub fn has_prices_of(&self, service: Service) -> bool {
        self.tables.iter().any(|(scope, _)| scope.service == service)
    }

    /// Whether prices depend on how much was sent in the month.
    #[must_use]
    pub fn has_volumes(&self) -> bool {
        self.tables.iter().any(|(scope, _)| scope.volume > 0)
    }

    /// The currency of its prices.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// How many rates it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rates
    }

    /// Whether it has none; one that was read has.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rates == 0
    }
}

impl Table {
    fn of(rates: &[Rate]) -> Self {
        let mut networks: HashMap<NetworkCode, Vec<(u32, Amount)>> = HashMap::new();
        let mut countries: BTreeMap<u16, Vec<(u32, Amount)>> = BTreeMap::new();
        let mut prefixes = Vec::new();
        for Rate { rated, from, price, .. } in rates {
            match rated.subject {
                Subject::Network(code) => networks.entry(code).or_default().push((*from, *price)),
                Subject::Country(mcc) => countries.entry(mcc).or_default().push((*from, *price)),
                Subject::Prefix(_, prefix) => prefixes.push(Dated { prefix, from: *from, value: *price }),
            }
        }
        Self {
            networks: networks.into_iter().map(|(code, prices)| (code, prices.into())).collect(),
            countries: countries.into_iter().map(|(mcc, prices)| (mcc, prices.into())).collect(),
            prefixes: DatedPrefixes::new(prefixes.into_iter()),
        }
    }

    fn find(&self, number: Number, network: Option<NetworkCode>, today: u32) -> Option<Amount> {
        let of_network = network.and_then(|code| newest(self.networks.get(&code)?, today));
        of_network
            .or_else(|| network.and_then(|code| newest(self.countries.get(&code.mcc)?, today)))
            .or_else(|| self.prefixes.find(number, today).map(|(price, _)| price))
    }

    fn find_subject(&self, subject: Subject, day: u32) -> Option<Amount> {
        match subject {
            Subject::Network(code) => self
                .networks
                .get(&code)
                .and_then(|prices| newest(prices, day))
                .or_else(|| newest(self.countries.get(&code.mcc)?, day)),
            Subject::Country(mcc) => newest(self.countries.get(&mcc)?, day),
            Subject::Prefix((start, length), _) => {
                // The first number that begins so, of as many digits as most have.
                let digits = if length > NUMBER_DIGITS { start } else { start / 1_000 };
                self.prefixes.find(Number::from_digits(digits)?, day).map(|(price, _)| price)
            }
        }
    }
}

/// The newest price that holds on a day.
fn newest(prices: &[(u32, Amount)], day: u32) -> Option<Amount> {
    prices.iter().rev().find(|(from, _)| *from <= day).map(|(_, price)| *price)
}

/// The rates of a tariff in CSV, in order, and their currency.
fn rates(octets: &[u8]) -> Result<(Vec<Rate>, Currency), CsvMistakes> {
    let (mut rates, mut currency) = (Vec::new(), None);
    csv::read(octets, RATES_MAX, |row, line| {
        rates.push(rate(row, line, &mut currency)?);
        Ok(())
    })?;
    let none = || CsvMistakes::one(1, None, "the tariff has no rates: write one a line".to_owned());
    let currency = currency.ok_or_else(none)?;
    rates.sort_unstable_by_key(|rate| (rate.rated, rate.from, rate.line));
    twice(&rates)?;
    let scopes = rates.chunk_by(|one, other| one.rated.scope == other.rated.scope).count();
    if scopes > SCOPES_MAX {
        let what = format!(
            "there are {scopes} combinations of service, class, sender and from_parts: at most {SCOPES_MAX} are possible"
        );
        return Err(CsvMistakes::one(1, None, what));
    }
    Ok((rates, currency))
}

/// How many rates a tariff changes of the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateChanges {
    /// Rates that were not there.
    pub new: usize,
    /// Rates that are no more.
    pub gone: usize,
    /// Rates with a higher price.
    pub dearer: usize,
    /// Rates with a lower price.
    pub cheaper: usize,
}

impl RateChanges {
    /// What the tariff `after` changes of the tariff `before`, both in CSV. Rates are the same that have one subject and one day.
    ///
    /// # Errors
    /// When one of them can't be read.
    pub fn of(before: Option<&[u8]>, after: &[u8]) -> Result<Self, CsvMistakes> {
        let before = before.map_or(Ok(Vec::new()), |octets| rates(octets).map(|(rates, _)| rates))?;
        let before: HashMap<(Rated, u32), Amount> =
            before.into_iter().map(|rate| ((rate.rated, rate.from), rate.price)).collect();
        let (after, _) = rates(after)?;
        let (mut changes, mut met) = (Self::default(), 0);
        for Rate { rated, from, price, .. } in after {
            match before.get(&(rated, from)) {
                None => changes.new += 1,
                Some(old) => {
                    met += 1;
                    changes.dearer += usize::from(price > *old);
                    changes.cheaper += usize::from(price < *old);
                }
            }
        }
        changes.gone = before.len() - met;
        Ok(changes)
    }
}

/// The columns, by their names in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Prefix,
    MccMnc,
    Mcc,
    Mnc,
    Name,
    Price,
    Currency,
    ValidFrom,
    Service,
    Class,
    Sender,
    FromParts,
}

impl csv::Column for Column {
    const ALL: &'static [Self] = &[
        Self::Prefix,
        Self::MccMnc,
        Self::Mcc,
        Self::Mnc,
        Self::Name,
        Self::Price,
        Self::Currency,
        Self::ValidFrom,
        Self::Service,
        Self::Class,
        Self::Sender,
        Self::FromParts,
    ];
    const HEADER: &'static str = TARIFF_HEADER;

    fn name(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::MccMnc => "mccmnc",
            Self::Mcc => "mcc",
            Self::Mnc => "mnc",
            Self::Name => "name",
            Self::Price => "price",
            Self::Currency => "currency",
            Self::ValidFrom => "valid_from",
            Self::Service => "service",
            Self::Class => "class",
            Self::Sender => "sender",
            Self::FromParts => "from_parts",
        }
    }

    fn check(columns: &[Self]) -> Result<(), String> {
        for needed in [Self::Price, Self::Currency] {
            if !columns.contains(&needed) {
                return Err(format!("there is no column '{}'", needed.name()));
            }
        }
        let has_subject = [Self::Prefix, Self::MccMnc, Self::Mcc].iter().any(|it| columns.contains(it));
        if has_subject { Ok(()) } else { Err("there is neither a column 'prefix' nor 'mccmnc'".to_owned()) }
    }
}

/// Reads a row. All rows have the currency of the first.
fn rate(row: &Row<'_, Column>, line: u32, currency: &mut Option<Currency>) -> Result<Rate, Wrong> {
    let at = |column: Column, what: String| (Some(csv::Column::name(column)), what);
    let subject = subject(row).map_err(|(column, what)| at(column, what))?;
    let price = row.get(Column::Price).parse::<Amount>().map_err(|why| at(Column::Price, why.to_string()))?;
    if !(Amount::ZERO..=PRICE_MAX).contains(&price) {
        return Err(at(Column::Price, format!("{price} is out of range: write 0 to {PRICE_MAX}")));
    }
    let own = row.get(Column::Currency).parse();
    let own = own.map_err(|why: NotACurrency| at(Column::Currency, why.to_string()))?;
    let first = *currency.get_or_insert(own);
    if own != first {
        let what = format!("{own} is not {first}, which the lines before have: a tariff has one currency");
        return Err(at(Column::Currency, what));
    }
    let from = day(row.get(Column::ValidFrom)).map_err(|what| at(Column::ValidFrom, what))?;
    let scope = scope(row).map_err(|(column, what)| at(column, what))?;
    Ok(Rate { rated: Rated { scope, subject }, from, price, line })
}

/// What the row is for, whatever the number.
fn scope(row: &Row<'_, Column>) -> Result<Scope, (Column, String)> {
    let service = match row.get(Column::Service) {
        "" => Service::Outbound,
        word => Service::from_word(word).ok_or_else(|| {
            (Column::Service, format!("'{word}' is no service: write outbound, inbound or lookup"))
        })?,
    };
    let class = match row.get(Column::Class) {
        "" => None,
        word => Some(Class::from_word(word).ok_or_else(|| (Column::Class, no_class(word)))?),
    };
    let sender = match row.get(Column::Sender) {
        "" => None,
        word => Some(SenderKind::from_word(word).ok_or_else(|| (Column::Sender, no_sender(word)))?),
    };
    let volume = match row.get(Column::FromParts) {
        "" => 0,
        text => text.parse().map_err(|_| (Column::FromParts, format!("'{text}' is no number of parts")))?,
    };
    if service != Service::Outbound {
        let only_outbound = [
            (Column::Class, class.is_some()),
            (Column::Sender, sender.is_some()),
            (Column::FromParts, volume > 0),
        ];
        if let Some((column, _)) = only_outbound.into_iter().find(|(_, is_given)| *is_given) {
            return Err((
                column,
                format!("only outbound rates have this: leave it out of {} ones", service.word()),
            ));
        }
    }
    Ok(Scope { service, class, sender, volume })
}

fn no_class(word: &str) -> String {
    format!(
        "'{word}' is no class: write emergency, otp, transactional or marketing, or nothing for all of them"
    )
}

fn no_sender(word: &str) -> String {
    format!(
        "'{word}' is no type of sender: write alphanumeric, long_number or short_code, or nothing for all of them"
    )
}

/// What the row is about: a network, a country by its MCC, or a prefix; `*` is every number.
fn subject(row: &Row<'_, Column>) -> Result<Subject, (Column, String)> {
    let both = row.get(Column::MccMnc);
    let column = if both.is_empty() { Column::Mcc } else { Column::MccMnc };
    let code = both_codes(both, row.get(Column::Mcc), row.get(Column::Mnc));
    let prefix = row.get(Column::Prefix);
    match (&*code, prefix) {
        ("", "") => Err((Column::Prefix, "write a prefix or a network; '*' is every number".to_owned())),
        ("", "*") => Ok(Subject::Prefix(Prefix::NONE.order(), Prefix::NONE)),
        ("", prefix) => {
            let read = prefix.strip_prefix('+').unwrap_or(prefix).parse::<Prefix>();
            let read = read.map_err(|why: NotAPrefix| (Column::Prefix, why.to_string()))?;
            Ok(Subject::Prefix(read.order(), read))
        }
        (code, "") => match code.parse() {
            Ok(NetworkMatch::Network(code)) => Ok(Subject::Network(code)),
            Ok(NetworkMatch::Country(mcc)) => Ok(Subject::Country(mcc)),
            Err(why) => Err((column, format!("{why}, or an MCC alone"))),
        },
        (code, prefix) => {
            let what = format!("a rate is for a prefix or a network: leave out '{prefix}' or '{code}'");
            Err((Column::Prefix, what))
        }
    }
}

/// Rates of one subject and one day.
fn twice(rates: &[Rate]) -> Result<(), CsvMistakes> {
    let pairs = rates.iter().zip(rates.iter().skip(1));
    let same = pairs.filter(|(one, other)| (one.rated, one.from) == (other.rated, other.from));
    let mut mistakes = CsvMistakes::default();
    for (before, Rate { rated, line, .. }) in same {
        let column = if matches!(rated.subject, Subject::Prefix(..)) { "prefix" } else { "mccmnc" };
        let what = format!("{rated} has a price already, in line {}: leave one of them out", before.line);
        mistakes.note(CsvMistake { line: *line, column: Some(column), what });
    }
    mistakes.none()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60 * 1000;

    #[test]
    fn a_network_decides_then_its_country_then_the_longest_prefix() {
        let tariff = Tariff::read(
            b"prefix,mccmnc,name,price,currency,valid_from\n*,,,0.1,EUR,\n44,,UK,0.05,eur,\n4477,,,0.04,EUR,\n\
              4477,,,0.045,EUR,1970-01-11\n,23410,O2,0.03,EUR,\n,234-10,,0.035,EUR,1970-01-11\n,234,,0.02,EUR,1970-01-21\n",
        )
        .unwrap();
        assert_eq!((tariff.currency().code(), tariff.len()), ("EUR", 7));
        for (number, network, day, price) in [
            ("+447700900123", None, 0, "0.04"),
            ("+447700900123", None, 10, "0.045"),
            ("+442071234567", None, 10, "0.05"),
            ("+15005550006", None, 0, "0.10"),
            ("+447700900123", Some("23410"), 0, "0.03"),
            ("+447700900123", Some("23410"), 10, "0.035"),
            ("+447700900123", Some("23430"), 0, "0.04"),
            ("+447700900123", Some("23430"), 20, "0.02"),
        ] {
            let network = network.map(|code| code.parse().unwrap());
            let number_read = Number::parse(number).unwrap();
            let found = tariff.find(
                Scope::outbound(Class::Transactional, None),
                number_read,
                network,
                Time(day * DAY),
            );
            assert_eq!(found.map(|it| it.to_string()).as_deref(), Some(price), "{number} {network:?} {day}");
        }
        let one = Tariff::read(b"prefix;price;currency\r\n44;0.05;GBP\r\n").unwrap();
        assert_eq!(
            one.find(
                Scope::outbound(Class::Otp, None),
                Number::parse("+15005550006").unwrap(),
                None,
                Time(0)
            ),
            None
        );
    }

    #[test]
    fn a_class_has_prices_of_its_own_before_those_of_all() {
        let tariff = Tariff::read(
            b"prefix,mccmnc,price,currency,class\n44,,0.05,EUR,\n49,,0.07,EUR,\n,23410,0.04,EUR,\n\
              44,,0.03,EUR,marketing\n4477,,0.06,EUR,otp\n",
        )
        .unwrap();
        for (class, number, network, price) in [
            (Class::Transactional, "+447700900123", None, "0.05"),
            (Class::Otp, "+447700900123", None, "0.06"),
            (Class::Otp, "+447600900123", None, "0.05"),
            (Class::Otp, "+4915112345678", None, "0.07"),
            (Class::Marketing, "+447700900123", Some("23410"), "0.03"),
            (Class::Transactional, "+447700900123", Some("23410"), "0.04"),
        ] {
            let network = network.map(|code| code.parse().unwrap());
            let found =
                tariff.find(Scope::outbound(class, None), Number::parse(number).unwrap(), network, Time(0));
            assert_eq!(found.map(|it| it.to_string()).as_deref(), Some(price), "{class:?} {number}");
        }
        assert_eq!(tariff.len(), 5);
    }

    #[test]
    fn a_rate_is_for_a_service_a_type_of_sender_and_a_volume() {
        let tariff = Tariff::read(
            b"prefix,price,currency,service,class,sender,from_parts\n*,0.05,EUR,,,,\n44,0.06,EUR,,,alphanumeric,\n\
              *,0.04,EUR,outbound,,,1000\n*,0.03,EUR,,,,5000\n*,0.02,EUR,,otp,,\n44,0.01,EUR,inbound,,,\n*,0.007,EUR,lookup,,,\n",
        )
        .unwrap();
        let (name, code) = (Some(SenderKind::Alphanumeric), Some(SenderKind::ShortCode));
        let outbound = |class, sender, volume| Scope { volume, ..Scope::outbound(class, sender) };
        for (asked, number, price) in [
            (outbound(Class::Marketing, None, 0), "+447700900123", Some("0.05")),
            (outbound(Class::Marketing, name, 0), "+447700900123", Some("0.06")),
            (outbound(Class::Marketing, name, 9_000), "+447700900123", Some("0.06")),
            (outbound(Class::Marketing, name, 999), "+4915112345678", Some("0.05")),
            (outbound(Class::Marketing, code, 1_000), "+447700900123", Some("0.04")),
            (outbound(Class::Marketing, None, 4_999), "+447700900123", Some("0.04")),
            (outbound(Class::Marketing, None, 5_000), "+447700900123", Some("0.03")),
            (outbound(Class::Otp, name, 5_000), "+447700900123", Some("0.02")),
            (Scope::of(Service::Inbound), "+447700900123", Some("0.01")),
            (Scope::of(Service::Inbound), "+4915112345678", None),
            (Scope::of(Service::Lookup), "+4915112345678", Some("0.007")),
        ] {
            let found = tariff.find(asked, Number::parse(number).unwrap(), None, Time(0));
            assert_eq!(found.map(|it| it.to_string()).as_deref(), price, "{asked:?} {number}");
        }
        assert!(tariff.has_volumes());
    }

    #[test]
    fn a_tariff_is_compared_with_the_one_before() {
        let before: &[u8] = b"prefix,price,currency\n44,1,EUR\n45,1,EUR\n46,1,EUR\n47,1,EUR\n";
        let after = b"prefix,price,currency\n44,1,EUR\n45,2,EUR\n46,0.5,EUR\n48,1,EUR\n49,1,EUR\n";
        let changes = RateChanges::of(Some(before), after).unwrap();
        assert_eq!(changes, RateChanges { new: 2, gone: 1, dearer: 1, cheaper: 1 });
        assert_eq!(RateChanges::of(None, after).unwrap().new, 5);
    }

    #[test]
    fn a_wrong_tariff_is_refused_whole_with_its_lines() {
        for (text, expected) in [
            ("prefix,price", "line 1: there is no column 'currency'"),
            ("name,price,currency", "line 1: there is neither a column 'prefix' nor 'mccmnc'"),
            ("prefix,price,currency", "line 1: the tariff has no rates"),
            (
                "prefix,price,currency\n44,0.1,EUR\n49,0.0000001,EUR",
                "line 3, price: '0.0000001' is not an amount",
            ),
            ("prefix,price,currency\n44,-1,EUR", "line 2, price: -1.00 is out of range"),
            ("prefix,price,currency\n44,1,EUR\n49,1,USD", "line 3, currency: USD is not EUR"),
            ("prefix,price,currency\n44,1,euro", "line 2, currency: 'euro' is not the code of a currency"),
            (
                "prefix,mccmnc,price,currency\n44,23410,1,EUR",
                "line 2, prefix: a rate is for a prefix or a network",
            ),
            ("prefix,mccmnc,price,currency\n,,1,EUR", "line 2, prefix: write a prefix or a network"),
            ("prefix,price,currency,class\n44,1,EUR,sms", "line 2, class: 'sms' is no class"),
            ("prefix,price,currency,service\n44,1,EUR,sms", "line 2, service: 'sms' is no service"),
            ("prefix,price,currency,sender\n44,1,EUR,name", "line 2, sender: 'name' is no type of sender"),
            (
                "prefix,price,currency,from_parts\n44,1,EUR,-1",
                "line 2, from_parts: '-1' is no number of parts",
            ),
            (
                "prefix,price,currency,service,class\n44,1,EUR,lookup,otp",
                "line 2, class: only outbound rates have this",
            ),
            ("mcc,mnc,price,currency\n23,10,1,EUR", "line 2, mcc: '2310' is not the code of a network"),
            (
                "prefix,price,currency\n44,1,EUR\n45,1,EUR\n44,2,EUR",
                "line 4, prefix: 44 has a price already, in line 2",
            ),
            (
                "mccmnc,price,currency\n23410,1,EUR\n234/10,2,EUR",
                "line 3, mccmnc: 23410 has a price already, in line 2",
            ),
        ] {
            let told = Tariff::read(text.as_bytes()).unwrap_err().to_string();
            assert!(told.starts_with(expected), "{told}");
        }
    }
}
