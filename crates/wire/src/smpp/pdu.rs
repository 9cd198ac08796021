//! Every PDU of SMPP 3.3, 3.4 and 5.0 as a struct that borrows from the frame, and `Pdu`, which is one of them.
//! Reading is lenient, writing strict; what the fields mean to a message isn't decided here.

pub mod alert;
pub mod bind;
pub mod broadcast;
pub mod cancel;
pub mod data;
pub mod deliver;
pub mod inquiry;
pub mod link;
pub mod query;
pub mod replace;
pub mod submit;
pub mod submit_multi;

pub use alert::{AlertNotification, Outbind};
pub use bind::{Bind, BindMode, BindResp};
pub use broadcast::{
    BroadcastSm, BroadcastSmResp, CancelBroadcastSm, CancelBroadcastSmResp, QueryBroadcastSm,
    QueryBroadcastSmResp,
};
pub use cancel::{CancelSm, CancelSmResp};
pub use data::{DataSm, DataSmResp};
pub use deliver::{DeliverSm, DeliverSmResp};
pub use inquiry::{
    MessageIds, ParamRetrieve, ParamRetrieveResp, QueryLastMsgs, QueryLastMsgsResp, QueryMsgDetails,
    QueryMsgDetailsResp,
};
pub use link::{EnquireLink, EnquireLinkResp, GenericNack, Unbind, UnbindResp};
pub use query::{QuerySm, QuerySmResp};
pub use replace::{ReplaceSm, ReplaceSmResp};
pub use submit::{SubmitSm, SubmitSmResp};
pub use submit_multi::{
    Destination, DestinationList, Destinations, Failure, FailureList, Failures, SubmitMulti, SubmitMultiResp,
};

use super::read::Reader;
use super::{Command, DecodeError, Encode, EncodeError, Header, Writer};
use std::fmt;

macro_rules! pdus {
    (requests { $($(#[$rdoc:meta])* $request:ident($rtype:ty) = $($rcmd:ident)|+;)* }
     responses { $($(#[$sdoc:meta])* $response:ident($stype:ty) = $($scmd:ident)|+;)* }) => {
        /// Any PDU, borrowed from its frame.
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Pdu<'a> {
            $($(#[$rdoc])* $request($rtype),)*
            $($(#[$sdoc])* $response($stype),)*
            /// A command_id that no version defines, its body as it came.
            Unknown {
                /// The command_id.
                command: Command,
                /// Everything after the header.
                body: &'a [u8],
            },
        }

        impl<'a> Pdu<'a> {
            /// Reads the body of a PDU whose header was read.
            ///
            /// # Errors
            /// When a request lacks a mandatory field or contradicts its length. Responses are read whatever they
            /// hold: what they leave out is empty or 0.
            #[inline]
            pub fn decode(header: &Header, body: &'a [u8]) -> Result<Self, DecodeError> {
                let read = Reader::new(body);
                match header.command {
                    $($(Command::$rcmd)|+ => Ok(Self::$request(<$rtype>::decode(header.command, read)?)),)*
                    _ => Ok(Self::decode_response(header, body)),
                }
            }

            /// Reads the body of a response, which can't fail. A request comes out as `Unknown`.
            #[inline]
            pub fn decode_response(header: &Header, body: &'a [u8]) -> Self {
                let read = Reader::new(body);
                match header.command {
                    $($(Command::$scmd)|+ => Self::$response(<$stype>::decode(header, read)),)*
                    command => Self::Unknown { command, body },
                }
            }
        }

        impl fmt::Debug for Pdu<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$request(pdu) => pdu.fmt(f),)*
                    $(Self::$response(pdu) => pdu.fmt(f),)*
                    Self::Unknown { command, body } => write!(f, "{command} {:?}", Hidden(body)),
                }
            }
        }

        impl Encode for Pdu<'_> {
            #[inline]
            fn command(&self) -> Command {
                match self {
                    $(Self::$request(pdu) => pdu.command(),)*
                    $(Self::$response(pdu) => pdu.command(),)*
                    Self::Unknown { command, .. } => *command,
                }
            }

            #[inline]
            fn body(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
                match self {
                    $(Self::$request(pdu) => pdu.body(out),)*
                    $(Self::$response(pdu) => pdu.body(out),)*
                    Self::Unknown { body, .. } => {
                        out.octets(body);
                        Ok(())
                    }
                }
            }
        }
    };
}

pdus! {
    requests {
        /// submit_sm.
        SubmitSm(SubmitSm<'a>) = SUBMIT_SM;
        /// deliver_sm.
        DeliverSm(DeliverSm<'a>) = DELIVER_SM;
        /// data_sm.
        DataSm(DataSm<'a>) = DATA_SM;
        /// enquire_link.
        EnquireLink(EnquireLink) = ENQUIRE_LINK;
        /// bind_transmitter, bind_receiver or bind_transceiver.
        Bind(Bind<'a>) = BIND_TRANSMITTER | BIND_RECEIVER | BIND_TRANSCEIVER;
        /// unbind.
        Unbind(Unbind) = UNBIND;
        /// outbind.
        Outbind(Outbind<'a>) = OUTBIND;
        /// submit_multi.
        SubmitMulti(SubmitMulti<'a>) = SUBMIT_MULTI;
        /// query_sm.
        QuerySm(QuerySm<'a>) = QUERY_SM;
        /// cancel_sm.
        CancelSm(CancelSm<'a>) = CANCEL_SM;
        /// replace_sm.
        ReplaceSm(ReplaceSm<'a>) = REPLACE_SM;
        /// alert_notification.
        AlertNotification(AlertNotification<'a>) = ALERT_NOTIFICATION;
        /// broadcast_sm.
        BroadcastSm(BroadcastSm<'a>) = BROADCAST_SM;
        /// query_broadcast_sm.
        QueryBroadcastSm(QueryBroadcastSm<'a>) = QUERY_BROADCAST_SM;
        /// cancel_broadcast_sm.
        CancelBroadcastSm(CancelBroadcastSm<'a>) = CANCEL_BROADCAST_SM;
        /// param_retrieve (3.3).
        ParamRetrieve(ParamRetrieve<'a>) = PARAM_RETRIEVE;
        /// query_last_msgs (3.3).
        QueryLastMsgs(QueryLastMsgs<'a>) = QUERY_LAST_MSGS;
        /// query_msg_details (3.3).
        QueryMsgDetails(QueryMsgDetails<'a>) = QUERY_MSG_DETAILS;
    }
    responses {
        /// submit_sm_resp.
        SubmitSmResp(SubmitSmResp<'a>) = SUBMIT_SM_RESP;
        /// deliver_sm_resp.
        DeliverSmResp(DeliverSmResp<'a>) = DELIVER_SM_RESP;
        /// data_sm_resp.
        DataSmResp(DataSmResp<'a>) = DATA_SM_RESP;
        /// enquire_link_resp.
        EnquireLinkResp(EnquireLinkResp) = ENQUIRE_LINK_RESP;
        /// bind_transmitter_resp, bind_receiver_resp or bind_transceiver_resp.
        BindResp(BindResp<'a>) = BIND_TRANSMITTER_RESP | BIND_RECEIVER_RESP | BIND_TRANSCEIVER_RESP;
        /// unbind_resp.
        UnbindResp(UnbindResp) = UNBIND_RESP;
        /// generic_nack.
        GenericNack(GenericNack) = GENERIC_NACK;
        /// submit_multi_resp.
        SubmitMultiResp(SubmitMultiResp<'a>) = SUBMIT_MULTI_RESP;
        /// query_sm_resp.
        QuerySmResp(QuerySmResp<'a>) = QUERY_SM_RESP;
        /// cancel_sm_resp.
        CancelSmResp(CancelSmResp) = CANCEL_SM_RESP;
        /// replace_sm_resp.
        ReplaceSmResp(ReplaceSmResp) = REPLACE_SM_RESP;
        /// broadcast_sm_resp.
        BroadcastSmResp(BroadcastSmResp<'a>) = BROADCAST_SM_RESP;
        /// query_broadcast_sm_resp.
        QueryBroadcastSmResp(QueryBroadcastSmResp<'a>) = QUERY_BROADCAST_SM_RESP;
        /// cancel_broadcast_sm_resp.
        CancelBroadcastSmResp(CancelBroadcastSmResp) = CANCEL_BROADCAST_SM_RESP;
        /// param_retrieve_resp (3.3).
        ParamRetrieveResp(ParamRetrieveResp<'a>) = PARAM_RETRIEVE_RESP;
        /// query_last_msgs_resp (3.3).
        QueryLastMsgsResp(QueryLastMsgsResp<'a>) = QUERY_LAST_MSGS_RESP;
        /// query_msg_details_resp (3.3).
        QueryMsgDetailsResp(QueryMsgDetailsResp<'a>) = QUERY_MSG_DETAILS_RESP;
    }
}

/// The most octets a field may have when written, its NUL not counted (SMPP 3.4 section 5.2, 5.0 section 4.7).
pub(crate) mod max {
    pub(crate) const SYSTEM_ID: usize = 15;
    pub(crate) const PASSWORD: usize = 8;
    pub(crate) const SYSTEM_TYPE: usize = 12;
    pub(crate) const ADDRESS_RANGE: usize = 40;
    pub(crate) const SERVICE_TYPE: usize = 5;
    pub(crate) const ADDRESS: usize = 20;
    pub(crate) const LONG_ADDRESS: usize = 64;
    pub(crate) const TIME: usize = 16;
    pub(crate) const MESSAGE_ID: usize = 64;
    pub(crate) const DL_NAME: usize = 20;
    pub(crate) const PARAM_NAME: usize = 31;
    pub(crate) const PARAM_VALUE: usize = 100;
}

/// Shows how long a text is and nothing of it: what people write is no log's business.
pub(crate) struct Hidden<'a>(pub(crate) &'a [u8]);

impl fmt::Debug for Hidden<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} octets]", self.0.len())
    }
}
