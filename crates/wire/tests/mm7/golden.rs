//! The specification's example (3GPP TS 23.140, 8.7), and octets as they are written.

use postrider_wire::mm7::{
    Address, AddressKind, Content, Deliver, DeliveryReport, Dialect, Envelope, MmStatus, Operation,
    ReadReply, Status, Submit, read, write,
};

const TYPE: &str = "multipart/related; boundary=\"NextPart_000_0028_01C19839.84698430\"; type=text/xml;\r\n start=\"</tnn-200102/mm7-submit>\"";

/// The request of the specification's example, its picture shortened.
pub(crate) const EXAMPLE: &str = "--NextPart_000_0028_01C19839.84698430\r
Content-Type:text/xml; charset=\"utf-8\"\r
Content-ID: </tnn-200102/mm7-submit>\r
\r
<?xml version='1.0' ?>
<env:Envelope xmlns:env=\"http://schemas.xmlsoap.org/soap/envelope/\">
<env:Header>
<mm7:TransactionID xmlns:mm7=\"http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-5-MM7-1-0\" env:mustUnderstand=\"1\">
vas00001-sub
</mm7:TransactionID>
</env:Header>
<env:Body>
<mm7:SubmitReq xmlns:mm7=\"http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-5-MM7-1-0\">
<MM7Version>5.3.0</MM7Version>
<SenderIdentification><VASPID>TNN</VASPID><VASID>News</VASID></SenderIdentification>
<Recipients>
<To><Number>7255441234</Number><RFC2822Address displayOnly=\"true\">7255442222@OMMS.com</RFC2822Address></To>
<Cc><Number>7255443333</Number></Cc>
<Bcc><RFC2822Address>7255444444@OMMS.com</RFC2822Address></Bcc>
</Recipients>
<ServiceCode>gold-sp33-im42</ServiceCode>
<LinkedID>mms00016666</LinkedID>
<MessageClass>Informational</MessageClass>
<TimeStamp>2002-01-02T09:30:47-05:00</TimeStamp>
<EarliestDeliveryTime>2002-01-02T09:30:47-05:00</EarliestDeliveryTime>
<ExpiryDate>P90D</ExpiryDate>
<DeliveryReport>true</DeliveryReport>
<Priority>Normal</Priority>
<Subject>News for today</Subject>
<ChargedParty>Sender</ChargedParty>
<DistributionIndicator>true</DistributionIndicator>
<Content href=\"cid:SaturnPics-01020930@news.tnn.com\" allowAdaptations=\"true\"/>
</mm7:SubmitReq>
</env:Body>
</env:Envelope>
\r
--NextPart_000_0028_01C19839.84698430\r
Content-Type: multipart/mixed; boundary=\"StoryParts 74526 8432 2002-77645\"\r
Content-ID: <SaturnPics-01020930@news.tnn.com>\r
\r
--StoryParts 74526 8432 2002-77645\r
Content-Type: text/plain; charset=\"us-ascii\"\r
\r
Science news, new Saturn pictures...\r
--StoryParts 74526 8432 2002-77645\r
Content-Type: image/gif;\r
Content-ID: <saturn.gif>\r
Content-Transfer-Encoding: base64\r
\r
R0lGODdhZAAwAOMAAAAAAIGJjGltcDE0OOfWo6Ochbi1n1pmcbGojpKbnP/lpW54fBMTE1RYXEFO\r
\r
--StoryParts 74526 8432 2002-77645--\r
--NextPart_000_0028_01C19839.84698430--\r
";

#[test]
fn the_specifications_example_is_read() {
    let found = read(&TYPE.replace("\r\n", ""), EXAMPLE.as_bytes()).unwrap();
    assert_eq!(found.envelope.transaction, "vas00001-sub");
    assert_eq!(found.envelope.dialect, Dialect::new("REL-5-MM7-1-0", "5.3.0"));
    let Operation::SubmitReq(submit) = &found.envelope.operation else { panic!("no submission") };
    let mail = Address { kind: AddressKind::Mail, text: "7255444444@OMMS.com".into() };
    let expected = Submit {
        vaspid: Some("TNN".into()),
        vasid: Some("News".into()),
        sender: None,
        to: vec![Address::number("7255441234"), Address::number("7255443333"), mail],
        service_code: Some("gold-sp33-im42".into()),
        linked_id: Some("mms00016666".into()),
        class: Some("Informational".into()),
        expiry: Some("P90D".into()),
        delivery_report: true,
        read_reply: false,
        priority: Some("Normal".into()),
        subject: Some("News for today".into()),
        content: Some("SaturnPics-01020930@news.tnn.com".into()),
        adaptations: true,
    };
    assert_eq!(submit, &expected);
    let [text, picture] = &found.contents[..] else { panic!("{:?}", found.contents) };
    assert_eq!(text.octets, b"Science news, new Saturn pictures...");
    assert!(picture.octets.starts_with(b"GIF87a") && picture.name == "saturn.gif");
}

fn envelope(operation: Operation) -> Envelope {
    Envelope { transaction: "t1".into(), dialect: Dialect::default(), operation }
}

/// Every element in the order of the specification's schema.
#[test]
fn a_submission_is_written_in_the_order_of_the_schema() {
    let submit = Submit {
        vaspid: Some("v".into()),
        vasid: Some("s".into()),
        sender: Some(Address::short_code("60006")),
        to: vec![Address::number("+447700900123")],
        service_code: Some("gold".into()),
        class: Some("Informational".into()),
        expiry: Some("PT3600S".into()),
        delivery_report: true,
        priority: Some("Normal".into()),
        subject: Some("a < b & \"c\"".into()),
        content: Some("content".into()),
        adaptations: true,
        ..Submit::default()
    };
    let packaged = write(&envelope(Operation::SubmitReq(submit)), None, &[]);
    assert_eq!(packaged.content_type, "text/xml; charset=utf-8");
    let namespace = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-6-MM7-1-4";
    let expected = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <env:Envelope xmlns:env=\"http://schemas.xmlsoap.org/soap/envelope/\"><env:Header>\
         <TransactionID xmlns=\"{namespace}\" env:mustUnderstand=\"1\">t1</TransactionID></env:Header><env:Body>\
         <SubmitReq xmlns=\"{namespace}\"><MM7Version>6.8.0</MM7Version>\
         <SenderIdentification><VASPID>v</VASPID><VASID>s</VASID><SenderAddress><ShortCode>60006</ShortCode></SenderAddress>\
         </SenderIdentification><Recipients><To><Number>+447700900123</Number></To></Recipients>\
         <ServiceCode>gold</ServiceCode><MessageClass>Informational</MessageClass><ExpiryDate>PT3600S</ExpiryDate>\
         <DeliveryReport>true</DeliveryReport><ReadReply>false</ReadReply><Priority>Normal</Priority>\
         <Subject>a &lt; b &amp; &quot;c&quot;</Subject><Content href=\"cid:content\" allowAdaptations=\"true\"/>\
         </SubmitReq></env:Body></env:Envelope>"
    );
    assert_eq!(String::from_utf8(packaged.body).unwrap(), expected);
}

#[test]
fn media_stand_behind_their_presentation() {
    let submit = Submit { content: Some("c1".into()), ..Submit::default() };
    let media = [
        Content {
            content_type: "text/plain; charset=utf-8".into(),
            name: "text.txt".into(),
            octets: b"Hi".to_vec(),
        },
        Content { content_type: "image/gif".into(), name: "1.gif".into(), octets: b"GIF89a".to_vec() },
    ];
    let packaged = write(&envelope(Operation::SubmitReq(submit)), Some("c1"), &media);
    let body = String::from_utf8(packaged.body.clone()).unwrap();
    assert_eq!(
        packaged.content_type,
        "multipart/related; type=\"text/xml\"; start=\"<soap>\"; boundary=\"==mm7-message==\""
    );
    assert!(body.contains(
        "Content-ID: <c1>\r\n\r\n--==mm7-content==\r\nContent-Type: application/smil; charset=utf-8\r\n"
    ));
    assert!(body.contains("<img src=\"1.gif\" region=\"Image\"/><text src=\"text.txt\" region=\"Text\"/>"));
    assert!(body.contains("Content-Transfer-Encoding: base64\r\n\r\nR0lGODlh\r\n\r\n--==mm7-content==--"));
    let found = read(&packaged.content_type, &packaged.body).unwrap();
    assert_eq!(found.contents[0].content_type, "application/smil; charset=utf-8");
    assert_eq!(&found.contents[1..], media);
}

#[test]
fn every_operation_reads_back() {
    let number = || Some(Address::number("+447700900123"));
    let code = || Some(Address::short_code("60006"));
    for operation in [
        Operation::SubmitRsp(Status::success(), Some("m1".into())),
        Operation::SubmitRsp(Status::new(2003, "Address not found"), None),
        Operation::DeliverReq(Deliver {
            relay: Some("mmsc".into()),
            linked_id: Some("l1".into()),
            sender: number(),
            to: vec![Address::short_code("60006")],
            subject: Some("Hi".into()),
            content: Some("c1".into()),
        }),
        Operation::DeliverRsp(Status::success()),
        Operation::DeliveryReportReq(DeliveryReport {
            message: "m1".into(),
            recipient: number(),
            sender: code(),
            date: Some("2026-11-29T08:30:07Z".into()),
            status: MmStatus::Other("NotSupported".into()),
            text: Some("no MMS".into()),
        }),
        Operation::DeliveryReportRsp(Status::success()),
        Operation::ReadReplyReq(ReadReply {
            message: "m1".into(),
            recipient: number(),
            sender: code(),
            time: Some("2026-11-29T08:30:07Z".into()),
            status: MmStatus::Read,
        }),
        Operation::ReadReplyRsp(Status::success()),
        Operation::RelayError(Status::new(4004, "Validation error")),
        Operation::VaspError(Status::new(4006, "later")),
        Operation::Fault("no".into()),
    ] {
        let given = envelope(operation);
        let packaged = write(&given, None, &[]);
        let found = read(&packaged.content_type, &packaged.body).unwrap().envelope;
        assert_eq!(found, given);
    }
}
