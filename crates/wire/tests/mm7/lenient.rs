//! What centres write otherwise than the specification, and what isn't read.

use postrider_wire::mm7::{Address, MmStatus, NotRead, Operation, read};

const NS: &str = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-6-MM7-1-4";

fn soap(body: &str) -> String {
    format!(
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Header><TransactionID xmlns='{NS}'>t</TransactionID>\
         </s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
}

fn operation(body: &str) -> Operation {
    read("text/xml", soap(body).as_bytes()).unwrap().envelope.operation
}

#[test]
fn a_status_may_stand_without_its_element_and_a_fault_without_details() {
    let bare = operation("<SubmitRsp><StatusCode>1000</StatusCode><MessageID> m1 </MessageID></SubmitRsp>");
    assert!(matches!(bare, Operation::SubmitRsp(status, Some(id)) if status.code == 1000 && id == "m1"));
    let fault = operation(
        "<s:Fault><faultcode>s:Client</faultcode><faultstring>x</faultstring><detail><RSErrorRsp><Status>\
         <StatusCode>4001</StatusCode></Status></RSErrorRsp></detail></s:Fault>",
    );
    assert!(matches!(fault, Operation::RelayError(status) if status.code == 4001));
    let plain =
        operation("<s:Fault><faultcode>s:Server</faultcode><faultstring>down</faultstring></s:Fault>");
    assert_eq!(plain, Operation::Fault("down".into()));
}

#[test]
fn elements_may_come_in_any_order_and_case_of_status() {
    let reply = operation(&format!(
        "<m:ReadReplyReq xmlns:m='{NS}'><m:Sender>60006</m:Sender><m:MMStatus>READ</m:MMStatus>\
         <m:Recipient><m:Number>447700900123</m:Number></m:Recipient><m:MessageID>m1</m:MessageID></m:ReadReplyReq>"
    ));
    let Operation::ReadReplyReq(reply) = reply else { panic!("no reply") };
    assert_eq!((&*reply.message, reply.status), ("m1", MmStatus::Read));
    assert_eq!(reply.sender, Some(Address::number("60006")));
    assert_eq!(reply.recipient, Some(Address::number("447700900123")));
}

#[test]
fn a_start_may_be_missing_and_a_content_unnamed() {
    let xml = soap("<DeliverReq><Sender><Number>447700900123</Number></Sender></DeliverReq>");
    let body = format!(
        "--b\r\nContent-Type: image/png\r\nContent-Location: p.png\r\n\r\n\u{1}PNG\r\n--b\r\ncontent-type: text/xml\r\n\r\n{xml}\r\n--b--"
    );
    let found = read("Multipart/Related;boundary=b", body.as_bytes()).unwrap();
    assert!(matches!(found.envelope.operation, Operation::DeliverReq(_)));
    assert_eq!((found.contents.len(), &*found.contents[0].name), (1, "p.png"));
}

#[test]
fn what_is_no_mm7_says_why() {
    let why = |content_type: &str, body: &str| read(content_type, body.as_bytes()).unwrap_err();
    assert!(matches!(why("text/html", "<html></html>"), NotRead::Type(_)));
    assert!(matches!(why("text/xml", "<html></html>"), NotRead::Envelope(_)));
    assert!(matches!(why("text/xml", &soap("")), NotRead::Envelope(_)));
    assert!(matches!(why("text/xml", &soap("<Unknown/>")), NotRead::Envelope(_)));
    assert!(matches!(why("text/xml", &soap("<SubmitRsp/>")), NotRead::Envelope(_)));
    assert!(matches!(why("multipart/related", "x"), NotRead::Mime(_)));
    assert!(matches!(why("multipart/related; boundary=b", "--b\r\n\r\nx\r\n--b--"), NotRead::NoSoap));
    for error in [why("text/html", ""), why("text/xml", "<a"), why("multipart/mixed; boundary=b", "")] {
        assert!(!error.to_string().is_empty());
    }
}
