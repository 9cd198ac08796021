//! The PDUs without a body: enquire_link, unbind and generic_nack (SMPP 3.4 sections 4.2, 4.3 and 4.11).
//! A body that a peer sends with one is ignored.

use crate::smpp::read::{Decoded, Reader};
use crate::smpp::{Command, Encode, EncodeError, Header, Writer};

macro_rules! bodiless {
    ($($(#[$doc:meta])* $type:ident = $command:ident;)*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
        pub struct $type;

        impl Encode for $type {
            #[inline]
            fn command(&self) -> Command {
                Command::$command
            }

            #[inline]
            fn body(&self, _: &mut Writer<'_>) -> Result<(), EncodeError> {
                Ok(())
            }
        })*
    };
}
pub(super) use bodiless;

bodiless! {
    /// Asks whether the peer is still there (SMPP 3.4 section 4.11.1).
    EnquireLink = ENQUIRE_LINK;
    /// The answer to enquire_link (SMPP 3.4 section 4.11.2).
    EnquireLinkResp = ENQUIRE_LINK_RESP;
    /// Ends a session (SMPP 3.4 section 4.2.1).
    Unbind = UNBIND;
    /// The answer to unbind (SMPP 3.4 section 4.2.2).
    UnbindResp = UNBIND_RESP;
    /// Refuses what couldn't be read as a PDU (SMPP 3.4 section 4.3.1).
    GenericNack = GENERIC_NACK;
}

macro_rules! decode_empty {
    (requests { $($request:ident)* } responses { $($response:ident)* }) => {
        $(impl $request {
            pub(super) fn decode(_: Command, _: Reader<'_>) -> Decoded<Self> {
                Ok(Self)
            }
        })*
        $(impl $response {
            pub(super) fn decode(_: &Header, _: Reader<'_>) -> Self {
                Self
            }
        })*
    };
}
pub(super) use decode_empty;

decode_empty! {
    requests { EnquireLink Unbind }
    responses { EnquireLinkResp UnbindResp GenericNack }
}
