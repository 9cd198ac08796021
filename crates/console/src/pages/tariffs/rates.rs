//! The rates of a tariff, read from its CSV for people to look through.

/// The most rates on a page.
const RATES_MAX: usize = 200;

/// A rate, as its row says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rate {
    /// The prefix or the network that it is for.
    pub(super) place: String,
    pub(super) is_network: bool,
    pub(super) name: String,
    pub(super) price: String,
    pub(super) valid_from: String,
    /// The service, the class and the type of sender that it is for, as far as the row says.
    pub(super) only_for: Vec<String>,
    /// The parts of a month from which it holds, if the row says so.
    pub(super) from_parts: String,
}

impl Rate {
    /// Whether it is about what is searched for: a number that begins with its prefix, a network, or a part of its name.
    fn is_about(&self, wanted: &str) -> bool {
        let digits = wanted.trim_start_matches('+');
        let is_number = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
        if !is_number {
            return self.name.to_lowercase().contains(&wanted.to_lowercase());
        }
        match self.is_network {
            true => self.place.starts_with(digits),
            false => digits.starts_with(&self.place) || self.place.starts_with(digits) || self.place == "*",
        }
    }
}

/// The first rates of a table that are about what is searched for; all are about nothing.
pub(super) fn found(csv: &str, wanted: &str) -> Vec<Rate> {
    let mut lines = csv.trim_start_matches('\u{feff}').lines();
    let head: Vec<String> = lines.next().map(cells).unwrap_or_default();
    let column = |name: &str| head.iter().position(|found| found.trim().eq_ignore_ascii_case(name));
    let columns = COLUMNS.map(column);
    let rates = lines.filter(|line| !line.trim().is_empty()).map(|line| rate(&cells(line), columns));
    rates.filter(|rate| rate.is_about(wanted)).take(RATES_MAX).collect()
}

/// The columns that are shown.
const COLUMNS: [&str; 11] = [
    "prefix",
    "mccmnc",
    "mcc",
    "mnc",
    "name",
    "price",
    "valid_from",
    "service",
    "class",
    "sender",
    "from_parts",
];

fn rate(cells: &[String], columns: [Option<usize>; COLUMNS.len()]) -> Rate {
    let cell = |column: Option<usize>| column.and_then(|at| cells.get(at)).map_or("", |cell| cell.trim());
    let [prefix, mccmnc, mcc, mnc, name, price, valid_from, service, class, sender, from_parts] =
        columns.map(cell);
    let only_for = [service, class, sender].into_iter().filter(|word| !word.is_empty());
    let network = format!("{mccmnc}{mcc}{mnc}");
    Rate {
        is_network: prefix.is_empty(),
        place: if prefix.is_empty() { network } else { prefix.to_owned() },
        name: name.to_owned(),
        price: price.to_owned(),
        valid_from: valid_from.to_owned(),
        only_for: only_for.map(ToOwned::to_owned).collect(),
        from_parts: from_parts.to_owned(),
    }
}

/// The cells of a line (RFC 4180).
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    cells.push(cell);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "\u{feff}name,Prefix,mccmnc,price,currency,valid_from\r\nall,*,,0.09,EUR,\r\n\
        \"Kingdom, \"\"United\"\"\",44,,0.045,EUR,2027-01-01\r\nO2 UK,,23410,0.04,EUR,\r\n\r\nGermany,49,,0.07,EUR,\r\n";

    fn places(wanted: &str) -> Vec<String> {
        found(CSV, wanted).into_iter().map(|rate| rate.place).collect()
    }

    #[test]
    fn rates_are_read() {
        let all = found(CSV, "");
        assert_eq!(all.len(), 4);
        assert_eq!(
            all[1],
            Rate {
                place: "44".into(),
                is_network: false,
                name: "Kingdom, \"United\"".into(),
                price: "0.045".into(),
                valid_from: "2027-01-01".into(),
                ..Rate::default()
            }
        );
        let special =
            found("prefix,price,service,class,sender,from_parts\n44,0.01,,otp,short_code,1000\n", "");
        assert_eq!(
            (&*special[0].only_for, &*special[0].from_parts),
            (&["otp".into(), "short_code".into()][..], "1000")
        );
    }

    #[test]
    fn rates_are_found_by_number_prefix_network_and_name() {
        assert_eq!(places("+447700900123"), ["*", "44"]);
        assert_eq!(places("4"), ["*", "44", "49"]);
        assert_eq!(places("234"), ["*", "23410"]);
        assert_eq!(places("uk"), ["23410"]);
        assert!(places("nowhere").is_empty());
    }
}
