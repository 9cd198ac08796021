//! Macros in place of `utoipa`'s, by the same names. The description of the API is put together in tests, which hold
//! `openapi.json` to it; the program serves that file. So the program is built with these: of a description they keep the
//! method and the path alone. What `utoipa` itself makes of it was a fifth of the code of `downstream`.

use proc_macro::{Group, Ident, TokenStream, TokenTree};

/// Makes nothing. In tests, the schema of a document.
#[proc_macro_derive(ToSchema, attributes(schema))]
pub fn to_schema(_document: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Makes nothing. In tests, the descriptions of the parameters of a query.
#[proc_macro_derive(IntoParams, attributes(into_params, param))]
pub fn into_params(_query: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Keeps a handler, and makes the type that knows its method and path (`crate::rest::routing::Described`), by the name that
/// `utoipa` gives it.
#[proc_macro_attribute]
pub fn path(description: TokenStream, handler: TokenStream) -> TokenStream {
    let made = described(description, handler.clone());
    let mut all = handler;
    all.extend(made.unwrap_or_else(|what| format!("compile_error!({what:?});").parse().unwrap_or_default()));
    all
}

/// The type that describes a handler, `__path_name` or `module::__path_name`, also of what `utoipa` made.
#[proc_macro]
pub fn description_of(handler: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = handler.into_iter().collect();
    if let Some(TokenTree::Ident(name)) = tokens.last_mut() {
        *name = Ident::new(&format!("__path_{name}"), name.span());
    }
    tokens.into_iter().collect()
}

/// The type of a handler, or what its description lacks.
fn described(description: TokenStream, handler: TokenStream) -> Result<TokenStream, &'static str> {
    let Some(TokenTree::Ident(method)) = description.clone().into_iter().next() else {
        return Err("a description begins with the method, as in `get, path = \"/v1/messages\"`");
    };
    let path = value_of("path", description).ok_or("a description has a `path = …`")?;
    let (visibility, name) = signature(handler).ok_or("a description stands before a function")?;
    let filter = method.to_string().to_uppercase();
    let made = format!(
        "#[allow(non_camel_case_types, clippy::allow_attributes)] {visibility} enum __path_{name} {{}}
         impl crate::rest::routing::Described for __path_{name} {{
             fn filter() -> axum::routing::MethodFilter {{ axum::routing::MethodFilter::{filter} }}
             fn path() -> std::borrow::Cow<'static, str> {{ std::borrow::Cow::Borrowed(PATH) }}
         }}"
    );
    let made: TokenStream = made.parse().map_err(|_| "a method has a name")?;
    Ok(put_path(made, &path))
}

/// The value of a named argument: what stands between `name =` and the next comma.
fn value_of(name: &str, arguments: TokenStream) -> Option<TokenStream> {
    let mut rest = arguments.into_iter();
    rest.find(|token| matches!(token, TokenTree::Ident(ident) if ident.to_string() == name))?;
    let value: TokenStream = rest.skip(1).take_while(|token| !is_punct(token, ',')).collect();
    (!value.is_empty()).then_some(value)
}

/// The visibility and the name of a function.
fn signature(function: TokenStream) -> Option<(TokenStream, TokenTree)> {
    let mut visibility = TokenStream::new();
    let mut tokens = function.into_iter();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Ident(word) if word.to_string() == "fn" => return Some((visibility, tokens.next()?)),
            TokenTree::Ident(word) if word.to_string() == "pub" => visibility.extend([token]),
            TokenTree::Group(_) if !visibility.is_empty() => visibility.extend([token]),
            _ => {}
        }
    }
    None
}

/// Puts the path where its name stands.
fn put_path(made: TokenStream, path: &TokenStream) -> TokenStream {
    made.into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(word) if word.to_string() == "PATH" => path.clone(),
            TokenTree::Group(group) => {
                let inner = put_path(group.stream(), path);
                TokenTree::Group(Group::new(group.delimiter(), inner)).into()
            }
            other => other.into(),
        })
        .collect()
}

fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}
