//! What a carrier wants otherwise than others is declared of its upstream, and done so.

use crate::harness::{Plan, carrier, carrier_with, free_port, text_to, within};
use postrider_simulator::carrier::Settings;
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::{BindMode, SubmitSm};
use serde_json::json;

#[tokio::test]
async fn the_next_host_is_bound_to_and_receivers_bind_elsewhere() {
    let sending = carrier().await;
    let login = (Some("me_rx".to_owned()), Some("hush".to_owned()));
    let receiving =
        carrier_with(Settings { system_id: login.0, password: login.1, ..Settings::default() }).await;
    let manners = format!(
        "[upstreams.acme]\nport = {}\nbackup_hosts = ['localhost:{}']\nbind_ip = '127.0.0.1'\n\
         mode = 'transmitter_receiver'\n\
         receiver = {{ port = {}, system_id = 'me_rx', password = {{ env = 'RX' }} }}",
        free_port(),
        sending.address().port(),
        receiving.address().port(),
    );
    let plan = Plan::simple(sending.address()).env("RX", "hush").with(&manners);
    // The receivers' port holds for every host, and the first has nobody at the other.
    let gateway = plan.start().await;
    gateway.http("shop").send("+491700000001", "hello").await;
    let parts = within("the part", sending.accepted_at_least(1)).await;
    assert_eq!(&*parts[0].system_id, "postrider");
    within("the receiver", receiving.until(|counts| counts.binds == 1)).await;
}

#[tokio::test]
async fn a_host_that_only_stands_by_is_passed_over() {
    let standing_by =
        carrier_with(Settings { refused_binds: Some((1_000, Status::RSYSERR)), ..Settings::default() });
    let (standing_by, serving) = (standing_by.await, carrier().await);
    let backup = format!("upstreams.acme.backup_hosts = ['127.0.0.1:{}']", serving.address().port());
    let gateway = Plan::simple(standing_by.address()).with(&backup).start().await;
    let id = gateway.http("shop").send("+491700000001", "hello").await;
    gateway.http("shop").message_in(&id, "delivered").await;
    assert_eq!((standing_by.counts().binds_refused, serving.counts().binds), (1, 1));
}

#[tokio::test]
async fn a_carrier_that_ends_one_session_for_another_is_left_with_one() {
    let carrier = carrier_with(Settings { displaces: true, ..Settings::default() }).await;
    let lines = "[upstreams.acme]\nbinds = 2\nsession_timeout = '5m'";
    let gateway = Plan::simple(carrier.address()).with(lines).start().await;
    gateway.says("the carrier seems to admit fewer sessions than 'binds' says").await;

    let links = gateway.admin().get("/v1/upstreams/acme").await.ok()["links"].clone();
    let (up, down) = if links[0]["state"] == "up" { (&links[0], &links[1]) } else { (&links[1], &links[0]) };
    assert_eq!((&up["state"], &down["state"]), (&json!("up"), &json!("down")), "{links}");
    assert!(
        down["reason"].as_str().unwrap().ends_with("as whenever another session of this upstream is bound")
    );
    assert!(down["retry_in"].as_u64().unwrap() > 200, "{links}");
    let id = gateway.http("shop").send("+491700000001", "hello").await;
    gateway.http("shop").message_in(&id, "delivered").await;
}

#[tokio::test]
async fn all_of_it_can_be_declared_over_the_api() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let (admin, path) = (gateway.admin(), "/v1/upstreams/other");
    let manners = json!({
        "host": "127.0.0.1", "port": carrier.address().port(), "system_id": "other", "password": "pw",
        "backup_hosts": ["[::1]:2776"], "bind_ip": "127.0.0.1", "address_range": "^44",
        "mode": "transmitter_receiver", "receiver": { "system_id": "other_rx", "password": "rx" },
        "alphabet": "utf8", "address_alphabet": "gsm7", "flash": "dest_addr_subunit", "binary": "dcs_f5",
        "ports": "parameters", "parts_max": 3, "message_mode": "datagram", "registered_delivery": 17,
        "validity": "absolute", "validity_max": "1h", "login_retry": "1m", "session_timeout": "30s", "pause": "10s",
        "receipts": {
            "ids": "octets", "accepted_is_final": true, "parts": "one", "id_from": "text", "words": { "0": "delivered" },
            "id_tag": "0x1403", "echo_id": true,
        },
        "addresses": { "plus": true, "code": { "ton": 0, "npi": 1 }, "name_max": 15, "recipient_prefix": "00", "national_country": "GB", "national_prefix": "0" },
        "parameters": { "dlt_entity_id": "17", "0x1500": { "u16": 7 } },
        "errors": { "0x0B": "elsewhere", "ESME_RSYSERR": "never" },
    });
    admin.put(path, &manners).await.with(201);
    let shown = admin.get(path).await.ok();
    for (field, value) in manners.as_object().unwrap() {
        match field.as_str() {
            "password" => assert_eq!(shown.get(field), None),
            "receiver" => assert_eq!(shown[field], json!({ "system_id": "other_rx" })),
            _ => assert_eq!(&shown[field], value, "{field}"),
        }
    }
    within("both sessions", carrier.until(|counts| counts.binds >= 3)).await;
    for (field, value, place) in [
        ("errors", json!({ "0x0B": "ignore" }), "errors.0x0B"),
        ("parameters", json!({ "message_payload": "x" }), "parameters.message_payload"),
        ("flash", json!("dcs_11"), "flash"),
    ] {
        let mut wrong = manners.clone();
        wrong[field] = value;
        let answer = admin.put(path, &wrong).await;
        assert!(
            (400..500).contains(&answer.status) && answer.body.to_string().contains(place),
            "{:?}",
            answer.body
        );
    }
}

#[tokio::test]
async fn parts_say_what_the_carrier_wants_to_hear() {
    let carrier = carrier().await;
    let manners = "[upstreams.acme]\nmessage_mode = 'store_and_forward'\nregistered_delivery = 17\n\
                   validity = 'absolute'\nvalidity_max = '7d'\nflash = 'dcs_10'\nparts_max = 2\n\
                   receipts = { accepted_is_final = true }";
    let gateway = Plan::simple(carrier.address()).with(manners).start().await;
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    // Of this number the carrier says ACCEPTD and nothing more.
    let flash = SubmitSm { data_coding: 0xF0, ..text_to("+15005550022", b"hello") };
    let id = client.submit(&flash).await;
    let receipt = client.receipt().await;
    assert_eq!((receipt.id, receipt.stat.as_str()), (id, "DELIVRD"));
    let part = carrier.parts().remove(0);
    assert_eq!((part.esm_class, part.registered_delivery, part.data_coding), (3, 17, 0x10));
    assert!(part.validity_period.ends_with("00+"), "{}", part.validity_period);

    let id = gateway.http("shop").send("+491700000001", &"x".repeat(320)).await;
    gateway.http("shop").message_in(&id, "rejected").await;
}

#[tokio::test]
async fn addresses_have_the_types_that_the_carrier_wants() {
    let carrier = carrier().await;
    let manners = "[upstreams.acme.addresses]\nnumber = { ton = 2, npi = 8 }\ncode = { ton = 6, npi = 9 }\n\
                   name = { ton = 5, npi = 1 }\nrecipient = { ton = 0, npi = 1 }\nplus = true";
    let gateway = Plan::simple(carrier.address()).with(manners).start().await;
    let shop = gateway.http("shop");
    for (from, source, kind) in
        [("+447700900123", "+447700900123", (2, 8)), ("60006", "60006", (6, 9)), ("Shop", "Shop", (5, 1))]
    {
        carrier.forget();
        let before = carrier.counts().accepted;
        let message = json!({ "to": "+491700000001", "from": from, "text": "hello" });
        shop.send_with(message).await;
        let parts = within("the part", carrier.accepted_at_least(before + 1)).await;
        let part = parts.last().unwrap();
        assert_eq!((&*part.source, (part.source_ton, part.source_npi)), (source, kind));
        let recipient = (&*part.destination, part.destination_ton, part.destination_npi);
        assert_eq!(recipient, ("+491700000001", 0, 1));
    }
}
