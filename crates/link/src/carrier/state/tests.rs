use super::*;
use std::time::Duration;

/// A carrier that was heard at `heard`, and is asked for signs of life.
fn signs(heard: Instant) -> Signs {
    Signs { heard, probed: None, probes: true, outstanding: 3 }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn up() -> State {
    let mut state = State::new();
    state.log_in();
    state
}

#[test]
fn work_is_taken_while_the_link_is_up_and_flows() {
    let start = crate::now();
    let mut state = State::new();
    assert!(!state.takes(signs(start)), "not before the login is answered");
    state.log_in();
    assert!(state.takes(signs(start)) && !state.is_dry());
    state.run_dry();
    assert!(state.takes(signs(start)) && state.is_dry(), "more is welcome");
    state.refill();
    assert!(!state.is_dry());
    state.leave(start + seconds(2));
    assert!(!state.takes(signs(start)) && state.flows(signs(start)), "what was begun is written to its end");
}

#[test]
fn a_pause_lasts_until_its_time_and_is_told_once() {
    let start = crate::now();
    let mut state = up();
    assert!(state.pause(start + seconds(60)));
    assert!(!state.pause(start + seconds(70)), "a second answer prolongs it");
    assert!(!state.takes(signs(start)) && !state.flows(signs(start)));
    assert_eq!(
        (state.deadline(), state.paused_until()),
        (Some(start + seconds(70)), Some(start + seconds(70)))
    );
    assert!(!state.resume(start + seconds(69), signs(start)));
    assert!(state.resume(start + seconds(70), signs(start)));
    assert!(state.takes(signs(start)) && state.deadline().is_none());
}

#[test]
fn after_a_part_was_unanswered_nothing_goes_out_until_the_carrier_is_heard() {
    let (start, now) = (crate::now(), crate::now() + seconds(30));
    let heard_since = Signs { heard: start + seconds(1), ..signs(start) };
    let mut state = up();
    state.doubt(start, now, heard_since);
    assert!(!state.is_lost() && !state.takes(heard_since) && !state.flows(heard_since));
    assert!(
        !state.resume(now + seconds(1), heard_since) && !state.flows(heard_since),
        "time alone ends no doubt"
    );
    let heard = Signs { heard: now, ..heard_since };
    assert!(state.takes(heard));
    assert!(!state.resume(now, heard), "it was no pause");
    assert_eq!(state, up());
}

#[test]
fn a_carrier_that_is_never_asked_is_sent_one_part_at_a_time_while_it_is_in_doubt() {
    let (start, now) = (crate::now(), crate::now() + seconds(30));
    let never = Signs { probes: false, heard: start + seconds(1), ..signs(start) };
    let mut state = up();
    state.doubt(start, now, never);
    assert!(!state.flows(never) && state.flows(Signs { outstanding: 0, ..never }));
}

#[test]
fn a_carrier_that_owes_an_answer_and_was_not_heard_since_is_lost_if_it_was_asked() {
    let (written, now) = (crate::now(), crate::now() + seconds(30));
    let asked = |at| Signs { probed: Some(at), ..signs(written) };
    for (signs, is_lost) in [
        (asked(now - seconds(15)), true),
        (asked(now), false),
        (signs(written), false),
        (Signs { probes: false, ..signs(written) }, true),
        (Signs { heard: written + seconds(1), ..asked(now - seconds(15)) }, false),
    ] {
        let mut state = up();
        state.doubt(written, now, signs);
        assert_eq!((state.is_lost(), state.was_up()), (is_lost, true), "{signs:?}");
        assert!(!state.takes(signs));
    }
}

#[test]
fn a_doubt_outlasts_a_pause() {
    let (start, now) = (crate::now(), crate::now() + seconds(30));
    let heard_since = Signs { heard: start + seconds(1), ..signs(start) };
    for doubted_first in [true, false] {
        let mut state = up();
        if doubted_first {
            state.doubt(start, now, heard_since);
        }
        state.pause(now + seconds(60));
        if !doubted_first {
            state.doubt(start, now, heard_since);
        }
        assert!(state.resume(now + seconds(60), heard_since), "the pause is over");
        assert!(!state.flows(heard_since), "and the doubt is not");
        let heard = Signs { heard: now + seconds(61), ..heard_since };
        state.resume(now + seconds(61), heard);
        assert_eq!(state, up());
    }
}

#[test]
fn goodbye_is_said_once_when_all_is_quiet_or_the_time_is_over() {
    let start = crate::now();
    let by = start + seconds(10);
    let mut state = up();
    assert!(!state.says_goodbye(start, true), "nobody leaves");
    state.leave(by);
    assert_eq!(state.deadline(), Some(by));
    assert!(!state.says_goodbye(start, false));
    assert!(state.says_goodbye(start, true) && !state.says_goodbye(by, true));
    assert_eq!(state.deadline(), None);
    // The carrier wants to leave as well, and is to be answered.
    state.leave(by);
    assert!(!state.says_goodbye(start, false) && state.says_goodbye(by, false));
    assert!(state.is_leaving() && state.was_up());
}

#[test]
fn what_was_never_up_stays_so_however_it_ends() {
    let start = crate::now();
    let mut left = State::new();
    left.leave(start);
    left.log_in();
    assert!(!left.was_up() && !left.takes(signs(start)));
    let mut lost = State::new();
    lost.lose();
    lost.leave(start);
    assert!(lost.is_lost() && !lost.was_up());
}
