//! What the test handset shows: asks its owner, or fetches its texts from a URL.

use super::settings::Setting;
use super::show::text;
use crate::client;
use crate::clock;
use crate::failure::Failure;
use crate::terminal;
use postrider_http::{Error, Request};
use serde_json::Value;
use std::io::{BufRead, Write};
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

/// The part of the test text that every alphabet shows.
const MARK: &str = "Postrider test signs:";
/// How long to fetch texts until one matches.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest list of texts that is read, in octets.
const BODY_MAX: usize = 1 << 20;
/// The pause between two fetches.
const PAUSE: Duration = Duration::from_millis(200);

/// Asks the owner of the handset. Returns the setting that the answer implies.
pub(super) fn ask(question: &Value) -> Result<Option<Setting>, Failure> {
    terminal::say(&text(question, "words").unwrap_or_default());
    let choices = choices(question);
    for (number, choice) in choices.iter().enumerate() {
        terminal::say(&format!("  {}  {}", number + 1, text(choice, "shows").unwrap_or_default()));
    }
    let answer = answer("The number of what it shows, or nothing if it is none of these: ")?;
    let chosen = answer.parse::<usize>().ok().and_then(|number| choices.get(number.checked_sub(1)?));
    Ok(chosen.and_then(|choice| choice.get("setting")).and_then(Setting::read))
}

/// Fetches the handset's texts until one matches. Returns the setting that it implies.
pub(super) async fn look(url: &Url, question: &Value) -> Result<Option<Setting>, Failure> {
    let began = clock::now();
    loop {
        let texts = texts(url).await?;
        let shown = texts.iter().rev().find_map(|text| text.split_once(MARK)).map(|(_, signs)| signs);
        if let Some(shown) = shown {
            let fits = |choice: &&Value| {
                choice.get("shows").and_then(Value::as_str).is_some_and(|signs| shown.contains(signs))
            };
            let chosen = choices(question).iter().find(fits);
            return Ok(chosen.and_then(|choice| choice.get("setting")).and_then(Setting::read));
        }
        if began.elapsed() > PATIENCE {
            terminal::complain(&format!("{url} shows no text with '{MARK}'"));
            return Ok(None);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn texts(url: &Url) -> Result<Vec<String>, Failure> {
    let failed = |why: &str| Failure::failed(format!("can't fetch {url}: {why}"));
    let target = client::target(url.clone())?;
    let request = Request::new("GET", &target).field("accept", "*/*").without_body();
    let connector = client::connector(url)?;
    let fetched = async {
        let mut answer = client::ask(&connector, &target, &request).await?;
        let body = answer.rest(BODY_MAX).await?;
        Ok::<_, Error>((answer.head.status, body))
    };
    let fetched = timeout(PATIENCE, fetched).await.map_err(|_| failed("no answer in time"))?;
    let (status, body) = fetched.map_err(|error| failed(&error.to_string()))?;
    if !(200..300).contains(&status) {
        return Err(failed(&format!("HTTP {status}")));
    }
    let body = body.ok_or_else(|| failed("the answer is too long"))?;
    let body = String::from_utf8_lossy(&body);
    Ok(serde_json::from_str(&body).unwrap_or_else(|_| body.lines().map(str::to_owned).collect()))
}

fn choices(question: &Value) -> &[Value] {
    question.get("choices").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A line from standard input; empty at its end.
pub(super) fn answer(words: &str) -> Result<String, Failure> {
    terminal::print(words);
    // On standard error, since standard output may be a file.
    let _ = std::io::stdout().flush();
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::failed(format!("can't read an answer: {error}")))?;
    Ok(line.trim().to_owned())
}
