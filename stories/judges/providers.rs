//! Providers' own libraries hand messages to our simulated provider, which reads requests by the presets: so the presets have the
//! shapes of the libraries. They accept our signatures of callbacks, and AWS' library signs a request as we do.

use super::tools;
use postrider_core::id::MessageId;
use postrider_core::testing;
use postrider_provider::simulation::{Fate, Handed, moment};
use postrider_provider::{Answered, Outgoing, Provider, Reply, Surroundings, Values, presets};
use postrider_simulator::provider::{Settings, WebProvider};
use serde_json::{Map, Value, json};
use std::sync::Arc;

fn provider(preset: &str) -> (Provider, Value) {
    let preset = presets::find(preset).unwrap().unwrap();
    let values: Map<String, Value> =
        preset.examples().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let given = Values::new(preset.examples());
    (Provider::new(Arc::new(preset.clone()), given), Value::Object(values))
}

async fn judged(given: &Value) -> Value {
    serde_json::from_str(&tools::run(tools::python("provider_clients.py"), given).await).unwrap()
}

fn shown(request: &Outgoing) -> Value {
    let headers: Map<String, Value> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str().into()))
        .collect();
    let body = String::from_utf8(request.body.clone().unwrap_or_default()).unwrap();
    json!({ "url": request.url.as_str(), "headers": headers, "body": body })
}

#[tokio::test]
async fn requests_of_the_providers_libraries_have_the_presets_shapes() {
    for library in ["aws", "twilio", "plivo", "vonage"] {
        let simulated = WebProvider::start("127.0.0.1:0", library, &[], Settings::default()).await.unwrap();
        let (_, mut values) = provider(library);
        // The library counts characters.
        if library == "plivo" {
            values["auth_id"] = "MA000000000000000000".into();
        }
        let (to, from, text) = ("447700900123", "15005550006", "Gr\u{fc}\u{df}e & \u{20ac} <x>");
        let url = format!("http://{}", simulated.address());
        let given =
            json!({ "library": library, "url": url, "to": to, "from": from, "text": text, "values": values });
        let id = judged(&given).await;
        let accepted = simulated.accepted();
        assert_eq!(id, accepted[0].1.as_str(), "{library}");
        let Handed { to: had, from: sender, text: read, .. } = &accepted[0].0;
        assert_eq!((had.as_str(), sender.as_str(), read.as_str()), (to, from, text), "{library}");
    }
}

#[tokio::test]
async fn the_providers_libraries_accept_signatures_of_callbacks() {
    for library in ["twilio", "plivo"] {
        for callback in
            ["https://gw.example.org/v1/callbacks/acme", "https://gw.example.org/v1/callbacks/acme?key=k"]
        {
            let (provider, values) = provider(library);
            let around = Surroundings {
                callback: Some(callback),
                now: moment(1_700_000_000_000),
                nonce: "n",
                token: None,
            };
            let handed = Handed { to: "447700900123".into(), from: "Acme".into(), ..Handed::default() };
            let receipt = provider.write_receipt(&handed, "m1", Fate::Delivered, &around).unwrap();
            let given = json!({ "library": library, "values": values, "callback": shown(&receipt) });
            assert_eq!(judged(&given).await, true, "{library} {callback}");
        }
    }
}

/// The request of a message that a preset makes at the moment of its cases.
fn request(provider: &Provider) -> Outgoing {
    let message = testing::message(MessageId::from_number(290_000_000_000_000_001));
    let around = Surroundings { callback: None, now: moment(1_700_000_000_000), nonce: "n", token: None };
    provider.request(&[&message], &around).unwrap()
}

#[tokio::test]
async fn aws_library_signs_as_we_do() {
    for preset in ["aws", "aws-sns"] {
        let (provider, values) = provider(preset);
        let given = json!({ "library": "botocore", "values": values, "request": shown(&request(&provider)) });
        assert_eq!(judged(&given).await, true, "{preset}");
    }
}

/// moto has no End User Messaging, but SNS.
#[tokio::test]
async fn moto_takes_our_texts_in_the_place_of_aws() {
    let (provider, values) = provider("aws-sns");
    let given = json!({ "library": "moto", "values": values, "request": shown(&request(&provider)) });
    let judged = judged(&given).await;
    let message = testing::message(MessageId::from_number(290_000_000_000_000_001));
    let (status, body) = (judged["status"].as_u64().unwrap() as u16, judged["body"].as_str().unwrap());
    let answered = provider.answer(&[&message], &Reply { status, body: body.as_bytes() });
    let [Answered::Accepted(Some(id))] = &answered[0][..] else { panic!("{judged}") };
    let text = json!(["+447700900123", "x"]);
    assert_eq!(judged["taken"][&**id], text, "{judged}");
}
