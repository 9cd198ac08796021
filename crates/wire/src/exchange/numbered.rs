//! Requests that are written and not answered, under numbers of which there are few. A request that was given up keeps its
//! number as long as another is free, so that its late answer is not taken for that of a later request.

use std::time::{Duration, Instant};

struct Slot<T> {
    serial: u32,
    code: u8,
    sent: Instant,
    /// `None` once it was given up.
    token: Option<T>,
}

pub(super) struct Numbered<T> {
    /// By number.
    slots: Vec<Option<Slot<T>>>,
    numbers: u32,
    window: usize,
    /// Requests that are not given up.
    len: usize,
    /// The serial number of the next request; its number is the remainder.
    next: u32,
    patience: Duration,
    /// Nothing expires before this.
    earliest: Option<Instant>,
}

impl<T> Numbered<T> {
    pub(super) fn new(numbers: u32, window: usize, patience: Duration) -> Self {
        let window = window.clamp(1, numbers as usize);
        Self { slots: Vec::new(), numbers, window, len: 0, next: 0, patience, earliest: None }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn free(&self) -> usize {
        self.window - self.len
    }

    /// Remembers a request: its serial number, and its number. Call it only while some are free.
    pub(super) fn insert(&mut self, code: u8, token: T, now: Instant) -> (u32, u8) {
        if self.slots.is_empty() {
            self.slots.resize_with(self.numbers as usize, || None);
        }
        let serial = self.next_serial();
        // Serial numbers begin anew at a multiple of the numbers.
        self.next = if serial >= u32::MAX / self.numbers * self.numbers - 1 { 0 } else { serial + 1 };
        let number = serial % self.numbers;
        if let Some(slot) = self.slots.get_mut(number as usize) {
            *slot = Some(Slot { serial, code, sent: now, token: Some(token) });
            self.len += 1;
            self.earliest.get_or_insert(now + self.patience);
        }
        // There are at most 256 numbers.
        (serial, number as u8)
    }

    /// The next serial number whose number is vacant, or else the next whose request was given up.
    fn next_serial(&self) -> u32 {
        let near = (0..self.numbers).map(|ahead| self.next.wrapping_add(ahead));
        let slot = |serial: &u32| self.slots.get((serial % self.numbers) as usize).and_then(Option::as_ref);
        let vacant = near.clone().find(|serial| slot(serial).is_none());
        let given_up = || near.clone().find(|serial| slot(serial).is_some_and(|slot| slot.token.is_none()));
        vacant.or_else(given_up).unwrap_or(self.next)
    }

    /// Takes out the request with this number, if `fits` holds for its kind: its serial number, and its token unless it was
    /// given up.
    pub(super) fn take(&mut self, number: u8, fits: impl Fn(u8) -> bool) -> Option<(u32, Option<T>)> {
        let slot = self.slots.get_mut(usize::from(number))?;
        let Slot { serial, token, .. } = slot.take_if(|slot| fits(slot.code))?;
        if token.is_some() {
            self.len -= 1;
            if self.len == 0 {
                self.earliest = None;
            }
        }
        Some((serial, token))
    }

    /// When to call `expire`; it may be early, since answers come meanwhile.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.earliest
    }

    /// Gives up what was written longer ago than the patience lasts, oldest first.
    pub(super) fn expire(&mut self, now: Instant, out: &mut Vec<(u32, T)>) {
        if self.earliest.is_none_or(|earliest| now < earliest) {
            return;
        }
        let patience = self.patience;
        for slot in self.slots.iter_mut().flatten().filter(|slot| slot.sent + patience <= now) {
            if let Some(token) = slot.token.take() {
                out.push((slot.serial, token));
                self.len -= 1;
            }
        }
        out.sort_by_key(|(serial, _)| *serial);
        let open = self.slots.iter().flatten().filter(|slot| slot.token.is_some());
        self.earliest = open.map(|slot| slot.sent + patience).min();
    }

    /// Takes out everything, oldest first.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = T> + use<T> {
        let mut all: Vec<Slot<T>> = self.slots.iter_mut().filter_map(Option::take).collect();
        self.len = 0;
        self.earliest = None;
        all.sort_by_key(|slot| slot.serial);
        all.into_iter().filter_map(|slot| slot.token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[expect(clippy::disallowed_methods, reason = "a start for a virtual clock")]
    fn any_moment() -> Instant {
        Instant::now()
    }

    #[test]
    fn numbers_come_again_and_never_while_they_wait() {
        let now = any_moment();
        let mut numbered = Numbered::new(4, 4, PATIENCE);
        let numbers: Vec<u8> = (0..4).map(|token| numbered.insert(51, token, now).1).collect();
        assert_eq!((numbers, numbered.free()), (vec![0, 1, 2, 3], 0));
        assert_eq!(numbered.take(2, |code| code == 31), None, "of another kind");
        assert_eq!(numbered.take(2, |code| code == 51), Some((2, Some(2))));
        assert_eq!(numbered.insert(51, 4, now), (6, 2));
        assert_eq!(numbered.take(0, |code| code == 51), Some((0, Some(0))));
        assert_eq!(numbered.insert(51, 5, now), (8, 0));
        assert_eq!(numbered.drain().collect::<Vec<_>>(), [1, 3, 4, 5]);
    }

    #[test]
    fn a_late_answer_names_its_own_request() {
        let now = any_moment();
        let mut numbered = Numbered::new(3, 3, PATIENCE);
        numbered.insert(51, 'a', now);
        let mut expired = Vec::new();
        numbered.expire(now + PATIENCE, &mut expired);
        assert_eq!((expired, numbered.free()), (vec![(0, 'a')], 3));
        let later: Vec<u8> = ['b', 'c'].map(|token| numbered.insert(51, token, now).1).into();
        assert_eq!(later, [1, 2]);
        assert_eq!(numbered.take(1, |code| code == 51), Some((1, Some('b'))));
        assert_eq!(numbered.insert(51, 'd', now), (4, 1), "0 is kept for the late answer");
        assert_eq!(numbered.take(0, |code| code == 51), Some((0, None)));
        // When there is no other, its number is given to another request.
        numbered.expire(now + PATIENCE, &mut Vec::new());
        let again: Vec<u8> = ['e', 'f', 'g'].map(|token| numbered.insert(51, token, now).1).into();
        assert_eq!(again, [0, 1, 2]);
    }

    #[test]
    fn only_what_is_due_expires() {
        let start = any_moment();
        let mut numbered = Numbered::new(100, 10, PATIENCE);
        for second in 0..4 {
            numbered.insert(51, second, start + Duration::from_secs(second));
        }
        numbered.take(0, |code| code == 51);
        let mut expired = Vec::new();
        numbered.expire(start + PATIENCE + Duration::from_secs(2), &mut expired);
        assert_eq!(expired, [(1, 1), (2, 2)]);
        assert_eq!(numbered.deadline(), Some(start + PATIENCE + Duration::from_secs(3)));
        assert_eq!(numbered.drain().collect::<Vec<_>>(), [3]);
    }
}
