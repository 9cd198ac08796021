//! Values of the core as columns keep them: what is written of each, and how it is read back.

mod charge;
mod consent;

pub(crate) use consent::scope_account;

use super::{Cell, Sink, Source};
use crate::codes::Code;
use crate::{multimedia, parameters, several};
use postrider_core::account::AccountId;
use postrider_core::automation::RuleId;
use postrider_core::cause::Cause;
use postrider_core::client_part::{Alphabet, Cut, CutReference, TextKey};
use postrider_core::consent::{Kind, Source as ChangeSource};
use postrider_core::conversation::{ConversationState, Ends, ReadMark};
use postrider_core::delivery::{PartSet, State};
use postrider_core::id::MessageId;
use postrider_core::inbound::parts::{PartsKey, Reference};
use postrider_core::inbound::{Address, Inbound};
use postrider_core::message::{Body, Class, Encoding, KnownAs, Parameter, Receipts, Via};
use postrider_core::notice::{Lane, NoticeId};
use postrider_core::number::Number;
use postrider_core::route::{Plan, UpstreamId};
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A value that one column keeps, or several.
pub(crate) trait Kept: Sized {
    /// Writes it.
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>);

    /// Reads it; an error says what was found instead.
    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String>;
}

/// A value that one column keeps as a number.
pub(crate) trait Numbered: Sized {
    /// The number.
    fn to_number(&self) -> i64;

    /// The value with this number.
    fn from_number(number: i64) -> Option<Self>;
}

impl<T: Numbered> Kept for T {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(Cell::Number(self.to_number()));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let number = source.number()?.ok_or("nothing")?;
        Self::from_number(number).ok_or_else(|| format!("{number}, which is no value of it"))
    }
}

/// Says of each type how it becomes a number, and a number becomes it.
macro_rules! numbered {
    ($($type:ty: $to:expr, $from:expr;)+) => {
        $(impl Numbered for $type {
            fn to_number(&self) -> i64 {
                let to: fn(&Self) -> i64 = $to;
                to(self)
            }

            fn from_number(number: i64) -> Option<Self> {
                let from: fn(i64) -> Option<Self> = $from;
                from(number)
            }
        })+
    };
}

numbered! {
    u8: |value| i64::from(*value), |number| number.try_into().ok();
    u16: |value| i64::from(*value), |number| number.try_into().ok();
    i64: |value| *value, Some;
    u64: |value| value.cast_signed(), |number| Some(number.cast_unsigned());
    AccountId: |value| value.0.into(), |number| number.try_into().ok().map(Self);
    UpstreamId: |value| value.0.into(), |number| number.try_into().ok().map(Self);
    MessageId: |value| value.number().cast_signed(), |number| number.try_into().ok().map(Self::from_number);
    NoticeId: |value| value.number().cast_signed(), |number| number.try_into().ok().map(Self::from_number);
    Time: |value| value.0, |number| Some(Self(number));
    Number: |value| value.digits().cast_signed(), |number| Self::from_kept(number.try_into().ok()?);
    PartSet: |value| value.0.cast_signed(), |number| Some(Self(number.cast_unsigned()));
    Class: |value| value.code(), Code::from_code;
    ConversationState: |value| value.code(), Code::from_code;
    Encoding: |value| value.code(), Code::from_code;
    Receipts: |value| value.code(), Code::from_code;
    State: |value| value.code(), Code::from_code;
    Via: |value| value.code(), Code::from_code;
    Kind: |value| value.code(), Code::from_code;
    ChangeSource: |value| value.code(), Code::from_code;
    Lane: |value| lane_number(*value), lane_of;
}

/// `notice.lane` of webhooks.
const WEBHOOKS: i64 = -1;
/// `notice.lane` of rules.
const AUTOMATION: i64 = -2;
/// `notice.lane` of menus whose time is over.
const TIMEOUTS: i64 = -3;
/// `notice.lane` of the URL of a rule is so much less its number.
const RULE_URLS: i64 = -16;

fn lane_number(lane: Lane) -> i64 {
    match lane {
        Lane::Sessions(account) => account.0.into(),
        Lane::Webhooks => WEBHOOKS,
        Lane::Automation => AUTOMATION,
        Lane::Timeouts => TIMEOUTS,
        Lane::Rule(rule) => RULE_URLS - i64::from(rule.0),
    }
}

fn lane_of(number: i64) -> Option<Lane> {
    match number {
        WEBHOOKS => Some(Lane::Webhooks),
        AUTOMATION => Some(Lane::Automation),
        TIMEOUTS => Some(Lane::Timeouts),
        rule if rule <= RULE_URLS => {
            let rule = RULE_URLS.checked_sub(rule)?;
            rule.try_into().ok().map(|rule| Lane::Rule(RuleId(rule)))
        }
        account => account.try_into().ok().map(|account| Lane::Sessions(AccountId(account))),
    }
}

impl Kept for bool {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(Cell::Flag(*self));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        match source.next()? {
            Cell::Flag(flag) => Ok(flag),
            Cell::Number(0) => Ok(false),
            Cell::Number(1) => Ok(true),
            other => Err(format!("{other:?} instead of yes or no")),
        }
    }
}

impl Kept for Box<str> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(Cell::text(Some(self)));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        Ok(source.text()?.ok_or("nothing")?.into())
    }
}

impl Kept for Option<Box<str>> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(Cell::text(self.as_deref()));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        Ok(source.text()?.map(Into::into))
    }
}

impl Kept for Option<Cause> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(self.as_ref().map_or(Cell::Null, |cause| Cell::Text(cause.to_string().into())));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        Ok(source.text()?.map(|text| Cause::from(&*text)))
    }
}

impl Kept for Option<Time> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(self.map_or(Cell::Null, |time| Cell::Number(time.0)));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        Ok(source.number()?.map(Time))
    }
}

impl Kept for Option<MessageId> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(self.map_or(Cell::Null, |message| Cell::Number(message.to_number())));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let number = source.number()?;
        let message = |number| {
            <MessageId as Numbered>::from_number(number)
                .ok_or_else(|| format!("{number}, which is no value of it"))
        };
        number.map(message).transpose()
    }
}

/// The kind and the number of what parts have in common.
pub(crate) const fn reference_numbers(reference: Reference) -> (i64, i64) {
    match reference {
        Reference::Eight(reference) => (0, reference as i64),
        Reference::Sixteen(reference) => (1, reference as i64),
    }
}

/// The columns are the addresses, the kind and number of the reference, and the total.
impl Kept for PartsKey {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        let (kind, reference) = reference_numbers(self.reference);
        self.from.keep(sink);
        self.to.keep(sink);
        [kind, reference].into_iter().for_each(|number| sink.put(Cell::Number(number)));
        self.total.keep(sink);
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let (from, to) = (Kept::read(source)?, Kept::read(source)?);
        let (kind, number): (i64, i64) = (Kept::read(source)?, Kept::read(source)?);
        let wrong = || format!("the reference {number} of kind {kind}");
        let reference = match kind {
            0 => Reference::Eight(number.try_into().map_err(|_| wrong())?),
            1 => Reference::Sixteen(number.try_into().map_err(|_| wrong())?),
            _ => return Err(wrong()),
        };
        Ok(Self { from, to, reference, total: Kept::read(source)? })
    }
}

impl Kept for Ends {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        self.account.keep(sink);
        self.number.keep(sink);
        self.handset.keep(sink);
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        Ok(Self { account: Kept::read(source)?, number: Kept::read(source)?, handset: Kept::read(source)? })
    }
}

impl Kept for Option<AccountId> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(self.map_or(Cell::Null, |account| Cell::Number(account.to_number())));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let number = source.number()?;
        let account = |number| {
            AccountId::from_number(number).ok_or_else(|| format!("{number}, which is no value of it"))
        };
        number.map(account).transpose()
    }
}

impl Kept for Option<Number> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(self.map_or(Cell::Null, |number| Cell::Number(number.to_number())));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let number =
            |digits| Number::from_number(digits).ok_or_else(|| format!("{digits}, which is no value of it"));
        source.number()?.map(number).transpose()
    }
}

impl Kept for Option<Sender> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(self.as_ref().map_or(Cell::Null, |sender| Cell::Text(sender.to_string().into())));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        source.text()?.map(|text| Sender::parse(&text).map_err(|error| error.to_string())).transpose()
    }
}

/// The columns are the network's spelling, and what it is understood as.
impl Kept for Address {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        self.given.keep(sink);
        self.understood.keep(sink);
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        Ok(Self { given: Kept::read(source)?, understood: Kept::read(source)? })
    }
}

impl Kept for Inbound {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        self.from.keep(sink);
        self.to.keep(sink);
        self.body.keep(sink);
        self.encoding.keep(sink);
        self.flash.keep(sink);
        self.reference.keep(sink);
        self.parameters.keep(sink);
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        Ok(Self {
            from: Kept::read(source)?,
            to: Kept::read(source)?,
            body: Kept::read(source)?,
            encoding: Kept::read(source)?,
            flash: Kept::read(source)?,
            reference: Kept::read(source)?,
            parameters: Kept::read(source)?,
        })
    }
}

/// The columns are the kind of the reference, the reference, how many parts and which, and the alphabet.
impl Kept for Cut {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        let (kind, reference) = numbers_of(self.reference);
        let numbers = [kind.into(), reference.into(), self.total.into(), self.number.into()];
        numbers.into_iter().for_each(|number| sink.put(Cell::Number(number)));
        sink.put(self.alphabet.map_or(Cell::Null, |alphabet| Cell::Number(alphabet.code())));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let (kind, reference) = (source.number()?, u16::read(source)?);
        let reference = match (kind, u8::try_from(reference)) {
            (Some(0), Ok(reference)) => CutReference::Eight(reference),
            (Some(1), _) => CutReference::Sixteen(reference),
            (Some(2), _) => CutReference::Parameter(reference),
            _ => return Err(format!("{kind:?}, which is no kind of reference")),
        };
        let (total, number) = (u8::read(source)?, u8::read(source)?);
        let alphabet = source.number()?.map(|code| Alphabet::from_code(code).ok_or("no alphabet"));
        Ok(Self { reference, total, number, alphabet: alphabet.transpose()? })
    }
}

/// The columns of a reference: its kind, and the number.
const fn numbers_of(reference: CutReference) -> (u8, u16) {
    match reference {
        CutReference::Eight(reference) => (0, reference as u16),
        CutReference::Sixteen(reference) => (1, reference),
        CutReference::Parameter(reference) => (2, reference),
    }
}

/// The columns by which the parts of a text are found: account, recipient, reference, its kind, and how many parts.
pub(crate) type TextNumbers = (i64, i64, u16, u8, u8);

/// The columns of texts, each once. Texts may differ in the sender alone, which isn't looked for.
pub(crate) fn numbers_of_texts(keys: &[TextKey]) -> BTreeSet<TextNumbers> {
    let numbers = |key: &TextKey| {
        let (kind, reference) = numbers_of(key.reference);
        (key.account.to_number(), key.to.to_number(), reference, kind, key.total)
    };
    keys.iter().map(numbers).collect()
}

/// A line for each: the identifier, the ends that are told, and the client's reference.
impl Kept for Box<[KnownAs]> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        let line = |it: &KnownAs| {
            let reference = it.reference.as_ref().map(|reference| format!(" {reference}"));
            format!("{} {}{}", it.id, it.receipts.code(), reference.unwrap_or_default())
        };
        let lines = || self.iter().map(line).collect::<Vec<_>>().join("\n");
        sink.put(if self.is_empty() { Cell::Null } else { Cell::Text(lines().into()) });
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let Some(text) = source.text()? else { return Ok(Self::default()) };
        let lines: Option<Self> = text.split('\n').map(known_as).collect();
        lines.ok_or_else(|| format!("'{text}', which is no list of identifiers"))
    }
}

/// The numbers of the identifiers in a column `known_as`.
pub(crate) fn known_as_numbers(column: Option<&str>) -> impl Iterator<Item = i64> {
    column
        .into_iter()
        .flat_map(|text| text.split('\n').filter_map(known_as))
        .map(|known| known.id.to_number())
}

fn known_as(line: &str) -> Option<KnownAs> {
    let mut words = line.splitn(3, ' ');
    let (id, receipts) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some(KnownAs { id, receipts: Receipts::from_code(receipts)?, reference: words.next().map(Into::into) })
}

/// A line for each.
impl Kept for Box<[Box<str>]> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(if self.is_empty() { Cell::Null } else { Cell::Text(self.join("\n").into()) });
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        Ok(source.text()?.map(|text| text.split('\n').map(Box::from).collect()).unwrap_or_default())
    }
}

/// How far people have read, as a column keeps it: a line each, 19 digits, a tab and the person, so that SQL can compare them.
pub(crate) fn read_marks(marks: &[ReadMark]) -> Option<String> {
    let line = |ReadMark { person, upto }: &ReadMark| format!("{:019}\t{person}\n", upto.number());
    (!marks.is_empty()).then(|| marks.iter().map(line).collect())
}

impl Kept for Box<[ReadMark]> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(read_marks(self).map_or(Cell::Null, |lines| Cell::Text(lines.into())));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let Some(lines) = source.text()? else { return Ok(Self::default()) };
        let read = |line: &str| {
            let (upto, person) = line.split_once('\t')?;
            Some(ReadMark { person: person.into(), upto: MessageId::from_number(upto.parse().ok()?) })
        };
        lines.lines().map(|line| read(line).ok_or_else(|| format!("'{line}', which is no mark"))).collect()
    }
}

/// The number in the column of encodings of a body that was removed.
const REDACTED: i64 = 5;
/// The same, of a body that is encrypted.
const SEALED: i64 = 6;

/// The assignments that remove a body.
pub(crate) const REMOVED: &str = "text = NULL, encoding = 5, header = NULL, data = NULL";

/// The columns are a text, or an encoding with a header and octets. A text with a zero in it, which PostgreSQL's texts can't
/// hold, is octets without an encoding.
impl Kept for Body {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        let cells = match self {
            Self::Text(text) if text.contains('\0') => {
                [Cell::Null, Cell::Null, Cell::Null, Cell::octets(text.as_bytes())]
            }
            Self::Text(text) => [Cell::text(Some(text)), Cell::Null, Cell::Null, Cell::Null],
            Self::Data { encoding, header, data } => {
                [Cell::Null, Cell::Number(encoding.code()), Cell::octets(header), Cell::octets(data)]
            }
            Self::Parts(parts) => {
                let octets = Cell::Octets(several::write(parts).into());
                [Cell::Null, Cell::Number(several::ENCODING), Cell::Null, octets]
            }
            Self::Multimedia(media) => {
                let octets = Cell::Octets(multimedia::write(media).into());
                [Cell::Null, Cell::Number(multimedia::ENCODING), Cell::Null, octets]
            }
            Self::Redacted => [Cell::Null, Cell::Number(REDACTED), Cell::Null, Cell::Null],
            Self::Sealed(sealed) => [Cell::Null, Cell::Number(SEALED), Cell::Null, Cell::octets(sealed)],
        };
        cells.into_iter().for_each(|cell| sink.put(cell));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let (text, encoding) = (source.text()?, source.number()?);
        let (header, data) = (source.octets()?, source.octets()?);
        let octets = |octets: Option<Cow<'_, [u8]>>| octets.unwrap_or_default().into();
        match (text, encoding) {
            (Some(text), _) => Ok(Self::Text(text.into())),
            (None, Some(several::ENCODING)) => {
                let parts = several::read(&data.unwrap_or_default()).ok_or("octets that are no parts")?;
                Ok(Self::Parts(parts))
            }
            (None, Some(multimedia::ENCODING)) => {
                let media = multimedia::read(&data.unwrap_or_default()).ok_or("octets that are no media")?;
                Ok(Self::Multimedia(Box::new(media)))
            }
            (None, Some(REDACTED)) => Ok(Self::Redacted),
            (None, Some(SEALED)) => Ok(Self::Sealed(octets(data))),
            (None, Some(code)) => {
                let encoding = Encoding::from_code(code).ok_or_else(|| format!("encoding {code}"))?;
                Ok(Self::Data { encoding, header: octets(header), data: octets(data) })
            }
            (None, None) => {
                let text = String::from_utf8(data.ok_or("neither text nor octets")?.into_owned());
                Ok(Self::Text(text.map_err(|error| error.to_string())?.into()))
            }
        }
    }
}

impl Kept for Box<[Parameter]> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(parameters::write(self).map_or(Cell::Null, |block| Cell::Octets(block.into())));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        parameters::read(source.octets()?.as_deref()).ok_or_else(|| "octets that are no parameters".into())
    }
}

/// Numbers with commas between them; nothing for none.
impl Kept for Box<[UpstreamId]> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(if self.is_empty() { Cell::Null } else { Cell::Text(upstream_numbers(self).into()) });
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let Some(text) = source.text()? else { return Ok(Self::default()) };
        let number = |number: &str| number.parse().map(UpstreamId);
        text.split(',')
            .map(number)
            .collect::<Result<_, _>>()
            .map_err(|_| format!("'{text}', which names no upstreams"))
    }
}

/// The numbers of upstreams, with commas between them.
pub(crate) fn upstream_numbers(upstreams: &[UpstreamId]) -> String {
    let numbers: Vec<String> = upstreams.iter().map(|upstream| upstream.0.to_string()).collect();
    numbers.join(",")
}

impl Kept for Arc<Plan> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        let text = sink.plans().text(self);
        sink.put(Cell::Shared(text));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let text = source.text()?.ok_or("nothing")?;
        source.plans().plan(&text).ok_or_else(|| format!("'{text}', which is no plan"))
    }
}

#[cfg(test)]
mod tests;
