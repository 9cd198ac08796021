//! The manual's shop that tells its customers what becomes of their orders, run as it stands there.

use crate::harness::{Plan, Webhook, carrier, eventually, free_port, key_of};
use postrider_simulator::carrier::Part;
use serde_json::{Value, json};
use std::process::{Child, Command};

const PAGE: &str = include_str!("../docs/src/order-updates.md");
const CUSTOMER: &str = "447700900123";

/// The program, until this is dropped.
struct Shop(Child);

impl Drop for Shop {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_manuals_shop_tells_what_becomes_of_orders() {
    let (carrier, port) = (carrier().await, free_port());
    let webhook = format!(
        "[accounts.shop.webhook]\nurl = 'http://127.0.0.1:{port}/webhook'\nsecret = {{ env = 'STORY_SHOP' }}\nallow_private = true"
    );
    let number = "[numbers.60006]\naccount = 'shop'";
    let plan =
        Plan::simple(carrier.address()).env("STORY_SHOP", &Webhook::secret()).with(&webhook).with(number);
    let mut gateway = plan.start().await;
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("orders.py");
    let program = PAGE.split_once("```python\n").unwrap().1.split_once("```").unwrap().0;
    std::fs::write(&file, program).unwrap();
    let mut command = Command::new("python3");
    command.arg(&file).arg(port.to_string()).env("POSTRIDER_URL", gateway.url());
    command.env("POSTRIDER_KEY", key_of("shop")).env("WEBHOOK_SECRET", Webhook::secret());
    let _shop = Shop(command.spawn().unwrap());

    let (client, url) = (reqwest::Client::new(), format!("http://127.0.0.1:{port}/orders"));
    let order = json!({ "id": "7", "to": format!("+{CUSTOMER}"), "from": "60006", "step": "shipped" });
    let tell = async || {
        let response = client.post(&url).body(order.to_string()).send().await.ok()?;
        let told: Value = serde_json::from_slice(&response.bytes().await.ok()?).ok()?;
        told["messages"].is_object().then_some(told)
    };
    let first = eventually("the shop", tell).await;
    let again = eventually("the shop", tell).await;
    assert_eq!(first["messages"].as_object().unwrap().len(), 1);
    assert_eq!(again["messages"].as_object().unwrap().len(), 1, "a repetition sends nothing");
    let delivered = async || {
        let response = client.get(format!("{url}/7")).send().await.ok()?;
        let order: Value = serde_json::from_slice(&response.bytes().await.ok()?).ok()?;
        order["messages"].as_object()?.values().all(|state| state == "delivered").then_some(())
    };
    eventually("the receipt", delivered).await;
    carrier.say("postrider", CUSTOMER, "60006", "Where is it?");
    let answered =
        async || carrier.accepted().iter().map(Part::text).find(|text| text == "Order 7: shipped.");
    eventually("the answer", answered).await;
    let forged = client.post(format!("http://127.0.0.1:{port}/webhook")).body("{}").send().await.unwrap();
    assert_eq!(forged.status(), 401);
    gateway.stop().await;
}
