//! Moves octets between a client's session and its socket, and does what the story asks for.

use super::Packet;
use bytes::{Bytes, BytesMut};
use postrider_wire::smpp::pdu::{DataSmResp, DeliverSmResp, UnbindResp};
use postrider_wire::smpp::{Command, Encode, Event, Pdu, Reason, Role, Session, Settings, Status};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

/// In place of a status: nothing is answered.
pub(super) const SILENT: u32 = u32::MAX;

/// What a story wants of a session.
#[derive(Debug)]
pub(super) enum Job {
    Request(Packet, oneshot::Sender<Packet>),
    Write(Bytes),
    Unbind,
}

/// A session and its socket.
#[derive(Debug)]
pub(super) struct Drive {
    socket: TcpStream,
    session: Session<oneshot::Sender<Packet>>,
    delivered: mpsc::UnboundedSender<Packet>,
    answer: Arc<AtomicU32>,
}

/// An event that doesn't borrow.
enum Happened {
    Asked(u32, Packet),
    Answered(oneshot::Sender<Packet>, Packet),
    Unbind(u32),
    Closed(Reason),
    Nothing,
}

impl Drive {
    pub(super) fn new(
        socket: TcpStream,
        settings: Settings,
        delivered: mpsc::UnboundedSender<Packet>,
        answer: Arc<AtomicU32>,
    ) -> Self {
        let session = Session::new(Role::Client, settings, Instant::now());
        Self { socket, session, delivered, answer }
    }

    /// Goes on until the session or the story is over.
    pub(super) async fn run(mut self, mut jobs: mpsc::UnboundedReceiver<Job>) -> Reason {
        loop {
            if let Some(reason) = self.take_events().await {
                return reason;
            }
            let deadline = self.session.deadline();
            let wants_input = self.session.wants_input();
            tokio::select! {
                read = self.socket.read_buf(self.session.input()), if wants_input => match read {
                    Ok(0) => self.session.close(Reason::Disconnected("closed by the server".to_owned())),
                    Ok(_) => {}
                    Err(error) => self.session.close(Reason::Disconnected(error.to_string())),
                },
                job = jobs.recv() => match job {
                    Some(job) => self.do_job(job),
                    None => return Reason::Disconnected("the story let go of it".to_owned()),
                },
                () = until(deadline) => self.session.tick(Instant::now()),
            }
        }
    }

    async fn take_events(&mut self) -> Option<Reason> {
        let mut reason = None;
        while let Some(event) = self.session.next(Instant::now()) {
            match happened(event) {
                Happened::Asked(sequence, packet) => self.take_request(sequence, packet),
                // A story may not want to know.
                Happened::Answered(token, packet) => drop(token.send(packet)),
                Happened::Unbind(sequence) => self.respond(sequence, Status::ROK, &UnbindResp),
                Happened::Closed(why) => reason = Some(why),
                Happened::Nothing => {}
            }
        }
        if !self.session.output().is_empty() {
            if let Err(error) = self.socket.write_all(self.session.output()).await {
                reason.get_or_insert(Reason::Disconnected(error.to_string()));
            }
            self.session.output().clear();
        }
        reason
    }

    fn take_request(&mut self, sequence: u32, packet: Packet) {
        let status = self.answer.load(Ordering::Relaxed);
        if status != SILENT {
            match packet.command() {
                Command::DELIVER_SM => self.respond(sequence, Status(status), &DeliverSmResp::default()),
                Command::DATA_SM => self.respond(sequence, Status(status), &DataSmResp::default()),
                // The others have no answer.
                _ => {}
            }
        }
        // Nobody listens any more at the end of a story.
        let _ = self.delivered.send(packet);
    }

    fn do_job(&mut self, job: Job) {
        let now = Instant::now();
        match job {
            Job::Request(packet, token) => drop(self.session.request(&packet.pdu(), token, now).unwrap()),
            Job::Write(octets) => self.session.output().extend_from_slice(&octets),
            Job::Unbind => drop(self.session.unbind(now).unwrap()),
        }
    }

    fn respond(&mut self, sequence: u32, status: Status, pdu: &impl Encode) {
        self.session.respond(sequence, status, pdu, Instant::now()).unwrap();
    }
}

fn happened(event: Event<'_, oneshot::Sender<Packet>>) -> Happened {
    match event {
        Event::Request { sequence, pdu } => Happened::Asked(sequence, keep(Status::ROK, sequence, &pdu)),
        Event::Response { token, sequence, status, pdu } => {
            Happened::Answered(token, keep(status, sequence, &pdu))
        }
        Event::Unbind { sequence } => Happened::Unbind(sequence),
        Event::Closed(reason) => Happened::Closed(reason),
        Event::Malformed { header, error } => {
            panic!("the server sent a malformed {}: {error}", header.command)
        }
        Event::TimedOut { .. } | Event::LateResponse { .. } | Event::Refused { .. } => Happened::Nothing,
    }
}

/// A copy of a PDU. That it can be written strictly is part of what a story checks.
fn keep(status: Status, sequence: u32, pdu: &Pdu<'_>) -> Packet {
    let mut octets = BytesMut::new();
    pdu.encode(status, sequence, &mut octets).unwrap();
    Packet::new(octets.freeze())
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => pending().await,
    }
}
