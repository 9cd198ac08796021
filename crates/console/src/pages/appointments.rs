//! Appointments: who is reminded of what, when, and what they answered.

mod make;
mod one;

pub(super) use make::make;
pub(super) use one::{cancel, move_to, show};

use super::owned::{ListPlace, Listed, Owner};
use crate::api::Failed;
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use crate::when;
use crate::words::{Badge, Tone};
use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;
use jiff::tz::TimeZone;
use make::Draft;
use serde::Deserialize;

const HERE: &str = "/console/appointments";
const LIST: ListPlace = ListPlace { here: HERE, api: "/v1/appointments", state: Some("state") };
/// The states of appointments, in the order of a filter.
const STATES: [&str; 4] = ["scheduled", "confirmed", "move_requested", "canceled"];

/// An appointment, as the API tells of it.
#[derive(Deserialize)]
struct Appointment {
    id: String,
    to: String,
    at: String,
    zone: String,
    state: String,
    reply: Option<String>,
    reference: Option<String>,
    reminders: Vec<Reminder>,
}

#[derive(Deserialize)]
struct Reminder {
    at: String,
    message: Option<String>,
    code: Option<String>,
}

impl Appointment {
    fn badge(&self, frame: &Frame) -> Badge {
        badge(&self.state, frame)
    }

    /// When it takes place, by the clocks of its zone, which is named.
    fn local(&self) -> String {
        let zone = TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC);
        let at = when::read(&self.at).map(|at| at.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string());
        format!("{} {}", at.as_deref().unwrap_or(&self.at), self.zone)
    }

    /// The reminder that is sent next, if any is.
    fn next_reminder(&self) -> Option<&Reminder> {
        let waits = |reminder: &&Reminder| reminder.message.is_none() && reminder.code.is_none();
        self.reminders.iter().find(waits).filter(|_| self.state != "canceled")
    }
}

/// The state of an appointment in words.
fn badge(state: &str, frame: &Frame) -> Badge {
    let (tone, word) = match state {
        "scheduled" => (Tone::Quiet, frame.t("No answer yet")),
        "confirmed" => (Tone::Good, frame.t("Confirmed")),
        "move_requested" => (Tone::Doubt, frame.t("Wants another time")),
        "canceled" => (Tone::Quiet, frame.t("Canceled")),
        other => (Tone::Quiet, other),
    };
    Badge::new(tone, word)
}

#[derive(Template)]
#[template(path = "appointments.html")]
struct AppointmentsPage {
    frame: Frame,
    owner: Owner,
    list: Listed<Appointment>,
    draft: Draft,
    failed: Option<Failed>,
}

impl AppointmentsPage {
    fn states(&self) -> [(&'static str, String); 4] {
        STATES.map(|state| (state, badge(state, &self.frame).word))
    }

    /// A text that has what recipients need to know.
    fn example(&self) -> &str {
        self.frame.t("Your visit is on {{ weekday }} at {{ time }}. Reply YES, MOVE or NO.")
    }
}

pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(page(&visitor, &form, Draft::usual(), None).await)
}

/// The list, with the form for another one.
async fn page(
    visitor: &Visitor,
    form: &Form,
    draft: Draft,
    failed: Option<Failed>,
) -> Result<AppointmentsPage, Failed> {
    let owner = Owner::of(visitor, form).await?;
    let list = Listed::of(visitor, &owner, form, &LIST).await?;
    let frame = visitor.frame("appointments", "Appointments");
    Ok(AppointmentsPage { frame, owner, list, draft, failed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_appointment_is_told_by_its_own_clocks() {
        let mut appointment: Appointment = serde_json::from_value(json!({
            "id": "7", "to": "+491700000001", "at": "2030-01-31T13:30:00.000Z", "zone": "Europe/Berlin", "state": "scheduled",
            "reminders": [
                { "at": "2030-01-30T13:30:00.000Z", "message": "9" }, { "at": "2030-01-31T11:30:00.000Z" },
            ],
        }))
        .unwrap();
        assert_eq!(appointment.local(), "2030-01-31 14:30 Europe/Berlin");
        assert_eq!(appointment.next_reminder().unwrap().at, "2030-01-31T11:30:00.000Z");
        appointment.state = "canceled".into();
        assert!(appointment.next_reminder().is_none());
    }
}
