//! The line to a modem: a serial device, or a TCP connection to a converter.

use super::Settings;
use futures_util::future::BoxFuture;
use postrider_declare::upstream::modem::Device;
use postrider_link::connect::{Dial, Dialed, Dialer, Host, Stream, words};
use postrider_link::serial::{Mode8N1, Serial};
use postrider_link::telnet::Telnet;
use postrider_trace::Ends;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Opens the line.
#[derive(Clone, Debug)]
pub(super) enum Opener {
    Serial(PathBuf, Mode8N1),
    Tcp(Dialer),
    Telnet(Dialer, Mode8N1),
}

/// The converter of a modem that is not at a serial device.
pub(super) fn hosts(settings: &Settings) -> Vec<Host> {
    match &*settings.device {
        Device::Serial(_) => Vec::new(),
        Device::Tcp { host, port, .. } => vec![Host { name: host.clone(), port: *port }],
    }
}

impl Opener {
    pub(super) fn new(settings: &Settings) -> Self {
        let mode = Mode8N1 { baud: settings.baud, hardware_flow: settings.hardware_flow };
        let dialer = Dialer { tls: None, local: None, patience: settings.limits.connect };
        match &*settings.device {
            Device::Serial(path) => Self::Serial(path.clone(), mode),
            Device::Tcp { telnet: false, .. } => Self::Tcp(dialer),
            Device::Tcp { telnet: true, .. } => Self::Telnet(dialer, mode),
        }
    }
}

impl Dial for Opener {
    fn dial<'a>(&'a self, hosts: &'a [Host], turn: usize) -> BoxFuture<'a, Dialed> {
        match self {
            Self::Tcp(dialer) => dialer.dial(hosts, turn),
            Self::Telnet(dialer, mode) => Box::pin(async move {
                let (stream, ends) = dialer.dial(hosts, turn).await?;
                let stream: Box<dyn Stream> = Box::new(Telnet::new(stream, *mode));
                Ok((stream, ends))
            }),
            Self::Serial(path, mode) => Box::pin(async move {
                let opened = Serial::open(path, *mode).map_err(|error| why(path, &error))?;
                let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
                let stream: Box<dyn Stream> = Box::new(opened);
                Ok((stream, Ends { local: nowhere, peer: nowhere }))
            }),
        }
    }
}

/// Why a device can't be opened, and what to do.
fn why(path: &std::path::Path, error: &io::Error) -> String {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("{path} is not there: the modem is unplugged, or has another name{}", others())
        }
        io::ErrorKind::PermissionDenied => {
            format!(
                "{path} may not be opened: the gateway's user must be in the group that owns it, mostly dialout"
            )
        }
        io::ErrorKind::ResourceBusy => {
            format!(
                "{path} is another program's, such as ModemManager's: stop that, or keep it from this modem"
            )
        }
        _ => format!("{path} can't be opened as a serial line: {}", words(error)),
    }
}

/// The serial devices that are there.
fn others() -> String {
    let names: Vec<String> = Serial::names().iter().map(|name| name.display().to_string()).collect();
    if names.is_empty() { String::new() } else { format!(". There are: {}", names.join(", ")) }
}
