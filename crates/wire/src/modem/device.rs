//! The modem's end: command lines and what follows a prompt come in, lines go out.

use super::LINE_MAX;
use crate::Endpoint;
use bytes::{Buf, BytesMut};

const READ_ROOM: usize = 4 * 1_024;
const CTRL_Z: u8 = 0x1A;
const ESCAPE: u8 = 0x1B;

/// What a terminal wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A command line, without its end.
    Command(String),
    /// What follows the prompt.
    Text(String),
    /// What follows the prompt was taken back.
    Escaped,
}

/// The modem's end of a connection to a terminal.
#[derive(Debug, Default)]
pub struct Device {
    input: BytesMut,
    output: BytesMut,
    /// Whether what is typed is written back.
    pub echo: bool,
    prompted: bool,
}

impl Device {
    /// A device that echoes, as modems do at first.
    #[must_use]
    pub fn new() -> Self {
        Self { echo: true, ..Self::default() }
    }

    /// Starts anew: what was typed is forgotten.
    pub fn restart(&mut self) {
        self.input.clear();
        (self.echo, self.prompted) = (true, false);
    }

    /// The next command or text, or `None` until more has come.
    pub fn read(&mut self) -> Option<Input> {
        if self.prompted {
            return self.text();
        }
        loop {
            let end = self.input.iter().position(|octet| matches!(*octet, b'\r' | b'\n' | ESCAPE | CTRL_Z));
            let Some(end) = end else {
                if self.input.len() > LINE_MAX {
                    self.input.clear();
                }
                return None;
            };
            let line = self.input.split_to(end);
            let by = self.input.first().copied();
            self.input.advance(1);
            // An escape takes back what was typed.
            if line.is_empty() || by != Some(b'\r') && by != Some(b'\n') {
                continue;
            }
            if self.echo {
                self.output.extend_from_slice(&line);
                self.output.extend_from_slice(b"\r");
            }
            return Some(Input::Command(String::from_utf8_lossy(&line).trim().to_owned()));
        }
    }

    /// Writes a line.
    pub fn line(&mut self, line: &str) {
        self.output.extend_from_slice(b"\r\n");
        self.output.extend_from_slice(line.as_bytes());
        self.output.extend_from_slice(b"\r\n");
    }

    /// Asks for what follows the command.
    pub fn prompt(&mut self) {
        self.output.extend_from_slice(b"\r\n> ");
        self.prompted = true;
    }

    fn text(&mut self) -> Option<Input> {
        let end = self.input.iter().position(|octet| matches!(*octet, CTRL_Z | ESCAPE));
        let Some(end) = end else {
            if self.input.len() > LINE_MAX {
                self.input.clear();
            }
            return None;
        };
        let text = self.input.split_to(end);
        let is_whole = self.input.first() == Some(&CTRL_Z);
        self.input.advance(1);
        self.prompted = false;
        if self.echo {
            self.output.extend_from_slice(&text);
        }
        Some(if is_whole {
            Input::Text(String::from_utf8_lossy(&text).trim().to_owned())
        } else {
            Input::Escaped
        })
    }
}

impl Endpoint for Device {
    fn input(&mut self) -> &mut BytesMut {
        self.input.reserve(READ_ROOM);
        &mut self.input
    }

    fn wants_input(&self) -> bool {
        self.output.len() <= 1_024 * 1_024
    }

    fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }
}
