//! The line to a modem: a serial device, or a TCP connection to a converter.

use super::memory::Shared;
use super::{Settings, hook, search};
use futures_util::future::BoxFuture;
use postrider_declare::upstream::modem::{Device, Mark};
use postrider_link::connect::{Dial, Dialed, Dialer, Host, Stream, words};
use postrider_link::serial::{Mode8N1, Serial};
use postrider_link::telnet::Telnet;
use postrider_trace::Ends;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Opens the line; before that, the hook runs if the modem was of no use again and again.
#[derive(Clone, Debug)]
pub(super) struct Opener {
    settings: Arc<Settings>,
    way: Way,
    memory: Shared,
    /// Devices are looked through by one at a time: two would each find those of the other in use.
    search: Arc<Mutex<()>>,
}

/// Opens the lines of an upstream's modems, each by its link's place.
#[derive(Debug)]
pub(super) struct Openers(pub(super) Vec<Opener>);

/// Where the modem is.
#[derive(Clone, Debug)]
enum Way {
    Serial(PathBuf, Mode8N1),
    Sought(Mark, Mode8N1),
    Tcp(Dialer),
    Telnet(Dialer, Mode8N1),
}

/// The converter of a modem that is not at a serial device.
pub(super) fn hosts(settings: &Settings) -> Vec<Host> {
    match &*settings.device {
        Device::Serial(_) | Device::Sought(_) => Vec::new(),
        Device::Tcp { host, port, .. } => vec![Host { name: host.clone(), port: *port }],
    }
}

impl Opener {
    pub(super) fn new(settings: &Arc<Settings>, memory: &Shared, search: &Arc<Mutex<()>>) -> Self {
        let mode = Mode8N1 { baud: settings.baud, hardware_flow: settings.hardware_flow };
        let dialer = Dialer { tls: None, local: None, patience: settings.limits.connect };
        let way = match &*settings.device {
            Device::Serial(path) => Way::Serial(path.clone(), mode),
            Device::Sought(mark) => Way::Sought(mark.clone(), mode),
            Device::Tcp { telnet: false, .. } => Way::Tcp(dialer),
            Device::Tcp { telnet: true, .. } => Way::Telnet(dialer, mode),
        };
        let (settings, search) = (Arc::clone(settings), Arc::clone(search));
        Self { settings, way, memory: memory.clone(), search }
    }

    /// Opens the line.
    pub(super) async fn open(&self, hosts: &[Host]) -> Dialed {
        if let Some(hook) = &self.settings.hook {
            hook::run_if_due(hook, &self.settings, &self.memory).await;
        }
        let _alone = match &self.way {
            Way::Sought(..) => Some(self.search.lock().await),
            Way::Serial(..) | Way::Tcp(_) | Way::Telnet(..) => None,
        };
        let dialed = self.way.open(hosts).await;
        dialed.inspect_err(|why| self.memory.failed(why))
    }
}

impl Way {
    async fn open(&self, hosts: &[Host]) -> Dialed {
        let serial = |opened: Serial| {
            let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
            let stream: Box<dyn Stream> = Box::new(opened);
            (stream, Ends { local: nowhere, peer: nowhere })
        };
        match self {
            Self::Tcp(dialer) => dialer.dial(hosts, 0).await,
            Self::Telnet(dialer, mode) => {
                let (stream, ends) = dialer.dial(hosts, 0).await?;
                let stream: Box<dyn Stream> = Box::new(Telnet::new(stream, *mode));
                Ok((stream, ends))
            }
            Self::Serial(path, mode) => {
                Serial::open(path, *mode).map(serial).map_err(|error| why(path, &error))
            }
            Self::Sought(mark, mode) => search::find(mark, *mode, search::candidates(mark)).await.map(serial),
        }
    }
}

impl Dial for Openers {
    fn dial<'a>(&'a self, hosts: &'a [Host], link: usize) -> BoxFuture<'a, Dialed> {
        Box::pin(async move {
            let opener = self.0.get(link).ok_or_else(|| "there is no such modem".to_owned())?;
            opener.open(hosts).await
        })
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
