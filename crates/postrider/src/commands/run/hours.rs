//! The hours, the days and the daily cap of a campaign or a batch.

use serde_json::{Map, Value, json};

#[derive(Debug, clap::Args)]
pub(super) struct SendingHours {
    /// From when until when, such as `09:00-18:00`; the end may be on the next day
    #[arg(long, value_name = "FROM-UNTIL", requires = "hours_zone")]
    hours: Option<String>,
    /// The days of the week, such as `mon,tue,wed`
    #[arg(long, value_delimiter = ',', requires = "hours_zone")]
    days: Vec<String>,
    /// The zone of hours and days: a name, or `recipient`
    #[arg(long, value_name = "ZONE")]
    hours_zone: Option<String>,
    /// The most recipients a day who get a message
    #[arg(long, value_name = "RECIPIENTS")]
    daily_cap: Option<u64>,
}

impl SendingHours {
    /// The document of the API: nothing in it lifts all of them.
    pub(super) fn document(&self) -> Map<String, Value> {
        let mut document = Map::new();
        document.extend(self.hours.as_ref().map(|hours| ("hours".to_owned(), json!(hours))));
        if !self.days.is_empty() {
            document.insert("days".to_owned(), json!(self.days));
        }
        document.extend(self.hours_zone.as_ref().map(|zone| ("zone".to_owned(), json!(zone))));
        document.extend(self.daily_cap.map(|cap| ("daily_cap".to_owned(), json!(cap))));
        document
    }
}
