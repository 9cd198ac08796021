//! Questions to the DNS about telephone numbers: NAPTR records (RFC 3403) of ENUM (RFC 6116), in DNS messages (RFC 1035).

/// The type of NAPTR records (RFC 3403, 4.1), of OPT pseudo-records (RFC 6891), and the class Internet.
const NAPTR: u16 = 35;
const OPT: u16 = 41;
const INTERNET: u16 = 1;
/// The size of UDP answers that is offered (RFC 6891, 6.2.3), in octets.
pub const UDP_MAX: u16 = 1_232;
/// The most pointers that one name may follow.
const POINTERS_MAX: usize = 32;
/// The most records that are read of one answer.
const RECORDS_MAX: u16 = 100;

/// A NAPTR record (RFC 3403, 4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naptr {
    /// Records with a lower one are tried first.
    pub order: u16,
    /// Of one order, records with a lower one are tried first.
    pub preference: u16,
    /// Flags; `u` says that the result is a URI.
    pub flags: String,
    /// Services, such as `E2U+pstn:tel`.
    pub services: String,
    /// The substitution: `!^.*$!tel:\\0!`.
    pub regexp: String,
}

/// An answer of the DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The records, in the order in which they are tried. There may be none.
    Records(Vec<Naptr>),
    /// The name doesn't exist (`NXDOMAIN`).
    NoName,
    /// The answer doesn't fit: it is asked for again by TCP.
    Truncated,
    /// The server could not answer; its code (RFC 1035, 4.1.1), such as 2 for `SERVFAIL`.
    Failed(u8),
}

/// Octets that are no answer to the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnAnswer;

/// The name under a domain that a number has (RFC 6116, 3.2): its digits, the last one first.
#[must_use]
pub fn name_of(digits: u64, domain: &str) -> String {
    let mut name = String::new();
    for digit in digits.to_string().chars().rev() {
        name.push(digit);
        name.push('.');
    }
    name + domain.trim_matches('.')
}

/// The question for the NAPTR records of a name; `None` if the name can't be written (RFC 1035, 2.3.4).
#[must_use]
pub fn question(id: u16, name: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(64);
    octets.extend(id.to_be_bytes());
    // Recursion is desired; one question, and one additional record.
    octets.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    for label in name.split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
        octets.push(length);
        octets.extend(label.bytes());
    }
    octets.push(0);
    if name.len() > 253 {
        return None;
    }
    octets.extend(NAPTR.to_be_bytes());
    octets.extend(INTERNET.to_be_bytes());
    octets.push(0);
    octets.extend(OPT.to_be_bytes());
    octets.extend(UDP_MAX.to_be_bytes());
    octets.extend([0; 6]);
    Some(octets)
}

/// Reads the answer to a question.
///
/// # Errors
/// When it is none: cut off, or of another question.
pub fn answer(question: &[u8], octets: &[u8]) -> Result<Answer, NotAnAnswer> {
    let mut reader = Reader { octets, at: 0 };
    let id = reader.number()?;
    let flags = reader.number()?;
    let counts = [reader.number()?, reader.number()?, reader.number()?, reader.number()?];
    let is_ours = question.get(..2) == Some(&id.to_be_bytes()[..]) && flags & 0x8000 != 0;
    let [questions, answers, ..] = counts;
    if !is_ours || questions != 1 {
        return Err(NotAnAnswer);
    }
    reader.same_question(question)?;
    match flags & 0x000f {
        _ if flags & 0x0200 != 0 => return Ok(Answer::Truncated),
        0 => {}
        3 => return Ok(Answer::NoName),
        code => return Ok(Answer::Failed(code.to_be_bytes()[1])),
    }
    let mut records = Vec::new();
    for _ in 0..answers.min(RECORDS_MAX) {
        records.extend(reader.record()?);
    }
    records.sort_by_key(|record| (record.order, record.preference));
    Ok(Answer::Records(records))
}

struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], NotAnAnswer> {
        let end = self.at.checked_add(count).ok_or(NotAnAnswer)?;
        let taken = self.octets.get(self.at..end).ok_or(NotAnAnswer)?;
        self.at = end;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u16, NotAnAnswer> {
        let octets = self.take(2)?.try_into().map_err(|_| NotAnAnswer)?;
        Ok(u16::from_be_bytes(octets))
    }

    /// Reads the question that the answer repeats. Letters may have another case.
    fn same_question(&mut self, question: &[u8]) -> Result<(), NotAnAnswer> {
        let begin = self.at;
        self.skip_name()?;
        self.take(4)?;
        let repeated = self.octets.get(begin..self.at).ok_or(NotAnAnswer)?;
        let asked = question.get(12..12 + repeated.len()).ok_or(NotAnAnswer)?;
        if repeated.eq_ignore_ascii_case(asked) { Ok(()) } else { Err(NotAnAnswer) }
    }

    /// Skips a name, which may end in a pointer (RFC 1035, 4.1.4).
    fn skip_name(&mut self) -> Result<(), NotAnAnswer> {
        for _ in 0..=POINTERS_MAX + 128 {
            match self.take(1)? {
                [0] => return Ok(()),
                [length] if length & 0xc0 == 0xc0 => return self.take(1).map(drop),
                [length] if length & 0xc0 == 0 => drop(self.take(usize::from(*length))?),
                _ => return Err(NotAnAnswer),
            }
        }
        Err(NotAnAnswer)
    }

    fn record(&mut self) -> Result<Option<Naptr>, NotAnAnswer> {
        self.skip_name()?;
        let (kind, class) = (self.number()?, self.number()?);
        self.take(4)?;
        let length = self.number()?;
        let mut data = Reader { octets: self.take(length.into())?, at: 0 };
        if kind != NAPTR || class != INTERNET {
            return Ok(None);
        }
        Ok(Some(Naptr {
            order: data.number()?,
            preference: data.number()?,
            flags: data.text()?,
            services: data.text()?,
            regexp: data.text()?,
        }))
    }

    fn text(&mut self) -> Result<String, NotAnAnswer> {
        let [length] = self.take(1)? else { return Err(NotAnAnswer) };
        Ok(String::from_utf8_lossy(self.take(usize::from(*length))?).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(octets: &mut Vec<u8>, text: &str) {
        octets.push(u8::try_from(text.len()).unwrap());
        octets.extend(text.bytes());
    }

    /// An answer with these records behind the question, the first with a name in full and others with a pointer.
    fn answered(question: &[u8], flags: u16, records: &[Naptr]) -> Vec<u8> {
        let mut octets = question[..2].to_vec();
        octets.extend(flags.to_be_bytes());
        octets.extend([0, 1, 0, u8::try_from(records.len()).unwrap(), 0, 0, 0, 0]);
        octets.extend(&question[12..question.len() - 11]);
        for record in records {
            octets.extend([0xc0, 12]);
            octets.extend(NAPTR.to_be_bytes());
            octets.extend(INTERNET.to_be_bytes());
            octets.extend([0, 0, 14, 16]);
            let mut data = record.order.to_be_bytes().to_vec();
            data.extend(record.preference.to_be_bytes());
            text(&mut data, &record.flags);
            text(&mut data, &record.services);
            text(&mut data, &record.regexp);
            data.push(0);
            octets.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            octets.extend(data);
        }
        octets
    }

    fn naptr(order: u16, preference: u16) -> Naptr {
        Naptr {
            order,
            preference,
            flags: "u".into(),
            services: "E2U+pstn:tel".into(),
            regexp: r"!^(.*)$!tel:\1;npdi!".into(),
        }
    }

    #[test]
    fn a_number_has_a_name_and_a_question() {
        let name = name_of(447_700_900_123, "e164.arpa.");
        assert_eq!(name, "3.2.1.0.0.9.0.0.7.7.4.4.e164.arpa");
        let question = question(0x1234, &name).unwrap();
        assert_eq!(question[..12], [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
        assert_eq!(question[12..16], [1, b'3', 1, b'2']);
        assert_eq!(question[question.len() - 15..][..4], [0, 35, 0, 1]);
        assert_eq!(super::question(1, &"a".repeat(64)), None);
        assert_eq!(super::question(1, "a..b"), None);
    }

    #[test]
    fn records_come_in_their_order() {
        let asked = question(7, "1.e164.arpa").unwrap();
        let octets = answered(&asked, 0x8180, &[naptr(20, 1), naptr(10, 2), naptr(10, 1)]);
        let sorted = vec![naptr(10, 1), naptr(10, 2), naptr(20, 1)];
        assert_eq!(answer(&asked, &octets), Ok(Answer::Records(sorted)));
        for end in 0..octets.len() {
            assert_eq!(answer(&asked, &octets[..end]), Err(NotAnAnswer), "{end}");
        }
        let other = question(8, "1.e164.arpa").unwrap();
        assert_eq!(answer(&other, &octets), Err(NotAnAnswer));
        let other = question(7, "2.e164.arpa").unwrap();
        assert_eq!(answer(&other, &octets), Err(NotAnAnswer));
        assert_eq!(answer(&asked, &asked), Err(NotAnAnswer), "a question is no answer");
    }

    #[test]
    fn what_is_no_list_of_records_is_told_apart() {
        let asked = question(7, "1.e164.arpa").unwrap();
        for (flags, expected) in [
            (0x8180, Answer::Records(Vec::new())),
            (0x8183, Answer::NoName),
            (0x8380, Answer::Truncated),
            (0x8182, Answer::Failed(2)),
            (0x8185, Answer::Failed(5)),
        ] {
            assert_eq!(answer(&asked, &answered(&asked, flags, &[])), Ok(expected));
        }
    }
}
