//! Optional parameters: a block of them borrowed from a PDU and read only when asked, and a builder for one to write.
//! Unknown tags stay in the block unchanged, and any PDU may carry any tag.

pub mod tag;

/// The optional parameters of a PDU (SMPP 3.4 section 3.2.4, 5.0 section 4.8), verbatim. Always whole: a last one that
/// the PDU cut short was dropped on reading.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Tlvs<'a>(&'a [u8]);

/// Iterates over (tag, value) pairs in their order.
#[derive(Clone)]
pub struct TlvIter<'a>(&'a [u8]);

/// Optional parameters to be written.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TlvBuilder(Vec<u8>);

/// Octets of a tag and a length.
const HEAD: usize = 4;

#[inline]
fn split_one(block: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (head, rest) = block.split_first_chunk::<HEAD>()?;
    let [t0, t1, l0, l1] = *head;
    let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([l0, l1])))?;
    Some((u16::from_be_bytes([t0, t1]), value, rest))
}

/// Octets at the start of `block` that are whole parameters.
#[inline]
fn whole(block: &[u8]) -> usize {
    let mut rest = block;
    while let Some((_, _, next)) = split_one(rest) {
        rest = next;
    }
    block.len() - rest.len()
}

impl<'a> Tlvs<'a> {
    /// No parameters.
    pub const EMPTY: Self = Self(&[]);

    /// The complete parameters at the start of `block`. A parameter that is cut short is dropped, and so is a single NUL
    /// before the first: some senders end a short_message with one that sm_length doesn't count.
    #[inline]
    pub fn lenient(block: &'a [u8]) -> Self {
        let end = whole(block);
        if end < block.len()
            && let Some((0, shifted)) = block.split_first()
            && let Some(exact) = Self::exact(shifted)
        {
            return exact;
        }
        Self(block.get(..end).unwrap_or_default())
    }

    /// `block` if it is parameters from its first octet to its last.
    #[inline]
    pub fn exact(block: &'a [u8]) -> Option<Self> {
        (whole(block) == block.len()).then_some(Self(block))
    }

    /// The block as it stands on the wire.
    #[inline]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Whether the list is empty.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them in order, duplicates and unknown tags included.
    #[inline]
    pub fn iter(&self) -> TlvIter<'a> {
        TlvIter(self.0)
    }

    /// The value of the first parameter with this tag.
    #[inline]
    pub fn get(&self, tag: u16) -> Option<&'a [u8]> {
        self.iter().find(|(found, _)| *found == tag).map(|(_, value)| value)
    }

    /// The first value with this tag as a number: 1 to 8 octets, big-endian, whatever length the specification gives.
    /// `None` if it is absent, empty, longer, or too large for the type.
    #[inline]
    pub fn number<N: TryFrom<u64>>(&self, tag: u16) -> Option<N> {
        let value = self.get(tag)?;
        if value.is_empty() || value.len() > size_of::<u64>() {
            return None;
        }
        let number = value.iter().fold(0, |number, octet| number << 8 | u64::from(*octet));
        N::try_from(number).ok()
    }

    /// The first value with this tag as text: up to its first NUL, if it has one, without surrounding spaces.
    #[inline]
    pub fn text(&self, tag: u16) -> Option<&'a [u8]> {
        self.get(tag).map(|value| value.split(|octet| *octet == 0).next().unwrap_or_default().trim_ascii())
    }
}

impl<'a> IntoIterator for Tlvs<'a> {
    type Item = (u16, &'a [u8]);
    type IntoIter = TlvIter<'a>;

    fn into_iter(self) -> TlvIter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &Tlvs<'a> {
    type Item = (u16, &'a [u8]);
    type IntoIter = TlvIter<'a>;

    fn into_iter(self) -> TlvIter<'a> {
        self.iter()
    }
}

impl<'a> Iterator for TlvIter<'a> {
    type Item = (u16, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (tag, value, rest) = split_one(self.0)?;
        self.0 = rest;
        Some((tag, value))
    }
}

impl std::fmt::Debug for Tlvs<'_> {
    /// Names and lengths only: a message_payload is a person's text, which no log may show.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |(tag, value): (u16, &[u8])| match tag::name(tag) {
            Some(name) => format!("{name}[{}]", value.len()),
            None => format!("0x{tag:04X}[{}]", value.len()),
        };
        f.debug_list().entries(self.iter().map(shown)).finish()
    }
}

impl std::fmt::Debug for TlvIter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Tlvs(self.0).fmt(f)
    }
}

impl std::fmt::Debug for TlvBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.tlvs().fmt(f)
    }
}

impl TlvBuilder {
    /// An empty block.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a parameter. A value beyond 65,535 octets, the most that the length can say, isn't appended, and the
    /// answer is `false`.
    #[must_use = "a value too long to be written was left out when this is false"]
    pub fn push(&mut self, tag: u16, value: &[u8]) -> bool {
        let Ok(length) = u16::try_from(value.len()) else { return false };
        self.0.reserve(HEAD + value.len());
        self.0.extend_from_slice(&tag.to_be_bytes());
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(value);
        true
    }

    /// Appends a number of one octet.
    pub fn push_u8(&mut self, tag: u16, value: u8) -> &mut Self {
        self.push_short(tag, &[value])
    }

    /// Appends a number of two octets.
    pub fn push_u16(&mut self, tag: u16, value: u16) -> &mut Self {
        self.push_short(tag, &value.to_be_bytes())
    }

    /// Appends a number of four octets.
    pub fn push_u32(&mut self, tag: u16, value: u32) -> &mut Self {
        self.push_short(tag, &value.to_be_bytes())
    }

    fn push_short(&mut self, tag: u16, value: &[u8]) -> &mut Self {
        let pushed = self.push(tag, value);
        debug_assert!(pushed, "a few octets always fit");
        self
    }

    /// Appends text with its NUL, as C-octet string parameters are written; see `push` for the answer.
    #[must_use = "a value too long to be written was left out when this is false"]
    pub fn push_string(&mut self, tag: u16, text: &[u8]) -> bool {
        let mut value = Vec::with_capacity(text.len() + 1);
        value.extend_from_slice(text);
        value.push(0);
        self.push(tag, &value)
    }

    /// Removes all parameters, keeping the room for the next.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The block, to be put into a PDU.
    pub fn tlvs(&self) -> Tlvs<'_> {
        Tlvs(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_was_built() {
        let mut builder = TlvBuilder::new();
        builder.push_u16(tag::SAR_MSG_REF_NUM, 0x1234).push_u8(tag::SAR_TOTAL_SEGMENTS, 3);
        assert!(builder.push_string(tag::RECEIPTED_MESSAGE_ID, b"abc"));
        assert!(builder.push(0x1401, b"template"));
        let tlvs = builder.tlvs();
        assert_eq!(tlvs.number::<u16>(tag::SAR_MSG_REF_NUM), Some(0x1234));
        assert_eq!(tlvs.number::<u8>(tag::SAR_TOTAL_SEGMENTS), Some(3));
        assert_eq!(tlvs.text(tag::RECEIPTED_MESSAGE_ID), Some(&b"abc"[..]));
        assert_eq!(tlvs.get(0x1401), Some(&b"template"[..]));
        assert_eq!(tlvs.iter().count(), 4);
        assert_eq!(format!("{tlvs:?}").matches("0x1401[8]").count(), 1);
    }

    #[test]
    fn numbers_of_a_wrong_length_count_by_value() {
        let block = [0x02, 0x04, 0, 1, 7, 0x02, 0x0E, 0, 2, 0, 5, 0x04, 0x27, 0, 0];
        let tlvs = Tlvs::exact(&block).unwrap();
        assert_eq!(tlvs.number::<u16>(tag::USER_MESSAGE_REFERENCE), Some(7));
        assert_eq!(tlvs.number::<u8>(tag::SAR_TOTAL_SEGMENTS), Some(5));
        assert_eq!(tlvs.number::<u8>(tag::MESSAGE_STATE), None);
    }

    #[test]
    fn text_ends_at_its_nul_or_without_one() {
        let block = [0x00, 0x1E, 0, 4, b'a', b'b', b' ', 0, 0x00, 0x1D, 0, 2, b'h', b'i'];
        let tlvs = Tlvs::exact(&block).unwrap();
        assert_eq!(tlvs.text(tag::RECEIPTED_MESSAGE_ID), Some(&b"ab"[..]));
        assert_eq!(tlvs.text(tag::ADDITIONAL_STATUS_INFO_TEXT), Some(&b"hi"[..]));
    }

    #[test]
    fn a_truncated_last_one_is_dropped() {
        let block = [0x02, 0x0E, 0, 1, 5, 0x04, 0x24, 0, 9, b'x'];
        assert_eq!(Tlvs::lenient(&block).as_bytes(), &block[..5]);
        assert_eq!(Tlvs::exact(&block), None);
        assert_eq!(Tlvs::lenient(&[0, 0]), Tlvs::EMPTY);
    }

    #[test]
    fn a_stray_nul_before_the_first_is_skipped() {
        let block = [0, 0x02, 0x0E, 0, 1, 5];
        assert_eq!(Tlvs::lenient(&block).number::<u8>(tag::SAR_TOTAL_SEGMENTS), Some(5));
    }

    #[test]
    fn the_first_of_duplicates_wins() {
        let block = [0x02, 0x0E, 0, 1, 5, 0x02, 0x0E, 0, 1, 6];
        assert_eq!(Tlvs::lenient(&block).number::<u8>(tag::SAR_TOTAL_SEGMENTS), Some(5));
    }

    #[test]
    fn what_the_length_cannot_say_is_not_built() {
        let mut builder = TlvBuilder::new();
        assert!(!builder.push(tag::MESSAGE_PAYLOAD, &vec![0; 65_536]));
        assert!(builder.tlvs().is_empty());
    }
}
