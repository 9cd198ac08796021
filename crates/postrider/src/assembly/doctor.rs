//! The doctor behind the API: examines an upstream by its declaration, and translates the adapter's findings.

use super::upstreams::{Settings, settings};
use postrider_core::contract::Live;
use postrider_core::time::Time;
use postrider_declare::DeclaredUpstream;
use postrider_downstream::rest::{
    ChoiceDocument, Doctor, Examination, FindingDocument, QuestionDocument, RemedyDocument,
};
use postrider_engine::Engine;
use postrider_trace::Recorder;
use postrider_upstream::smpp::doctor::{
    Choice, Finding, Handset, Outcome, Question, Remedy, Step, Subject, Value, examine,
};
use postrider_upstream::{cimd2, http, mm7, modem, ucp};
use std::sync::Arc;
use tokio::sync::mpsc::{Receiver, channel};

/// The most findings that wait for their reader.
const WAITING: usize = 16;

/// The examiner of upstreams. Its traffic is recorded like any link's.
pub(super) fn doctor(engine: &Arc<Engine>, recorder: &Arc<Recorder>) -> Doctor {
    let (engine, recorder) = (Arc::clone(engine), Arc::clone(recorder));
    Doctor::new(Box::new(move |declared, examination| {
        begin(&declared, examination, &recorder, Live::now(&*engine))
    }))
}

fn begin(
    declared: &DeclaredUpstream,
    asked: Examination,
    recorder: &Arc<Recorder>,
    now: Time,
) -> Receiver<FindingDocument> {
    let (told, hears) = channel(WAITING);
    let settings = match settings(declared) {
        Ok(settings) => settings,
        Err(error) => {
            let found = FindingDocument {
                step: Step::TLS.word(),
                result: "failed",
                tried: "setting up TLS as it is declared".to_owned(),
                found: error.to_string(),
                means: Some("the gateway can't connect either".to_owned()),
                advice: Some("correct the section 'tls', or the files that it names".to_owned()),
                settings: Vec::new(),
                question: None,
            };
            // There is room, and the reader is still there.
            let _ = told.try_send(found);
            return hears;
        }
    };
    let handset = asked.handset.map(|handset| Handset {
        to: handset.to,
        from: handset.from,
        parts_max: handset.parts_max.into(),
        patience: handset.receipts_wait,
    });
    let names = declared.document.protocol.traits().reference_form;
    let recorder = Arc::clone(recorder);
    let document = serde_json::to_value(&declared.document).unwrap_or_default();
    let (tell, mut heard) = channel(1);
    match settings {
        Settings::Smpp(settings) => {
            let subject = Subject { settings, sessions: asked.sessions, names, handset, recorder };
            tokio::spawn(examine(subject, tell));
        }
        Settings::Ucp(settings) => {
            tokio::spawn(ucp::examine(settings, recorder, handset.is_some(), tell));
        }
        Settings::Cimd2(settings) => {
            tokio::spawn(cimd2::examine(settings, recorder, handset.is_some(), tell));
        }
        Settings::Modem(settings) => {
            tokio::spawn(modem::examine(settings, recorder, handset.is_some(), tell));
        }
        Settings::Http(settings) => {
            tokio::spawn(http::examine(*settings, now, tell));
        }
        Settings::Mm7(settings) => {
            tokio::spawn(mm7::examine(*settings, tell));
        }
    }
    tokio::spawn(async move {
        while let Some(finding) = heard.recv().await {
            let mut found = written(finding);
            // A setting with that value already needs no change.
            found.settings.retain(|setting| at(&document, &setting.field) != Some(&setting.value));
            if told.send(found).await.is_err() {
                return;
            }
        }
    });
    hears
}

/// The value at a path such as `receipts.ids`.
fn at<'a>(document: &'a serde_json::Value, place: &str) -> Option<&'a serde_json::Value> {
    place.split('.').try_fold(document, |inner, name| inner.get(name))
}

fn written(finding: Finding) -> FindingDocument {
    let Finding { step, outcome, tried, found, means, advice, remedies, question } = finding;
    FindingDocument {
        step: step.word(),
        result: match outcome {
            Outcome::Well => "well",
            Outcome::Note => "note",
            Outcome::Failed => "failed",
        },
        tried,
        found,
        means,
        advice,
        settings: remedies.into_iter().map(remedy).collect(),
        question: question.map(|Question { words, choices }| QuestionDocument {
            words,
            choices: choices.into_iter().map(choice).collect(),
        }),
    }
}

fn remedy(remedy: Remedy) -> RemedyDocument {
    let Remedy { field, value, why } = remedy;
    let value = match value {
        Value::Text(text) => text.into(),
        Value::Number(number) => number.into(),
        Value::Flag(flag) => flag.into(),
    };
    RemedyDocument { field: field.into(), value, why }
}

fn choice(choice: Choice) -> ChoiceDocument {
    ChoiceDocument { shows: choice.shows, setting: choice.remedy.map(remedy) }
}
