//! Who may send what, and when: the table of SMPP 3.4 section 2.3 and 5.0 section 2.4, once for both ends.

use super::{Role, State};
use crate::smpp::Command;

/// A set of states, one bit each.
#[derive(Clone, Copy)]
struct States(u8);

const NEVER: States = States(0);
const OPEN: States = States(0b000_0001);
const OUTBOUND: States = States(0b000_0010);
const TX: States = States(0b000_0100);
const RX: States = States(0b000_1000);
const TRX: States = States(0b001_0000);
const UNBINDING: States = States(0b010_0000);
const BOUND: States = TX.or(RX).or(TRX);
const SENDING: States = TX.or(TRX);
const RECEIVING: States = RX.or(TRX);
const ALWAYS: States = OPEN.or(OUTBOUND).or(BOUND).or(UNBINDING);

impl States {
    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn holds(self, state: State) -> bool {
        let bit = match state {
            State::Open => OPEN,
            State::Outbound => OUTBOUND,
            State::BoundTx => TX,
            State::BoundRx => RX,
            State::BoundTrx => TRX,
            State::Unbinding => UNBINDING,
            State::Closed => NEVER,
        };
        self.0 & bit.0 != 0
    }
}

/// The states in which the client, and those in which the server, may send a request.
const fn senders(command: Command) -> (States, States) {
    match command {
        Command::SUBMIT_SM => (SENDING, NEVER),
        Command::DELIVER_SM => (NEVER, RECEIVING),
        Command::DATA_SM => (SENDING, RECEIVING),
        Command::ENQUIRE_LINK => (ALWAYS, ALWAYS),
        Command::BIND_TRANSMITTER => (OPEN, NEVER),
        Command::BIND_RECEIVER | Command::BIND_TRANSCEIVER => (OPEN.or(OUTBOUND), NEVER),
        Command::OUTBIND => (NEVER, OPEN),
        Command::UNBIND => (BOUND, BOUND),
        Command::SUBMIT_MULTI => (SENDING, NEVER),
        Command::QUERY_SM | Command::CANCEL_SM | Command::REPLACE_SM => (SENDING, NEVER),
        Command::ALERT_NOTIFICATION => (NEVER, RECEIVING),
        Command::BROADCAST_SM | Command::QUERY_BROADCAST_SM | Command::CANCEL_BROADCAST_SM => {
            (SENDING, NEVER)
        }
        Command::PARAM_RETRIEVE | Command::QUERY_LAST_MSGS | Command::QUERY_MSG_DETAILS => (BOUND, NEVER),
        _ => (NEVER, NEVER),
    }
}

/// Whether `role` may send this request in this state.
pub(super) fn may_send(role: Role, command: Command, state: State) -> bool {
    let (client, server) = senders(command);
    match role {
        Role::Client => client.holds(state),
        Role::Server => server.holds(state),
    }
}

/// Whether any version lets `role` send this request at all.
pub(super) fn may_ever_send(role: Role, command: Command) -> bool {
    let (client, server) = senders(command);
    match role {
        Role::Client => client.0 != 0,
        Role::Server => server.0 != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_decides_which_way_messages_go() {
        for (state, submit, deliver) in [
            (State::Open, false, false),
            (State::BoundTx, true, false),
            (State::BoundRx, false, true),
            (State::BoundTrx, true, true),
            (State::Unbinding, false, false),
            (State::Closed, false, false),
        ] {
            assert_eq!(may_send(Role::Client, Command::SUBMIT_SM, state), submit, "{state:?}");
            assert_eq!(may_send(Role::Server, Command::DELIVER_SM, state), deliver, "{state:?}");
            assert!(!may_send(Role::Server, Command::SUBMIT_SM, state), "{state:?}");
        }
    }

    #[test]
    fn only_an_open_session_binds() {
        assert!(may_send(Role::Client, Command::BIND_TRANSMITTER, State::Open));
        assert!(may_send(Role::Client, Command::BIND_RECEIVER, State::Outbound));
        assert!(!may_send(Role::Client, Command::BIND_TRANSCEIVER, State::BoundTrx));
        assert!(!may_ever_send(Role::Server, Command::BIND_TRANSCEIVER));
    }
}
