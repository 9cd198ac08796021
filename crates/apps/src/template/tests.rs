use super::*;
use crate::testing::Gateway;
use postrider_core::account::AccountId;
use postrider_core::template::Scalar;
use serde_json::json;

const SHOP: AccountId = AccountId(1);

fn content(texts: &[(&str, &str)]) -> Content {
    let texts = texts.iter().map(|(language, text)| ((*language).into(), (*text).into())).collect();
    Content { language: "en".into(), texts, ..Content::default() }
}

fn values(given: &[(&str, &str)]) -> Values {
    given.iter().map(|(name, text)| ((*name).into(), Scalar::Text((*text).into()))).collect()
}

#[test]
fn a_language_falls_back_to_a_shorter_tag_and_then_to_the_templates_own() {
    let it = content(&[("en", "Hello"), ("pt", "Olá"), ("pt-br", "Oi"), ("de", "Hallo")]);
    let compiled = Compiled::of("hello", 1, &it).unwrap();
    for (wanted, text) in [
        (Some("de-AT"), "Hallo"),
        (Some("pt-BR"), "Oi"),
        (Some("pt-PT"), "Olá"),
        (Some("fr"), "Hello"),
        (None, "Hello"),
    ] {
        assert_eq!(compiled.text(wanted, &Values::new()).as_deref(), Ok(text), "{wanted:?}");
    }
}

#[test]
fn a_variable_without_a_value_is_named_and_a_default_fills_in() {
    let mut it = content(&[("en", "Hi {{ name }}, {{ code }}{% if note %} ({{ note }}){% endif %}")]);
    it.variables.insert("name".into(), Variable { default: Some(json!("you")), example: None });
    let compiled = Compiled::of("x", 1, &it).unwrap();
    assert_eq!(compiled.text(None, &values(&[("code", "7")])).as_deref(), Ok("Hi you, 7"));
    assert_eq!(compiled.text(None, &values(&[("code", "7"), ("name", "Ann")])).as_deref(), Ok("Hi Ann, 7"));
    let missing = compiled.text(None, &Values::new());
    assert_eq!(missing, Err(NotFilled::Missing(vec!["code".into()])), "a condition needs no value");
    let defaults = content(&[("en", "Hi {{ name | default('there') }}, {{ n }}, {{ code }}")]);
    let missing = Compiled::of("x", 1, &defaults).unwrap().text(None, &values(&[("n", "1")]));
    assert_eq!(missing, Err(NotFilled::Missing(vec!["code".into()])), "a default needs none");
    assert_eq!(compiled.needed().into_iter().collect::<Vec<_>>(), ["code", "note"]);
}

#[test]
fn what_is_wrong_with_a_content_is_told_with_its_field() {
    let with = |change: fn(&mut Content)| {
        let mut it = content(&[("en", "Hi {{ name }}")]);
        change(&mut it);
        it.check().map_err(|wrong| wrong.field)
    };
    assert_eq!(with(|_| {}), Ok(()));
    let wrong = |field: &str| Err(field.to_owned());
    assert_eq!(with(|it| it.language = "de".into()), wrong("language"));
    assert_eq!(with(|it| drop(it.texts.insert("German".into(), "x".into()))), wrong("texts"));
    assert_eq!(with(|it| drop(it.texts.insert("de".into(), "{{ x".into()))), wrong("texts.de"));
    assert_eq!(with(|it| drop(it.texts.insert("de".into(), "{{ x | shout }}".into()))), wrong("texts.de"));
    assert_eq!(
        with(|it| drop(it.texts.insert("ru".into(), "{{ n | plural('a') }}".into()))),
        wrong("texts.ru")
    );
    assert_eq!(with(|it| it.dlt_template_id = Some("12x".into())), wrong("dlt_template_id"));
    let list = |it: &mut Content| {
        let variable = Variable { default: Some(json!([1])), example: None };
        it.variables.insert("name".into(), variable);
    };
    assert_eq!(with(list), wrong("variables.name"));
}

#[tokio::test(start_paused = true)]
async fn only_approved_versions_are_sent_and_nobody_approves_their_own() {
    let (_gateway, apps) = Gateway::new().await;
    let templates = &apps.templates;
    let write =
        |text: &'static str, read| templates.write(SHOP, "hello", content(&[("en", text)]), "user:ann", read);
    assert!(write("One", Some(0)).await.unwrap().is_new);
    assert!(templates.compiled(SHOP, "hello", None).await.unwrap().is_none(), "it is a draft");
    let own = templates.approve(SHOP, "hello", 1, "user:ann", true).await;
    assert!(matches!(own, Err(NotApproved::OwnWork)));
    templates.approve(SHOP, "hello", 1, "user:bob", true).await.unwrap();
    assert!(matches!(write("Two", Some(0)).await, Err(NotWritten::Changed)));
    write("Two", Some(1)).await.unwrap();
    let text = async |version| {
        let compiled = templates.compiled(SHOP, "hello", version).await.unwrap();
        compiled.map(|compiled| compiled.text(None, &Values::new()).unwrap())
    };
    assert_eq!(text(None).await.as_deref(), Some("One"), "the second version is a draft");
    assert_eq!(text(Some(2)).await, None);
    templates.approve(SHOP, "hello", 2, "user:bob", true).await.unwrap();
    assert_eq!(text(None).await.as_deref(), Some("Two"));
    assert_eq!(text(Some(1)).await.as_deref(), Some("One"), "a version stays what it was");
    let versions = templates.versions(SHOP, "hello", None, 9).await.unwrap();
    assert_eq!(versions.iter().map(|it| it.version).collect::<Vec<_>>(), [2, 1]);
    assert!(templates.compiled(AccountId(2), "hello", None).await.unwrap().is_none(), "it is the shop's");
    assert!(templates.remove(SHOP, "hello").await.unwrap());
    assert!(templates.versions(SHOP, "hello", None, 9).await.unwrap().is_empty());
}

#[test]
fn a_table_lacks_a_column_only_if_no_value_of_others_makes_up_for_it() {
    let text = "{{ name }}: {% if paid %}thanks for {{ sum }}{% else %}pay {{ sum }} by {{ day }}{% endif %}";
    let it = content(&[("en", text), ("de", "{{ anrede | default('Hallo') }} {{ name }}")]);
    let compiled = Compiled::of("x", 1, &it).unwrap();
    for (columns, lacking) in [
        (&["to", "name", "sum", "day", "paid"][..], &[][..]),
        (&["to", "name", "sum", "paid"], &[]),
        (&["to", "paid"], &["name", "sum"]),
    ] {
        let found = compiled.never_filled(&columns.iter().copied().collect());
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), lacking, "{columns:?}");
    }
}
