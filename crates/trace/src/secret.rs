//! Keeps passwords out of recordings. Octets that may be a password count as one.

use postrider_wire::smpp::header::HEADER_LEN;
use postrider_wire::smpp::pdu::BindMode;
use postrider_wire::smpp::{Command, Frame};

/// The octet that replaces each octet of a password.
const HIDDEN: u8 = b'*';

/// Whether a PDU has a password in it: a bind (SMPP 3.4 section 4.1) or an outbind.
pub(crate) fn has_password(octets: &[u8]) -> bool {
    let Some(frame) = Frame::whole(octets) else { return false };
    let command = frame.header.command;
    !command.is_response() && (BindMode::of(command).is_some() || command == Command::OUTBIND)
}

/// Hides the password of such a PDU: the second of its strings. Where the first has no end, everything is hidden.
pub(crate) fn hide_password(octets: &mut [u8]) {
    let body = octets.get_mut(HEADER_LEN..).unwrap_or_default();
    let rest = match body.iter().position(|octet| *octet == 0) {
        Some(end) => body.get_mut(end + 1..).unwrap_or_default(),
        None => body,
    };
    for octet in rest.iter_mut().take_while(|octet| **octet != 0) {
        *octet = HIDDEN;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;
    use postrider_wire::smpp::pdu::{Bind, BindResp, Outbind};
    use postrider_wire::smpp::{Encode, Pdu, Status};

    fn written(pdu: &impl Encode) -> Vec<u8> {
        let mut octets = BytesMut::new();
        pdu.encode(Status::ROK, 1, &mut octets).unwrap();
        octets.to_vec()
    }

    #[test]
    fn the_password_of_a_bind_is_hidden_and_all_else_stays() {
        for mode in [BindMode::Transmitter, BindMode::Receiver, BindMode::Transceiver] {
            let mut octets = written(&Bind { system_type: b"SMPP", ..Bind::new(mode, b"shop", b"secret12") });
            assert!(has_password(&octets));
            hide_password(&mut octets);
            let frame = Frame::whole(&octets).unwrap();
            let Ok(Pdu::Bind(bind)) = frame.decode() else { panic!("no bind") };
            assert_eq!(
                (bind.system_id, bind.password, bind.system_type),
                (&b"shop"[..], &b"********"[..], &b"SMPP"[..])
            );
        }
        assert!(!has_password(&written(&BindResp::new(BindMode::Transceiver, b"smsc"))));
    }

    #[test]
    fn the_password_of_an_outbind_is_hidden_even_without_its_end() {
        let mut octets = written(&Outbind { system_id: b"smsc", password: b"secret", ..Outbind::default() });
        octets.pop();
        assert!(has_password(&octets));
        hide_password(&mut octets);
        assert!(octets.ends_with(b"smsc\0******"));
    }

    #[test]
    fn where_no_border_is_everything_is_hidden() {
        let mut octets = written(&Bind::new(BindMode::Receiver, b"shop", b"secret"));
        octets.truncate(HEADER_LEN);
        octets.extend_from_slice(b"shopsecret");
        hide_password(&mut octets);
        assert!(octets.ends_with(b"**********"));
    }
}
