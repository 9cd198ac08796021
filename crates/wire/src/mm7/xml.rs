//! As much of XML 1.0 as SOAP needs: elements, attributes, text and CDATA. Document types are refused, since nothing good comes of
//! them (entities that grow, files that are read). Prefixes are dropped; of namespaces only the defaults and declarations are kept.

use std::fmt::Write;

/// The most elements within each other.
const DEPTH_MAX: usize = 32;
/// The most elements of a document.
const ELEMENTS_MAX: usize = 4_096;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Its name without a prefix.
    pub(super) name: String,
    /// Attributes, in their order; names are as they were written.
    pub(super) attributes: Vec<(String, String)>,
    /// The text directly in it, all pieces together.
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

/// Why a text is no XML, or none that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlError(pub &'static str);

impl std::fmt::Display for XmlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for XmlError {}

impl Element {
    /// An element with a text.
    pub(super) fn text(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into(), ..Self::default() }
    }

    /// An element with children.
    pub(super) fn of(name: &str, children: Vec<Self>) -> Self {
        Self { name: name.to_owned(), children, ..Self::default() }
    }

    /// With an attribute more.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.attributes.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of this name, without spaces around it; `None` if that is empty.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }

    /// The value of an attribute, by its name without a prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let local = |full: &str| full.rsplit(':').next() == Some(name);
        self.attributes.iter().find(|(full, _)| local(full)).map(|(_, value)| value.as_str())
    }

    /// Writes it, and all that is in it.
    pub(super) fn write(&self, to: &mut String) {
        // A string takes whatever is written.
        let _ = write!(to, "<{}", self.name);
        for (name, value) in &self.attributes {
            let _ = write!(to, " {name}=\"{}\"", escaped(value));
        }
        if self.text.is_empty() && self.children.is_empty() {
            to.push_str("/>");
            return;
        }
        let _ = write!(to, ">{}", escaped(&self.text));
        self.children.iter().for_each(|child| child.write(to));
        let _ = write!(to, "</{}>", self.name);
    }
}

/// A text as it can stand in an element or an attribute. Characters that XML lacks (2.2) become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            // Within a body of several parts, a line of a text could be taken for their boundary. Of attributes, line ends would
            // be read as spaces.
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\0'..='\x1F' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            other => out.push(other),
        }
    }
    out
}

/// Reads a document: its root.
pub(super) fn parse(text: &str) -> Result<Element, XmlError> {
    let mut reader = Reader { rest: text.trim_start_matches('\u{FEFF}'), elements: 0 };
    reader.skip_prolog()?;
    let root = reader.element(0)?;
    Ok(root)
}

struct Reader<'t> {
    rest: &'t str,
    elements: usize,
}

impl<'t> Reader<'t> {
    /// Takes the text up to an end mark, and the mark.
    fn until(&mut self, end: &str, why: &'static str) -> Result<&'t str, XmlError> {
        let (before, after) = self.rest.split_once(end).ok_or(XmlError(why))?;
        self.rest = after;
        Ok(before)
    }

    fn take(&mut self, start: &str) -> bool {
        match self.rest.strip_prefix(start) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn skip_prolog(&mut self) -> Result<(), XmlError> {
        loop {
            self.rest = self.rest.trim_start();
            if self.take("<?") {
                self.until("?>", "a processing instruction has no end")?;
            } else if self.take("<!--") {
                self.until("-->", "a comment has no end")?;
            } else if self.rest.starts_with("<!") {
                return Err(XmlError("a document type is not read"));
            } else {
                return Ok(());
            }
        }
    }

    fn name(&mut self) -> Result<&'t str, XmlError> {
        let ends = |c: char| c.is_whitespace() || matches!(c, '>' | '/' | '=' | '<' | '"' | '\'' | '&');
        let length = self.rest.find(ends).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(length);
        self.rest = rest;
        if name.is_empty() { Err(XmlError("a name is missing")) } else { Ok(name) }
    }

    fn element(&mut self, depth: usize) -> Result<Element, XmlError> {
        self.elements += 1;
        if depth >= DEPTH_MAX || self.elements > ELEMENTS_MAX {
            return Err(XmlError("too many elements"));
        }
        if !self.take("<") {
            return Err(XmlError("an element was expected"));
        }
        let name = self.name()?;
        let mut element = Element { name: local(name).to_owned(), ..Element::default() };
        loop {
            self.rest = self.rest.trim_start();
            if self.take("/>") {
                return Ok(element);
            }
            if self.take(">") {
                break;
            }
            element.attributes.push(self.attribute()?);
        }
        self.inside(&mut element, depth)?;
        let end = self.until(">", "an end tag has no end")?;
        if end.trim_end() == name { Ok(element) } else { Err(XmlError("an element isn't ended")) }
    }

    fn attribute(&mut self) -> Result<(String, String), XmlError> {
        let name = self.name()?.to_owned();
        self.rest = self.rest.trim_start();
        if !self.take("=") {
            return Err(XmlError("an attribute has no value"));
        }
        self.rest = self.rest.trim_start();
        let value = if self.take("\"") {
            self.until("\"", "an attribute's value has no end")?
        } else if self.take("'") {
            self.until("'", "an attribute's value has no end")?
        } else {
            return Err(XmlError("an attribute's value isn't quoted"));
        };
        Ok((name, unescaped(value)?))
    }

    /// Reads what is in an element, up to its end tag, whose `</` is taken.
    fn inside(&mut self, element: &mut Element, depth: usize) -> Result<(), XmlError> {
        loop {
            let at = self.rest.find('<').ok_or(XmlError("an element isn't ended"))?;
            let (text, rest) = self.rest.split_at(at);
            element.text.push_str(&unescaped(text)?);
            self.rest = rest;
            if self.take("</") {
                return Ok(());
            }
            if self.take("<![CDATA[") {
                element.text.push_str(self.until("]]>", "a CDATA section has no end")?);
            } else if self.take("<!--") {
                self.until("-->", "a comment has no end")?;
            } else if self.take("<?") {
                self.until("?>", "a processing instruction has no end")?;
            } else {
                element.children.push(self.element(depth + 1)?);
            }
        }
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn unescaped(text: &str) -> Result<String, XmlError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (entity, after) = after.split_once(';').ok_or(XmlError("an entity has no end"))?;
        out.push(character(entity).ok_or(XmlError("an entity is unknown"))?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn character(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = entity.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|character| *character != '\0')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_whatever_their_prefix() {
        let text = "<?xml version='1.0'?>\n<!-- x -->\n<e:A xmlns:e='urn:x' b=\"1 &amp; 2\"><e:C>a&lt;b<![CDATA[<&>]]></e:C><D/></e:A >";
        let root = parse(text).unwrap();
        assert_eq!(
            (&*root.name, root.attribute("b"), root.attribute("e")),
            ("A", Some("1 & 2"), Some("urn:x"))
        );
        assert_eq!((root.value("C"), root.value("D")), (Some("a<b<&>"), None));
        assert!(root.child("D").is_some());
    }

    #[test]
    fn what_was_written_reads_back() {
        let element =
            Element::of("A", vec![Element::text("B", "<\"&'>\r\n\t\u{1F600}"), Element::text("C", "")])
                .with("d", "\"<>&\n--boundary");
        let mut text = String::new();
        element.write(&mut text);
        assert!(!text.contains('\n'), "a line of a text can't be taken for a boundary: {text}");
        assert_eq!(parse(&text), Ok(element));
    }

    #[test]
    fn what_is_no_xml_is_refused() {
        let deep = "<a>".repeat(DEPTH_MAX + 1);
        let wide = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX));
        for text in [
            "",
            "a",
            "<",
            "<a",
            "<a>",
            "<a></b>",
            "<a b></a>",
            "<a b=c></a>",
            "<a b='c></a>",
            "<a>&x;</a>",
            "<a>&amp</a>",
            "<a>&#0;</a>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            "<a><![CDATA[</a>",
            "<a><!-- </a>",
            &deep,
            &wide,
        ] {
            assert!(parse(text).is_err(), "{text:.40}");
        }
    }
}
