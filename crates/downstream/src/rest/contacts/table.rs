//! Contacts as rows of a table, which spreadsheets and other systems read and write.

use postrider_apps::contact::Contact;
use postrider_core::number::Number;
use postrider_core::numbering::Country;
use serde_json::Value;

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    Number,
    Name,
    Language,
    Zone,
    ExternalId,
    ConsentSource,
    Groups,
    Tags,
    Field(Box<str>, Type),
    /// Something that follows from others.
    PassedOver,
}

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Text,
    Number,
    Flag,
}

/// The columns of a table.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    columns: Vec<Column>,
    home: Option<Country>,
}

impl Columns {
    /// Reads the first row: `number`, `name`, `language`, `zone`, `external_id`, `consent_source`, `groups`, `tags`, and fields, whose
    /// type stands behind a colon: `age:number`, `paid:flag`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(cells: &[String], home: Option<Country>) -> Result<Self, String> {
        let columns: Vec<Column> = cells.iter().map(|cell| column(cell)).collect::<Result<_, _>>()?;
        if !columns.contains(&Column::Number) {
            return Err("no column is called 'number': name the columns in the first line".to_owned());
        }
        for (place, column) in columns.iter().enumerate() {
            if *column != Column::PassedOver && columns.iter().take(place).any(|before| before == column) {
                let name = cells.get(place).map_or("", String::as_str);
                return Err(format!("the column '{name}' is given twice"));
            }
        }
        Ok(Self { columns, home })
    }

    /// The contact of a row.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn contact(&self, cells: &[String]) -> Result<Contact, String> {
        if cells.len() > self.columns.len() {
            return Err(format!(
                "the row has {} cells; there are {} columns",
                cells.len(),
                self.columns.len()
            ));
        }
        let (mut contact, mut number) = (Contact::default(), None);
        for (column, cell) in self.columns.iter().zip(cells) {
            let cell = plain(cell);
            if cell.is_empty() {
                continue;
            }
            let text = || Some(cell.into());
            let names = || cell.split(['|', ' ', ',']).map(str::trim).filter(|name| !name.is_empty());
            match column {
                Column::Number => number = Some(self.number(cell)?),
                Column::Name => contact.name = text(),
                Column::Language => contact.language = Some(cell.to_ascii_lowercase().into()),
                Column::Zone => contact.zone = text(),
                Column::ExternalId => contact.external_id = text(),
                Column::ConsentSource => contact.consent_source = text(),
                Column::Groups => contact.groups.extend(names().map(Into::into)),
                Column::Tags => contact.tags.extend(names().map(Into::into)),
                Column::Field(name, kind) => {
                    contact.fields.insert(name.clone(), value(name, *kind, cell)?);
                }
                Column::PassedOver => {}
            }
        }
        contact.number = number.ok_or("the number is missing")?.digits();
        contact.check().map_err(|wrong| format!("{}: {}", wrong.field, wrong.detail))?;
        Ok(contact)
    }

    fn number(&self, text: &str) -> Result<Number, String> {
        if is_rounded(text) {
            return Err(format!(
                "'{text}' is a number that a spreadsheet has rounded: its last digits are lost. Show the column without decimals, or as text, and save the file again"
            ));
        }
        let text = without_decimals(text);
        Number::parse_recipient_in(text, self.home)
            .map_err(|error| format!("'{text}' is not a valid number: {error}"))
    }
}

/// Whether a spreadsheet wrote a long number as it showed it, with an exponent: `4.91701E+11`.
fn is_rounded(text: &str) -> bool {
    let Some((digits, exponent)) = text.split_once(['e', 'E']) else { return false };
    let are_digits = |text: &str, more: &[char]| {
        text.starts_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_digit() || more.contains(&c))
    };
    are_digits(digits, &['.', ',']) && are_digits(exponent.strip_prefix('+').unwrap_or(exponent), &[])
}

/// A number of a telephone without the `.0` that programs give to numbers with decimals.
fn without_decimals(text: &str) -> &str {
    let whole = text.strip_suffix(".0").filter(|whole| whole.bytes().all(|octet| octet.is_ascii_digit()));
    whole.unwrap_or(text)
}

/// A cell without blanks, and without the apostrophe that keeps it from being a formula.
fn plain(cell: &str) -> &str {
    let cell = cell.trim();
    let rest = cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@']));
    rest.unwrap_or(cell)
}

fn column(cell: &str) -> Result<Column, String> {
    let (name, kind) = cell.trim().split_once(':').unwrap_or((cell.trim(), "text"));
    let sign = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = name.trim().chars().map(sign).collect();
    let kind = match kind.trim().to_ascii_lowercase().as_str() {
        "text" => Type::Text,
        "number" => Type::Number,
        "flag" => Type::Flag,
        other => return Err(format!("'{other}' is no type: use text, number or flag")),
    };
    Ok(match name.as_str() {
        "" => return Err("a column has no name".to_owned()),
        "number" | "to" | "phone" | "mobile" | "msisdn" => Column::Number,
        "name" => Column::Name,
        "language" => Column::Language,
        "zone" => Column::Zone,
        "external_id" => Column::ExternalId,
        "consent_source" => Column::ConsentSource,
        "groups" => Column::Groups,
        "tags" => Column::Tags,
        "country" | "created_at" | "updated_at" => Column::PassedOver,
        field => Column::Field(field.into(), kind),
    })
}

fn value(name: &str, kind: Type, cell: &str) -> Result<Value, String> {
    match kind {
        Type::Text => Ok(cell.into()),
        Type::Number => match (cell.parse::<i64>(), cell.replace(',', ".").parse::<f64>()) {
            (Ok(whole), _) => Ok(whole.into()),
            (_, Ok(number)) if number.is_finite() => Ok(number.into()),
            _ => Err(format!("{name}: '{cell}' is no number")),
        },
        Type::Flag => match cell.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" | "x" => Ok(true.into()),
            "false" | "no" | "0" => Ok(false.into()),
            _ => Err(format!("{name}: '{cell}' is neither true nor false")),
        },
    }
}

/// The columns of an export before those of fields.
const COMMON: [&str; 8] =
    ["number", "name", "language", "zone", "external_id", "consent_source", "groups", "tags"];

/// The type of a value, as a header names it; none for texts.
pub(super) const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Number(_) => ":number",
        Value::Bool(_) => ":flag",
        _ => "",
    }
}

/// The header of an export with these fields, each with its type.
pub(super) fn header(fields: &[(Box<str>, &'static str)]) -> Vec<String> {
    let fields = fields.iter().map(|(name, kind)| format!("{name}{kind}"));
    COMMON.iter().map(|name| (*name).to_owned()).chain(fields).collect()
}

/// The row of a contact in an export with these fields.
pub(super) fn row(contact: &Contact, fields: &[(Box<str>, &'static str)]) -> Vec<String> {
    let text = |text: &Option<Box<str>>| text.as_deref().unwrap_or_default().to_owned();
    let names = |names: &std::collections::BTreeSet<Box<str>>| {
        names.iter().map(|name| &**name).collect::<Vec<_>>().join("|")
    };
    let mut cells = vec![
        contact.number().map(|number| number.to_string()).unwrap_or_default(),
        text(&contact.name),
        text(&contact.language),
        text(&contact.zone),
        text(&contact.external_id),
        text(&contact.consent_source),
        names(&contact.groups),
        names(&contact.tags),
    ];
    cells.extend(fields.iter().map(|(name, _)| match contact.fields.get(name) {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }));
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cells(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn a_row_becomes_a_contact_and_a_row_again() {
        let header_row =
            cells(&["Phone", "Name", "groups", "Age:number", "paid:flag", "Shoe size", "country"]);
        let columns = Columns::read(&header_row, None).unwrap();
        let row_of = cells(&["+447700900123", "'=Ann", "vip|news", "30", "yes", " 38½ ", "XX"]);
        let contact = columns.contact(&row_of).unwrap();
        assert_eq!((contact.number, contact.name.as_deref()), (447_700_900_123, Some("=Ann")));
        assert_eq!(contact.groups.iter().map(|name| &**name).collect::<Vec<_>>(), ["news", "vip"]);
        let fields = [("age", json!(30)), ("paid", json!(true)), ("shoe_size", json!("38½"))];
        assert_eq!(contact.fields, fields.clone().map(|(name, value)| (name.into(), value)).into());
        let typed: Vec<_> = fields.iter().map(|(name, value)| (Box::from(*name), type_of(value))).collect();
        let again = Columns::read(&header(&typed), None).unwrap().contact(&row(&contact, &typed)).unwrap();
        assert_eq!(again, contact, "an export imports again");
    }

    #[test]
    fn a_number_of_a_telephone_is_taken_only_with_all_its_digits() {
        let columns = Columns::read(&cells(&["number"]), None).unwrap();
        let number = |cell: &str| columns.contact(&cells(&[cell])).map(|contact| contact.number);
        for whole in ["447700900123", "447700900123.0", "+447700900123"] {
            assert_eq!(number(whole), Ok(447_700_900_123), "{whole}");
        }
        for rounded in ["4.47701E+11", "4,47701E+11", "4.47701e11", "4E+11"] {
            assert!(number(rounded).unwrap_err().contains("rounded"), "{rounded}");
        }
    }

    #[test]
    fn a_field_without_a_type_is_a_text_whatever_its_cells_are() {
        let columns =
            Columns::read(&cells(&["number", "postcode", "age:number", "paid:flag"]), None).unwrap();
        let contact = columns.contact(&cells(&["+447700900123", "10115", "42", "1"])).unwrap();
        let fields = [("age", json!(42)), ("paid", json!(true)), ("postcode", json!("10115"))];
        assert_eq!(contact.fields, fields.map(|(name, value)| (name.into(), value)).into());
    }

    #[test]
    fn what_is_wrong_with_a_table_is_told() {
        for header in [&["name"][..], &["number", ""], &["number", "age:float"], &["number", "x", "X"]] {
            assert!(Columns::read(&cells(header), None).is_err(), "{header:?}");
        }
        let columns = Columns::read(&cells(&["number", "age:number", "zone"]), None).unwrap();
        for (row, part) in [
            (&["", "3"][..], "missing"),
            (&["12"], "not a valid number"),
            (&["+447700900123", "x"], "no number"),
            (&["+447700900123", "3", "Mars/Base"], "zone"),
            (&["+447700900123", "3", "", "more"], "4 cells"),
        ] {
            let wrong = columns.contact(&cells(row)).unwrap_err();
            assert!(wrong.contains(part), "{wrong}");
        }
    }
}
