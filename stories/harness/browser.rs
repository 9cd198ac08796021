//! A browser without a screen: it keeps cookies, and follows no redirect by itself.

use super::within;
use reqwest::{Method, redirect};
use std::collections::BTreeMap;

/// A browser at the console of one gateway.
pub(crate) struct Browser {
    client: reqwest::Client,
    base: String,
    cookies: BTreeMap<String, String>,
}

/// A page, or where to go in its place.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Page {
    /// The page, which must have this status.
    pub(crate) fn with(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Where it leads.
    pub(crate) fn leads_to(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text);
        self.headers["location"].to_str().unwrap()
    }

    /// The page, which must have these words.
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.text.contains(words), "no '{words}' in\n{}", self.text);
        self
    }
}

impl Browser {
    /// A browser at the gateway of this address, where nobody has signed in.
    pub(crate) fn new(base: &str) -> Self {
        // Makes the provider of cryptography known.
        drop(super::Http::new(base, None));
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).pool_max_idle_per_host(0);
        Self { client: client.build().unwrap(), base: base.to_owned(), cookies: BTreeMap::new() }
    }

    /// Signs in with a key of the API.
    pub(crate) async fn sign_in(&mut self, key: &str) {
        let page = self.submit("/console/sign-in", &[("key", key)]).await;
        assert_eq!(page.leads_to(), "/console/live");
    }

    /// Opens a page.
    pub(crate) async fn open(&mut self, path: &str) -> Page {
        self.ask(Method::GET, path, &[("accept", "text/html")], None).await
    }

    /// Sends a form, as from a page of the console.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.submit_from("same-origin", path, fields).await
    }

    /// Sends a form from a page of a site.
    pub(crate) async fn submit_from(&mut self, site: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.ask(Method::POST, path, &[("sec-fetch-site", site)], Some(body)).await
    }

    /// Follows a stream until it has said these words.
    pub(crate) async fn follow(&self, path: &str, words: &str) {
        let request = self.client.get(format!("{}{path}", self.base)).header("cookie", self.cookie());
        let mut heard = String::new();
        let told = async {
            let mut answer = request.send().await.unwrap();
            while !heard.contains(words) {
                let octets = answer.chunk().await.unwrap().expect("the stream ended");
                heard.push_str(&String::from_utf8_lossy(&octets));
            }
        };
        within(&format!("'{words}' on {path}"), told).await;
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Page {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base));
        request = request.header("cookie", self.cookie());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let answer = within(&format!("the answer to {method} {path}"), request.send()).await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        for cookie in headers.get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Page { status, headers, text: answer.text().await.unwrap() }
    }

    fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}
