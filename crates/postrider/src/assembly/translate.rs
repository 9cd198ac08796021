//! An adapter's settings, made of the declaration of its upstream; TLS aside.

use postrider_downstream::resource::{
    self, AddressType, DeclaredHost, DeclaredUpstream, IdPlace, MessageMode, SmppVersion, UpstreamDocument,
    ValidityForm,
};
use postrider_upstream::smpp::{
    Flash, Host, Login, Long, Mode, PortForm, Receipts, Settings, Text, Timers, Validity,
};
use postrider_wire::smpp::{Npi, Ton};

/// The adapter's settings; how long it may take to stop is for its caller to say.
pub(super) fn translated(declared: &DeclaredUpstream) -> Settings {
    let document = &declared.document;
    let hosts = hosts(&declared.hosts);
    let unknown = Host { name: "".into(), port: 0 };
    let first = hosts.first().cloned().unwrap_or(unknown);
    let mut settings = Settings::new(&document.name, first, &document.system_id, &declared.password);
    settings.hosts = hosts;
    settings.receiver_hosts = self::hosts(&declared.receiver_hosts);
    settings.bind_ip = declared.bind_ip;
    logins(declared, &mut settings);
    settings.mode = mode(document.mode);
    settings.binds = document.binds.into();
    settings.window = document.window.into();
    settings.text = text(document);
    addresses(document, &mut settings);
    settings.service_type = document.service_type.as_str().into();
    settings.message_mode = match document.message_mode {
        MessageMode::Default => 0,
        MessageMode::Datagram => 1,
        MessageMode::Forward => 2,
        MessageMode::StoreAndForward => 3,
    };
    settings.parameters = declared.parameters.clone();
    settings.faults = declared.errors.clone();
    settings.registered_delivery = document.registered_delivery;
    settings.validity = match document.validity {
        ValidityForm::Relative => Validity::Relative(declared.validity_max),
        ValidityForm::Absolute => Validity::Absolute(declared.validity_max),
        ValidityForm::Omit => Validity::Omit,
    };
    if let Some(receipts) = &document.receipts {
        settings.receipts = Receipts {
            accepted_is_final: receipts.accepted_is_final,
            id_tag: declared.id_tag,
            id_in_text: receipts.id_from == IdPlace::Text,
            words: declared.words.clone(),
            echo_id: receipts.echo_id,
            ask: declared.ask.is_some(),
        };
    }
    settings.timers = Timers {
        enquire: declared.enquire_link,
        response: declared.response_timeout,
        reconnect_max: declared.reconnect_max,
        login_retry: declared.login_retry,
        session_timeout: declared.session_timeout,
        pause: declared.pause,
        ..Timers::default()
    };
    settings
}

fn hosts(hosts: &[DeclaredHost]) -> Vec<Host> {
    hosts.iter().map(|host| Host { name: host.name.clone(), port: host.port }).collect()
}

fn logins(declared: &DeclaredUpstream, settings: &mut Settings) {
    let document = &declared.document;
    let login = &mut settings.login;
    login.system_type = document.system_type.as_str().into();
    login.version = match document.version {
        SmppVersion::V33 => 0x33,
        SmppVersion::V34 => 0x34,
        SmppVersion::V50 => 0x50,
    };
    login.address_range = document.address_range.as_str().into();
    if let Some(range) = document.addresses.as_ref().and_then(|addresses| addresses.range) {
        (login.ton, login.npi) = kind(range);
    }
    settings.receiver_login = document.receiver.as_ref().map(|receiver| Login {
        system_id: receiver.system_id.as_ref().unwrap_or(&document.system_id).as_str().into(),
        password: declared.receiver_password.clone(),
        ..settings.login.clone()
    });
}

const fn mode(mode: resource::Mode) -> Mode {
    match mode {
        resource::Mode::Transceiver => Mode::Transceiver,
        resource::Mode::TransmitterReceiver => Mode::Pair,
        resource::Mode::Transmitter => Mode::Transmitter,
    }
}

fn text(document: &UpstreamDocument) -> Text {
    Text {
        alphabet: document.alphabet.into(),
        long: match document.long {
            resource::LongText::Udh8 => Long::Udh8,
            resource::LongText::Udh16 => Long::Udh16,
            resource::LongText::Sar => Long::Sar,
            resource::LongText::Payload => Long::Payload,
        },
        flash: match document.flash {
            resource::Flash::DcsF0 => Flash::Class,
            resource::Flash::Dcs10 => Flash::GeneralClass,
            resource::Flash::DestAddrSubunit => Flash::Subunit,
        },
        binary_coding: match document.binary {
            resource::Binary::Dcs04 => 0x04,
            resource::Binary::DcsF5 => 0xF5,
        },
        ports: match document.ports {
            resource::PortForm::Udh => PortForm::Header,
            resource::PortForm::Parameters => PortForm::Parameters,
        },
        parts_max: document.parts_max,
        ..Text::default()
    }
}

fn addresses(document: &UpstreamDocument, settings: &mut Settings) {
    settings.addresses.alphabet = document.address_alphabet.into();
    let Some(declared) = &document.addresses else { return };
    let usual = settings.addresses;
    settings.addresses.number = declared.number.map_or(usual.number, kind);
    settings.addresses.code = declared.code.map_or(usual.code, kind);
    settings.addresses.name = declared.name.map_or(usual.name, kind);
    settings.addresses.recipient = declared.recipient.map_or(usual.recipient, kind);
    settings.addresses.plus = declared.plus;
}

const fn kind(kind: AddressType) -> (Ton, Npi) {
    (Ton(kind.ton), Npi(kind.npi))
}
