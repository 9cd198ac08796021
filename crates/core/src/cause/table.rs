//! The table of codes.

use super::{Party, Retry};
use crate::delivery::FaultKind::{self, Paused, Permanent, QueueFull, Temporary, Throttled};

/// Declares the codes: word, number, the gateway's reaction to an answer, who can mend it, advice, and three texts.
macro_rules! codes {
    ($(
        $code:ident $word:literal $number:literal, $reaction:expr, $party:ident, $retry:ident:
            $meaning:literal
            $happened:literal
            $remedy:literal;
    )*) => {
        /// A code: the gateway's word for a cause, the same in every protocol and for every carrier.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $code,)*
        }

        impl Code {
            /// All codes, in the order of the manual.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The word in the API, such as `invalid_recipient`. It never changes.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$code => $word,)* }
            }

            /// The number in SMPP receipts, 900 to 999, where the carrier gave no code that fits.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self { $(Self::$code => $number,)* }
            }

            /// The gateway's usual reaction to an answer of this code; `None` for causes that are no answer.
            #[must_use]
            pub const fn reaction(self) -> Option<FaultKind> {
                match self { $(Self::$code => $reaction,)* }
            }

            /// Who can mend it.
            #[must_use]
            pub const fn party(self) -> Party {
                match self { $(Self::$code => Party::$party,)* }
            }

            /// Whether the sender may send the same message again.
            #[must_use]
            pub const fn retry(self) -> Retry {
                match self { $(Self::$code => Retry::$retry,)* }
            }

            /// The meaning, in a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$code => $meaning,)* }
            }

            /// What happened, in a few sentences.
            #[must_use]
            pub const fn happened(self) -> &'static str {
                match self { $(Self::$code => $happened,)* }
            }

            /// What to do, in a few sentences.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$code => $remedy,)* }
            }
        }
    };
}

codes! {
    InvalidRecipient "invalid_recipient" 901, Some(Permanent), Sender, Never:
        "The carrier doesn't accept the recipient's number."
        "The carrier refused the message because of its recipient. The number is wrong, or the carrier doesn't serve it. Some carriers want other types of number."
        "Check the number. If it exists, ask the carrier whether it serves this network, and which type of number it expects (the upstream's `addresses.recipient`).";
    InvalidSender "invalid_sender" 902, Some(Permanent), Sender, Never:
        "The carrier doesn't accept the sender."
        "The carrier refused the message because of its sender. Many networks accept only registered senders, or no names."
        "Use a sender that is registered with the carrier. Ask the carrier which senders and types of number are allowed (the upstream's `addresses`).";
    InvalidLength "invalid_length" 903, Some(Permanent), Sender, Never:
        "The carrier says that the text is too long."
        "The carrier refused a part because of its length. It may count characters in another alphabet, or not accept long messages in this form."
        "Shorten the text. If one-part messages are refused too, test the link with `postrider doctor`, which finds the alphabet and the form of long messages.";
    InvalidEncoding "invalid_encoding" 904, Some(Permanent), Operator, Never:
        "The carrier doesn't accept the encoding."
        "The carrier refused the message because of its `data_coding`. Most often it doesn't support Unicode, binary data or flash messages in this form."
        "Test the link with `postrider doctor NAME --to NUMBER`, and change the upstream's alphabet and flash settings. Ask the carrier which encodings it supports.";
    InvalidParameter "invalid_parameter" 905, Some(Permanent), Operator, Never:
        "The carrier doesn't accept an optional parameter, or one is missing."
        "The carrier refused the message because of its optional parameters (TLVs). Some carriers require their own, such as India's DLT parameters."
        "Ask the carrier which parameters it requires and in which form. Give them with the message (`parameters`), or declare them at the upstream.";
    InvalidTime "invalid_time" 906, Some(Permanent), Operator, Never:
        "The carrier doesn't accept the validity or the delivery time."
        "The carrier refused the message because of its validity period. Some carriers allow a short one only, or none."
        "Shorten the message's `valid_for`, or change the upstream's `validity` or `validity_max`.";
    ServiceRefused "service_refused" 907, Some(Permanent), Operator, Never:
        "The carrier doesn't allow this service_type."
        "The carrier refused the message because of its `service_type`."
        "Ask the carrier which service_type it expects, and declare it at the upstream.";
    NotAllowed "not_allowed" 908, Some(Permanent), Operator, Never:
        "The carrier doesn't allow this login to send."
        "The carrier knows the login and doesn't allow the operation. The account may be restricted or without credit."
        "Ask the carrier whether the account is active and paid, and what it may send.";
    ProtocolRefused "protocol_refused" 909, Some(Permanent), Operator, Never:
        "The carrier doesn't accept the form of the request."
        "The carrier refused a field that the gateway writes, or the kind of request. The upstream's settings don't suit the carrier."
        "Test the link with `postrider doctor`, and look at the request with `postrider trace`. Ask the carrier what it expects in the field.";
    RefusedByCarrier "refused_by_carrier" 910, Some(Permanent), Carrier, Never:
        "The carrier refused the message for good."
        "The carrier refused the message with a final answer that gives no precise reason."
        "Ask the carrier for the reason, and give it the `carrier_code` and the time.";
    CarrierSpecific "carrier_specific" 911, Some(Permanent), Carrier, Never:
        "The carrier refused the message with a code of its own."
        "The answer has a code that the specification leaves to carriers. The gateway takes it as final unless the upstream's `errors` say otherwise."
        "Look the `carrier_code` up in the carrier's documentation. If it is temporary, declare that in the upstream's `errors`.";
    Throttled "throttled" 920, Some(Throttled), Operator, Later:
        "The carrier accepts no more messages a second."
        "The carrier answered that messages come too fast. The gateway slows down and tries again. The message ended before the carrier accepted it."
        "Nothing, if it is rare. Otherwise set the upstream's `rate` to what the carrier allows, or order a higher rate.";
    QueueFull "queue_full" 921, Some(QueueFull), Recipient, Later:
        "The carrier's queue is full, often the one for this recipient."
        "The carrier answered that a queue is full. Most often the recipient's handset is off and too many messages wait for it."
        "Send again later. If many recipients are affected, ask the carrier whether the link's queue is full.";
    CarrierFault "carrier_fault" 922, Some(Temporary), Carrier, Later:
        "The carrier has a temporary fault."
        "The carrier answered with a temporary error. The gateway tried again until its attempts or the validity ended."
        "Send again later. If it persists, ask the carrier and add a second upstream to the route.";
    SubmitFailed "submit_failed" 923, Some(Temporary), Carrier, Later:
        "The carrier could not take the message, and gives no precise reason."
        "The carrier answered with a general error. Carriers use it for faults that pass and for some that don't, so the gateway tries again until its attempts or the validity ended."
        "Ask the carrier for the reason. If this code is final with this carrier, declare that in the upstream's `errors` as `never`.";
    SessionRefused "session_refused" 924, Some(Temporary), Operator, Later:
        "The carrier doesn't accept messages on this session."
        "The carrier answered that the session is in a wrong state or is not bound for sending."
        "Check the upstream's kind of bind with `postrider doctor`. Ask the carrier whether the login may send.";
    CarrierPaused "carrier_paused" 925, Some(Paused), Operator, Later:
        "The carrier accepts nothing for a while."
        "The carrier answered with a code that the upstream's `errors` declare as `pause`, for example because credit is used up."
        "Remove the reason, which the carrier's documentation gives for the `carrier_code`.";
    UpstreamDown "upstream_down" 930, None, Operator, Automatic:
        "The link to the carrier is down."
        "The message waits for a link. `detail` says since when the link is down, and why."
        "Follow the detail: check the address, the network and the login with `postrider doctor`. A second upstream in the route would send meanwhile.";
    UpstreamDisabled "upstream_disabled" 931, None, Operator, Automatic:
        "The upstream is disabled."
        "The message waits for an upstream that an administrator has disabled."
        "Enable the upstream (`postrider upstream put NAME enabled=true`), or cancel the message.";
    Scheduled "scheduled" 932, None, Sender, Automatic:
        "The message waits for its time."
        "The message has a `send_at` that has not come."
        "Nothing. The message can be canceled until it is sent.";
    Waiting "waiting" 933, None, Operator, Automatic:
        "The message waits for its turn."
        "The upstream is up. Earlier messages, its `rate` or its `window` come first."
        "Nothing, if the wait is short. Otherwise compare the queue with the upstream's `rate` and `window`.";
    QuietHours "quiet_hours" 935, None, Sender, Automatic:
        "The message waits for the end of quiet hours."
        "It is quiet at the recipient's place, and the account's policy has messages of this class wait. `detail` says until when."
        "Nothing. Where the recipient's time zone is wrong, set it for the number (`postrider time-zone add NUMBER --zone ZONE`).";
    FrequencyCap "frequency_cap" 936, None, Sender, Automatic:
        "The recipient gets no more such messages for a while."
        "The recipient got as many messages as a frequency cap allows, and the message waits until one more may go. `detail` says until when, and names the cap."
        "Nothing, or send less often. The cap is in the account's `policy.caps` or in a shared policy.";
    FraudSuspected "fraud_suspected" 938, None, Operator, Automatic:
        "The message is held: it looks like fraud."
        "A rule against fraud (traffic pumping) holds the message until an operator releases or cancels it, or its validity ends. `detail` names the rule, and says what it saw."
        "Look at the numbers and the application that sends to them. Release what is genuine (`postrider queue release --held-by RULE`), and cancel the rest. Change the rule if it is too strict.";
    Paused "paused" 937, None, Operator, Automatic:
        "A pause holds the message."
        "An operator has declared a pause that the message meets the conditions of. `detail` has its name and its reason. The message waits until the pause ends, or its validity does."
        "Wait, or delete the pause (`postrider pause delete NAME`).";
    Limited "limited" 955, None, Operator, Automatic:
        "A limit's parts are used up for now."
        "The message is under a declared limit of parts in a time, and as many have left. `detail` has the limit, what it is of, and how much it permits. The message waits for its slot; its validity goes on."
        "Nothing, or raise the limit (`postrider limit put NAME second=20`).";
    EndedByOperator "ended_by_operator" 956, None, Operator, Later:
        "An operator ended the message."
        "The message waited, and an operator had it fail, alone or with others. `detail` has the reason, if one was given."
        "Ask the operator for the reason, and send the message again when it is gone.";
    NoRoute "no_route" 934, None, Operator, Automatic:
        "No upstream is left that could send the message."
        "The message was accepted, and the upstreams of its route were removed. It waits until a route leads to its number again, or its validity ends."
        "Declare a route for the number.";
    ValidityEnded "validity_ended" 940, None, Operator, Later:
        "The validity ended before the message was sent."
        "The message waited for its turn, for a retry or for an upstream until its validity ended. It was not sent."
        "Look at its timeline for the reason of the wait. Give more time with `valid_for`, or a second upstream to the route.";
    DeadlinePassed "deadline_passed" 948, None, Operator, Later:
        "The deadline of the message's class passed before the message was sent."
        "The account's `deadlines` limit the time that messages of this class may wait. The message waited for its turn, for a retry or for an upstream until then. It was not sent."
        "Look at its timeline for the reason of the wait. Give the class more time in `deadlines`, or the route a second upstream.";
    OptedOut "opted_out" 941, None, Recipient, Never:
        "The recipient has opted out."
        "The recipient has opted out of messages from this sender or account, for example by writing STOP. A message that waited when that happened is not sent either."
        "Don't write to the number. It can be written to again once the recipient has opted in (START), or the opt-out was lifted with a reason.";
    RecipientBlocked "recipient_blocked" 947, None, Operator, Never:
        "The number is blocked."
        "The number is on the list of blocked numbers of the account or of the gateway. A message that waited when it was blocked is not sent either."
        "If the number was blocked by mistake, unblock it (`postrider block lift NUMBER`).";
    InsufficientCredit "insufficient_credit" 949, None, Sender, Later:
        "The account has not enough credit."
        "The parts of a text came from its client and were accepted. When the text was whole, the account could not pay for it: its credit was spent, or what it may spend a day."
        "Top the account up (`postrider balance top-up`), and send the text again.";
    NotEncodable "not_encodable" 942, None, Operator, Never:
        "The upstream's settings can't express the message."
        "The gateway could not write the message in the form that the upstream requires: a text in its alphabet, a binary message or a parameter."
        "Change the message, or the upstream's settings for alphabets, flash and long messages. `detail` says what was wrong.";
    Unanswered "unanswered" 943, None, Carrier, MayDuplicate:
        "The carrier never answered, and may have the message."
        "The gateway wrote the message, and the carrier did not answer. It is unknown whether the carrier has it. The upstream's `unanswered` decided that it is not sent again."
        "Ask the carrier whether it has the message. Send it again only if two copies do no harm.";
    NoReference "no_reference" 944, None, Carrier, MayDuplicate:
        "The carrier gave no message ID, so that no receipt can be matched."
        "The carrier accepted the message without a message ID. Its receipt can't be recognised, and the outcome stays unknown."
        "Ask the carrier to return a message ID in its responses.";
    NoReceipt "no_receipt" 945, None, Carrier, MayDuplicate:
        "The carrier accepted the message and sent no receipt."
        "The carrier accepted the message, and no final receipt came in time. The message was most likely delivered or lost on the way."
        "Look whether receipts of this carrier are unmatched (`GET /v1/receipts/unmatched`). Ask the carrier for receipts, or whether it supports `query_sm` (`receipts.ask_after`).";
    ReceiptsIncomplete "receipts_incomplete" 946, None, Carrier, MayDuplicate:
        "Receipts came for some of the message's parts only."
        "The carrier accepted all parts of a long message, and sent receipts for some of them only."
        "If the carrier sends one receipt for a whole message, declare that (`receipts.parts`).";
    Undeliverable "undeliverable" 950, None, Recipient, Never:
        "The network could not deliver the message."
        "The carrier accepted the message and reports that it could not be delivered. The number may be unused, the handset unable or barred."
        "Check the number. The carrier's documentation explains the `carrier_code` of its receipt.";
    ExpiredAtCarrier "expired_at_carrier" 951, None, Recipient, Later:
        "The validity ended at the carrier before the message was delivered."
        "The carrier accepted the message and tried until the validity ended. The handset was most likely off or out of reach."
        "Send again later, with a longer `valid_for` if the message allows it.";
    DeletedAtCarrier "deleted_at_carrier" 952, None, Carrier, Never:
        "The message was deleted at the carrier."
        "The carrier accepted the message and reports that it was deleted, for example by its staff or a filter."
        "Ask the carrier for the reason, and give it the message's `carrier_reference`.";
    RejectedByNetwork "rejected_by_network" 953, None, Carrier, Never:
        "The carrier or the network rejected the message after accepting it."
        "The carrier accepted the message and reports that it was rejected. Filters for spam, unregistered senders and blocked numbers do that."
        "Ask the carrier for the reason. The sender or the text may need a registration.";
    UnknownToCarrier "unknown_to_carrier" 954, None, Carrier, MayDuplicate:
        "The carrier doesn't know what became of the message."
        "The carrier accepted the message and reports an unknown state."
        "Ask the carrier. Send again only if two copies do no harm.";
    Unexplained "unexplained" 999, None, Carrier, MayDuplicate:
        "The reason is a code that this version of the gateway has no word for."
        "The record was written by another version of the gateway, or the carrier's code stands alone."
        "Look the `carrier_code` up in the carrier's documentation.";
}

impl Code {
    /// The code with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.word() == word)
    }

    /// Whether it is the reason why a message is held back: its account's policy, or a limit.
    #[must_use]
    pub const fn holds_back(self) -> bool {
        matches!(self, Self::QuietHours | Self::FrequencyCap | Self::FraudSuspected | Self::Limited)
    }
}
