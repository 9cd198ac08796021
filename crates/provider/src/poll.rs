//! Polls: a provider that doesn't call is asked for what waits there. Its answer is read as a callback with the same body is.

use crate::callback::{Call, CallbackError, Heeded, Response};
use crate::provider::Provider;
use crate::request::{Outgoing, Surroundings, Unwritable};

impl Provider {
    /// The request for receipts and messages that wait; `None` if the provider isn't polled.
    ///
    /// # Errors
    /// Why it can't be made.
    pub fn poll(&self, around: &Surroundings<'_>) -> Option<Result<Outgoing, Unwritable>> {
        let form = self.preset.poll.as_ref()?;
        let places = self.places(None, around);
        Some(self.question((&form.url, form.query.as_ref(), &form.headers), &places))
    }

    /// Reads the answer to a poll. An empty one brings nothing.
    ///
    /// # Errors
    /// It has none of the forms of the preset's callbacks.
    pub fn polled(&self, request: &Outgoing, body: &[u8]) -> Result<Heeded, CallbackError> {
        if body.trim_ascii().is_empty() {
            let response = Response { status: 200, content_type: "".into(), body: "".into() };
            return Ok(Heeded { heard: Vec::new(), unreadable: 0, response });
        }
        self.heed_any(&Call { url: &request.url, headers: &[], body })
    }
}

#[cfg(test)]
mod tests {
    use crate::preset::Preset;

    const POLLED: &str = r#"
        name = "polled"
        title = "A provider that is polled"
        about = "For a test."
        variables.token = { about = "The token." }
        request = { url = "https://sms.example.org/send", json = { to = "{to}", text = "{text}" }, headers = { authorization = "Bearer {token}" } }
        answer = { id = "id" }
        poll = { url = "https://sms.example.org/events", query = { token = "{token}" } }
        states = { delivered = ["ok"], undelivered = ["no"] }
        example = { token = "t" }

        [[callback]]
        kind = "receipt"
        when = { path = "receipts" }
        items = "receipts[]"
        id = "id"
        state = ["state"]

        [[callback]]
        kind = "message"
        when = { path = "messages" }
        items = "messages[]"
        from = "from"
        to = "to"
        text = "text"

        [[case]]
        name = "receipts that wait"
        poll = true
        request = "GET https://sms.example.org/events?token=t"
        answer = { status = 200, body = '{"receipts":[{"id":"7","state":"ok"},{"id":"8","state":"no"}]}' }
        heard = ["delivered 7", "undelivered 8 no"]

        [[case]]
        name = "messages that wait"
        poll = true
        answer = { status = 200, body = '{"messages":[{"from":"+447700900123","to":"60006","text":"Hi"}]}' }
        heard = ["message +447700900123 60006 Hi"]

        [[case]]
        name = "nothing waits"
        poll = true
        answer = { status = 200, body = '{"receipts":[]}' }
        heard = []

        [[case]]
        name = "an empty answer"
        poll = true
        answer = { status = 204 }
        heard = []

        [[case]]
        name = "a page of HTML"
        poll = true
        answer = { status = 200, body = "<html>Sorry</html>" }
        refused = "the callback has none of the forms that the preset knows"
    "#;

    #[test]
    fn what_waits_is_fetched_and_read_as_callbacks_are() {
        let preset = Preset::parse(POLLED).unwrap();
        assert!(preset.is_polled());
        let failures: Vec<_> =
            crate::cases::run(&preset).into_iter().filter_map(|case| case.failure).collect();
        assert_eq!(failures, Vec::<String>::new());
    }
}
