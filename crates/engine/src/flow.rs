//! The parts that an upstream was given: in flight until the carrier has answered, then unrecorded until that is durable.
//!
//! Both are what a crash could send twice, so each has a limit. Parts in flight are held to the upstream's window. Answered
//! parts free it at once, so that a small window isn't spent on waiting for the disk; while they wait to be recorded they
//! are held to [`Flow::unrecorded_max`].

/// Answered parts of one upstream that may always wait to be recorded, however small its window is.
const UNRECORDED_MIN: usize = 100;

/// Counts of one upstream's parts on this node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flow {
    /// Parts given out and not answered yet.
    in_flight: usize,
    /// Parts answered and not recorded yet.
    unrecorded: usize,
}

impl Flow {
    /// Parts given out and not recorded yet.
    pub(crate) const fn unsettled(self) -> usize {
        self.in_flight + self.unrecorded
    }

    /// Parts given out and not answered yet.
    pub(crate) const fn in_flight(self) -> usize {
        self.in_flight
    }

    /// Answered parts that may wait to be recorded: as many as the window has, and at least [`UNRECORDED_MIN`].
    pub(crate) fn unrecorded_max(window: usize) -> usize {
        window.max(UNRECORDED_MIN)
    }

    /// Parts that may be given out now, within a window of so many.
    pub(crate) fn room(self, window: usize) -> usize {
        if self.is_held_up(window) { 0 } else { window.saturating_sub(self.in_flight) }
    }

    /// Whether nothing is given out before answers are recorded.
    pub(crate) fn is_held_up(self, window: usize) -> bool {
        self.unrecorded >= Self::unrecorded_max(window)
    }

    /// Whether a message of so many parts may be given out. One that is longer than the window goes alone.
    pub(crate) fn takes(self, parts: usize, window: usize) -> bool {
        let fits = parts <= window.saturating_sub(self.in_flight) || self.in_flight == 0;
        window > 0 && fits && !self.is_held_up(window)
    }

    /// So many parts are given out.
    pub(crate) fn give(&mut self, parts: usize) {
        self.in_flight += parts;
    }

    /// The carrier has answered so many.
    pub(crate) fn answer(&mut self, parts: usize) {
        self.in_flight = self.in_flight.saturating_sub(parts);
        self.unrecorded += parts;
    }

    /// So many of the answered are recorded, or need not be.
    pub(crate) fn record(&mut self, parts: usize) {
        self.unrecorded = self.unrecorded.saturating_sub(parts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_frees_the_window_and_a_record_frees_the_rest() {
        let mut flow = Flow::default();
        flow.give(10);
        assert_eq!((flow.room(10), flow.takes(1, 10)), (0, false));
        flow.answer(4);
        assert_eq!((flow.room(10), flow.unsettled(), flow.in_flight()), (4, 10, 6));
        flow.answer(6);
        flow.record(10);
        assert_eq!(flow, Flow::default());
    }

    #[test]
    fn answers_that_wait_to_be_recorded_have_a_limit_of_their_own() {
        for window in [1, 10, 1_000] {
            let (mut flow, most) = (Flow::default(), Flow::unrecorded_max(window));
            while flow.takes(1, window) {
                flow.give(1);
                flow.answer(1);
            }
            assert_eq!(flow, Flow { in_flight: 0, unrecorded: most }, "{window}");
            assert_eq!(flow.room(window), 0);
            flow.record(1);
            assert!(flow.takes(1, window), "{window}");
        }
    }

    #[test]
    fn a_message_longer_than_the_window_goes_alone() {
        let mut flow = Flow::default();
        assert!(flow.takes(5, 2));
        flow.give(5);
        assert!(!flow.takes(1, 2));
        assert!(!Flow::default().takes(1, 0), "no window, nothing sent");
    }
}
