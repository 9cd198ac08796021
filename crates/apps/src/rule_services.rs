//! What applications do for rules of automation: groups of contacts change, and events are posted.

use crate::apps::Apps;
use crate::contact::NotKept;
use crate::events::AppEvent;
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::automation::Membership;
use postrider_core::contract::{RuleEvent, RuleServices, StoreError};
use serde_json::{Map, Value};
use std::fmt::Write;

/// The type of events of rules.
const KIND: &str = "rule.acted";

#[async_trait]
impl RuleServices for Apps {
    async fn set_member(
        &self,
        account: AccountId,
        membership: &Membership,
    ) -> Result<Option<String>, StoreError> {
        let Membership { number, group, is_member } = membership;
        match self.contacts.set_member(account, group, *number, *is_member).await {
            Ok(_) => Ok(None),
            Err(NotKept::Store(error)) => Err(error),
            Err(refused) => Ok(Some(refused.to_string())),
        }
    }

    async fn post(&self, account: AccountId, event: RuleEvent) -> Result<(), StoreError> {
        let data = data(&event);
        let cause = plain(&event.cause);
        let event = AppEvent::new(KIND, &cause, event.at, data).at_url(event.url);
        let Some(write) = event.write(account, &*self.parts.live)? else { return Ok(()) };
        // If it is kept already, it was asked for before.
        self.parts.store.write_app_records(vec![write], Vec::new()).await.map(drop)
    }
}

/// What an event of a rule tells.
fn data(event: &RuleEvent) -> Value {
    let mut data = Map::new();
    let mut set = |name: &str, value: Value| data.insert(name.to_owned(), value);
    set("rule", Value::from(&*event.rule));
    set("event", Value::from(event.event));
    for (name, value) in &event.facts {
        set(name, Value::from(&**value));
    }
    if let Some(text) = &event.text {
        set("text", Value::from(&**text));
    }
    if !event.call.is_empty() {
        set("call", event.call.iter().map(|(name, value)| (name.clone(), Value::from(&**value))).collect());
    }
    Value::Object(data)
}

/// A cause in letters and digits alone, since identifiers of events are fields of HTTP; other octets in hexadecimal.
fn plain(cause: &str) -> String {
    cause.bytes().fold(String::with_capacity(cause.len()), |mut plain, octet| {
        if octet.is_ascii_alphanumeric() {
            plain.push(octet.into());
        } else {
            // A string takes whatever is written.
            let _ = write!(plain, "_{octet:02x}");
        }
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Gateway;
    use postrider_core::number::Number;
    use postrider_core::time::Time;
    use serde_json::json;
    use std::collections::BTreeMap;

    const SHOP: AccountId = AccountId(1);

    #[test]
    fn causes_that_differ_stay_different() {
        assert_eq!(plain("call 3 a-b"), "call_203_20a_2db");
        assert_ne!(plain("a b"), plain("a-b"));
        assert_ne!(plain("_20"), plain(" "));
    }

    #[test]
    fn an_event_tells_its_rule_and_what_happened() {
        let event = RuleEvent {
            cause: "x".into(),
            rule: "alert".into(),
            event: "called",
            at: Time(0),
            facts: vec![("upstream", "acme".into())],
            call: [("host".to_owned(), "db1".to_owned())].into(),
            url: None,
            text: None,
        };
        let expected =
            json!({ "rule": "alert", "event": "called", "upstream": "acme", "call": { "host": "db1" } });
        assert_eq!(data(&event), expected);
        let told = RuleEvent { text: Some("db1 is down".into()), ..event };
        assert_eq!(data(&told)["text"], "db1 is down");
    }

    #[tokio::test]
    async fn a_number_is_in_a_group_however_often_a_rule_asks_for_it() {
        let (gateway, apps) = Gateway::new().await;
        let number = Number::parse_recipient("+447700900123").unwrap();
        let ask = async |group: &str, is_member| {
            let membership = Membership { number, group: group.into(), is_member };
            apps.set_member(SHOP, &membership).await.unwrap()
        };
        assert_eq!((ask("news", true).await, ask("news", true).await), (None, None));
        let groups = async || apps.contacts.show(SHOP, number).await.unwrap().unwrap().0.groups.len();
        assert_eq!(groups().await, 1);
        for n in 0..49 {
            assert_eq!(ask(&format!("g{n}"), true).await, None);
        }
        assert_eq!(ask("one-more", true).await.as_deref(), Some("a contact has at most 50 groups"));
        assert_eq!(ask("news", false).await, None);
        assert_eq!(groups().await, 49);
        drop(gateway);
    }

    #[tokio::test]
    async fn an_event_of_a_rule_is_posted_once_however_often_it_is_asked_for() {
        let (gateway, apps) = Gateway::new().await;
        let rules = gateway.parts().live.rules();
        let shop = rules.accounts().find(|account| &*account.name == "shop").unwrap().id;
        let event = RuleEvent {
            cause: "3/1".into(),
            rule: "down".into(),
            event: "link_down",
            at: gateway.parts().live.now(),
            facts: Vec::new(),
            call: BTreeMap::new(),
            url: Some("https://ops.example/".into()),
            text: None,
        };
        for _ in 0..2 {
            apps.post(shop, event.clone()).await.unwrap();
        }
        assert_eq!(gateway.posted().await, [KIND]);
    }
}
