//! Appointments: reminders before a time at the recipient's place, and answers that confirm, move or cancel it.

mod desk;
mod reminding;
mod reply;
mod state;
#[cfg(test)]
mod tests;

pub use desk::{Appointments, NotMade, Request};
pub use state::{Answers, Appointment, Reminder, State, Words};
