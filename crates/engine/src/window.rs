//! A window over a table: the rows that this node holds in memory, in their order. The other rows stay in the store.
//!
//! The queue of an account on an upstream's shelf is such a window, and so is a lane of notices. New rows come in either
//! straight, or by a look into the store. A row that was promised a place belongs to this node from its first write; it
//! comes in when it is durable. A row without a promise is left in the store, and the next look finds it.

use std::collections::VecDeque;

/// The window. Who owns it says how many rows it may hold, and does the looking.
#[derive(Debug)]
pub(crate) struct Window<T> {
    ready: VecDeque<T>,
    /// Rows that came in behind rows which no look has found yet. They wait until a look has found those.
    held: VecDeque<T>,
    /// Rows that are being written as this node's, and will come in.
    promised: usize,
    /// Whether the store may hold older rows than a new one: it gets no promise then.
    backlog: bool,
    /// Whether rows were left in the store since the last look began.
    left: bool,
    /// Whether a look is under way for rows that were left in the store before it.
    sought: bool,
}

impl<T> Window<T> {
    /// An empty window over a table that may have rows, or surely has none.
    pub(crate) const fn new(backlog: bool) -> Self {
        Self {
            ready: VecDeque::new(),
            held: VecDeque::new(),
            promised: 0,
            backlog,
            left: false,
            sought: false,
        }
    }

    /// The rows in memory, and those that will come in.
    pub(crate) fn count(&self) -> usize {
        self.ready.len() + self.held.len() + self.promised
    }

    /// The rows that can be taken now.
    pub(crate) fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Whether rows in memory wait for what a look is to find.
    pub(crate) fn awaits_look(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether no row is in memory.
    pub(crate) fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.held.is_empty()
    }

    /// Whether the window knows nothing that a new one wouldn't know.
    pub(crate) fn is_idle(&self) -> bool {
        self.count() == 0 && !self.backlog && !self.left && !self.sought
    }

    /// Whether the store may hold older rows than a new one.
    pub(crate) const fn has_backlog(&self) -> bool {
        self.backlog
    }

    /// Promises a place to a row that is about to be written, if it `may_come` and no older row is in the store. A row
    /// without a place makes all that follow it go by the store too, until a look has come to the end of them.
    pub(crate) fn promise(&mut self, may_come: bool) -> bool {
        self.backlog |= !may_come;
        let promised = !self.backlog;
        self.promised += usize::from(promised);
        promised
    }

    /// Takes in a row that was promised a place and is durable now.
    pub(crate) fn keep(&mut self, row: T) {
        self.promised = self.promised.saturating_sub(1);
        if self.left || self.sought { self.held.push_back(row) } else { self.ready.push_back(row) }
    }

    /// Gives a promised place up: the row was not written.
    pub(crate) fn withdraw(&mut self) {
        self.promised = self.promised.saturating_sub(1);
    }

    /// Takes note that a row was left in the store.
    pub(crate) fn leave(&mut self) {
        self.left = true;
    }

    /// A look into the store begins: it may miss what is left there from now on.
    pub(crate) fn begin_look(&mut self) {
        self.sought |= self.left;
        self.left = false;
    }

    /// Takes in what a look found, and whether the store may hold more. What was left there during the look is for the next
    /// one. It keeps no new rows back, or a steady stream would go through the store for ever.
    pub(crate) fn found(&mut self, rows: impl IntoIterator<Item = T>, more: bool) {
        self.ready.extend(rows);
        self.backlog = more;
        self.sought = false;
        if !self.left && !more {
            self.ready.append(&mut self.held);
        }
    }

    /// The row that goes next.
    pub(crate) fn front(&self) -> Option<&T> {
        self.ready.front()
    }

    /// The place of the first of the next rows, up to `most`, that is meant.
    pub(crate) fn find(&self, most: usize, is_it: impl FnMut(&T) -> bool) -> Option<usize> {
        self.ready.iter().take(most).position(is_it)
    }

    /// The row at a place among those that can be taken now.
    pub(crate) fn at(&self, place: usize) -> Option<&T> {
        self.ready.get(place)
    }

    /// Takes it.
    pub(crate) fn pop_at(&mut self, place: usize) -> Option<T> {
        self.ready.remove(place)
    }

    /// Takes up to `most` rows.
    pub(crate) fn take(&mut self, most: usize) -> Vec<T> {
        let count = most.min(self.ready.len());
        self.ready.drain(..count).collect()
    }

    /// Puts back, in front, a row that was taken.
    pub(crate) fn put_back(&mut self, row: T) {
        self.ready.push_front(row);
    }

    /// Takes out the one row that is meant.
    pub(crate) fn pick(&mut self, is_it: impl Fn(&T) -> bool) -> Option<T> {
        let pick = |rows: &mut VecDeque<T>| rows.remove(rows.iter().position(&is_it)?);
        pick(&mut self.ready).or_else(|| pick(&mut self.held))
    }

    /// Takes out all rows, which go back to the store. Older rows may be there from now on.
    pub(crate) fn clear(&mut self) -> impl Iterator<Item = T> {
        self.backlog = true;
        std::mem::take(&mut self.ready).into_iter().chain(std::mem::take(&mut self.held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A window over a table that is empty.
    fn window() -> Window<u32> {
        Window::new(false)
    }

    fn all(window: &mut Window<u32>) -> Vec<u32> {
        window.take(usize::MAX)
    }

    #[test]
    fn a_row_with_a_place_comes_straight() {
        let mut window = window();
        assert!(window.promise(true));
        assert_eq!(window.count(), 1);
        window.keep(1);
        assert_eq!((all(&mut window), window.is_idle()), (vec![1], true));
    }

    #[test]
    fn a_row_without_room_makes_all_that_follow_go_by_the_store() {
        let mut window = window();
        assert!(!window.promise(false));
        window.leave();
        assert!(!window.promise(true), "an older one is in the store");
        window.leave();
        window.begin_look();
        window.found([1], true);
        assert!(!window.promise(true), "more of them are");
        window.begin_look();
        window.found([2], false);
        assert!(window.promise(true));
        assert_eq!(all(&mut window), [1, 2]);
    }

    #[test]
    fn rows_behind_one_that_a_look_is_to_find_wait_for_it() {
        let mut window = window();
        window.promise(false);
        window.begin_look();
        window.leave();
        window.found([], false);
        window.begin_look();
        assert!(window.promise(true));
        window.keep(2);
        assert_eq!((window.ready(), window.is_idle()), (0, false));
        window.found([1], false);
        assert_eq!((all(&mut window), window.is_idle()), (vec![1, 2], true));
    }

    #[test]
    fn rows_behind_one_that_a_look_missed_wait_for_it() {
        let mut window = window();
        window.promise(false);
        window.begin_look();
        window.leave();
        window.found([], false);
        assert!(window.promise(true), "a steady stream comes past the store again");
        window.keep(2);
        assert_eq!(window.ready(), 0);
        window.begin_look();
        window.found([1], false);
        assert_eq!(all(&mut window), [1, 2]);
    }

    #[test]
    fn a_row_that_is_put_back_comes_first() {
        let mut window = window();
        for row in 1..=3 {
            window.promise(true);
            window.keep(row);
        }
        assert_eq!(window.pop_at(0), Some(1));
        assert_eq!(window.pick(|row| *row == 3), Some(3));
        window.put_back(1);
        assert_eq!(all(&mut window), [1, 2]);
    }

    #[test]
    fn what_is_cleared_is_in_the_store_before_all_that_follows() {
        let mut window = window();
        window.promise(true);
        window.keep(1);
        assert_eq!(window.clear().collect::<Vec<_>>(), [1]);
        assert!(window.has_backlog() && !window.promise(true));
    }

    #[test]
    fn a_promise_that_is_withdrawn_leaves_nothing() {
        let mut window = window();
        window.promise(true);
        window.withdraw();
        assert!(window.is_idle());
    }
}
