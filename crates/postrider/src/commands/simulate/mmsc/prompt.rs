//! What handsets send to the simulated centre by hand: lines of the standard input.

use crate::failure::plain;
use crate::terminal::{self, Style, paint, say};
use postrider_simulator::mmsc::Mmsc;
use postrider_wire::mm7::Content;
use std::io::BufRead;
use tokio::sync::mpsc;

/// A message of a handset.
#[derive(Debug, PartialEq, Eq)]
struct Written {
    from: String,
    to: String,
    text: String,
    files: Vec<String>,
}

impl Written {
    /// Reads a line: the handset, the number, and words of a text; those that begin with `@` name files.
    fn line(line: &str) -> Result<Self, &'static str> {
        let wrong = "write FROM TO TEXT @FILE, such as: +447700900123 60006 My cat @cat.jpg";
        let mut words = line.split_whitespace();
        let (Some(from), Some(to)) = (words.next(), words.next()) else { return Err(wrong) };
        let (files, text): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('@'));
        if files.is_empty() && text.is_empty() {
            return Err(wrong);
        }
        let files = files.iter().map(|file| file.trim_start_matches('@').to_owned()).collect();
        Ok(Self { from: from.into(), to: to.into(), text: text.join(" "), files })
    }

    /// The text and the files.
    fn contents(&self) -> Result<Vec<Content>, String> {
        let text = (!self.text.is_empty()).then(|| Content {
            content_type: "text/plain; charset=utf-8".into(),
            name: "text.txt".into(),
            octets: self.text.clone().into_bytes(),
        });
        let file = |path: &String| {
            let octets = std::fs::read(path)
                .map_err(|error| format!("can't read {path}: {}", plain(&error.to_string())))?;
            // The gateway looks at the octets, whatever the type says.
            let content_type = "application/octet-stream".into();
            Ok(Content { content_type, name: path.rsplit('/').next().unwrap_or(path).into(), octets })
        };
        text.into_iter().map(Ok).chain(self.files.iter().map(file)).collect()
    }
}

/// Has handsets send what lines of the standard input say, until it ends.
pub(super) async fn prompt(centre: &Mmsc) {
    let (sender, mut lines) = mpsc::channel(16);
    // A thread of its own: reading the standard input can't be given up.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    say(&paint(Style::Faint, "Write FROM TO TEXT @FILE, and a handset sends it."));
    while let Some(line) = lines.recv().await {
        if line.trim().is_empty() {
            continue;
        }
        let written = Written::line(&line).map_err(str::to_owned);
        match written.and_then(|written| Ok((written.contents()?, written))) {
            Ok((contents, Written { from, to, .. })) => {
                match centre.send((&from, &to), "", &contents).await {
                    Some(status) => say(&paint(Style::Faint, &format!("the gateway answered with {status}"))),
                    None => terminal::complain("the gateway gave no answer: is --callback its URL?"),
                }
            }
            Err(why) => terminal::complain(&why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_text_and_files() {
        let written = Written::line("+447700900123 60006 My cat @a.jpg @b.gif").unwrap();
        assert_eq!((&*written.from, &*written.to, &*written.text), ("+447700900123", "60006", "My cat"));
        assert_eq!(written.files, ["a.jpg", "b.gif"]);
        assert!(Written::line("+447700900123 60006 @a.jpg").unwrap().text.is_empty());
        for wrong in ["", "+447700900123", "+447700900123 60006"] {
            assert!(Written::line(wrong).is_err(), "{wrong}");
        }
    }
}
