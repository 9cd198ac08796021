//! Mobile networks by their codes.

use std::fmt;
use std::str::FromStr;

/// The code of a mobile network (ITU-T E.212): the mobile country code of three digits and the mobile network code of two or
/// three, as `23410`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkCode {
    /// The mobile country code, 200 to 999.
    pub mcc: u16,
    mnc: u16,
    has_three: bool,
}

/// A text is no code of a mobile network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not the code of a network: write MCC and MNC, 5 or 6 digits, such as 23410 or 310260")]
pub struct NotANetworkCode(pub String);

impl FromStr for NetworkCode {
    type Err = NotANetworkCode;

    /// Reads `23410`, `234-10`, `234 10`, `234/10`; the network code keeps its number of digits.
    fn from_str(text: &str) -> Result<Self, NotANetworkCode> {
        let wrong = || NotANetworkCode(text.to_owned());
        let digits: String = text.chars().filter(|sign| !matches!(sign, ' ' | '-' | '/')).collect();
        let is_code = matches!(digits.len(), 5 | 6) && digits.bytes().all(|octet| octet.is_ascii_digit());
        let (mcc, mnc) = digits.split_at_checked(3).filter(|_| is_code).ok_or_else(wrong)?;
        let mcc = mcc.parse().ok().filter(|mcc| *mcc >= 200).ok_or_else(wrong)?;
        Ok(Self { mcc, mnc: mnc.parse().map_err(|_| wrong())?, has_three: mnc.len() == 3 })
    }
}

impl fmt::Display for NetworkCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = if self.has_three { 3 } else { 2 };
        write!(f, "{:03}{:0width$}", self.mcc, self.mnc)
    }
}

/// A network, as a numbering plan names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// Its code, if it has one.
    pub code: Option<NetworkCode>,
    /// Its name; may be empty.
    pub name: Box<str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_keeps_its_zeros() {
        for (text, shown) in
            [("23410", "23410"), ("234-01", "23401"), ("310 026", "310026"), ("310/260", "310260")]
        {
            assert_eq!(text.parse::<NetworkCode>().unwrap().to_string(), shown);
        }
        assert_ne!("31026".parse::<NetworkCode>(), "310026".parse());
        for text in ["", "234", "2341", "1234567", "19901", "2341x", "234é1"] {
            assert!(text.parse::<NetworkCode>().is_err(), "{text}");
        }
    }
}
