//! Routes of the API. A handler stands at the path and under the method of its description (`#[utoipa::path]`). Descriptions
//! themselves are put together in tests alone, which hold `openapi.json` to them: the program serves that file, and is built
//! with macros by the same names that keep nothing but method and path.

use super::Rest;
use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter};
use std::borrow::Cow;
#[cfg(test)]
use std::collections::BTreeMap;
use std::sync::Arc;
#[cfg(test)]
use utoipa::openapi::{OpenApi, RefOr, Schema};
#[cfg(test)]
use utoipa_axum::PathItemExt;
#[cfg(test)]
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// Routes, and in tests their descriptions.
#[derive(Default)]
pub(super) struct ApiRoutes {
    router: Router<Arc<Rest>>,
    #[cfg(test)]
    described: OpenApiRouter<Arc<Rest>>,
    #[cfg(test)]
    schemas: BTreeMap<String, RefOr<Schema>>,
}

/// The handlers of one path.
#[derive(Default)]
pub(super) struct Handlers {
    pub(super) path: Cow<'static, str>,
    pub(super) methods: MethodRouter<Arc<Rest>>,
    #[cfg(test)]
    pub(super) described: UtoipaMethodRouter<Arc<Rest>>,
}

/// What routing needs of a description.
pub(crate) trait Described {
    fn filter() -> MethodFilter;
    fn path() -> Cow<'static, str>;
}

#[cfg(test)]
impl<D: utoipa::Path> Described for D {
    fn filter() -> MethodFilter {
        let methods = D::methods();
        assert_eq!(methods.len(), 1, "{} has one method", D::path());
        methods[0].to_method_filter()
    }

    fn path() -> Cow<'static, str> {
        D::path().into()
    }
}

impl Handlers {
    /// Adds a handler: `D` is its description.
    pub(super) fn with<D: Described, H: Handler<T, Arc<Rest>>, T: 'static>(mut self, handler: H) -> Self {
        self.methods = self.methods.on(D::filter(), handler);
        self.path = <D as Described>::path();
        self
    }
}

impl ApiRoutes {
    /// Adds what [`routes!`] made.
    pub(super) fn routes(self, handlers: Handlers) -> Self {
        Self {
            router: self.router.route(&handlers.path, handlers.methods),
            #[cfg(test)]
            schemas: together(self.schemas, handlers.described.0.iter().cloned()),
            #[cfg(test)]
            described: self.described.routes(handlers.described),
        }
    }

    /// Adds others.
    pub(super) fn merge(self, others: Self) -> Self {
        Self {
            router: self.router.merge(others.router),
            #[cfg(test)]
            schemas: together(self.schemas, others.schemas),
            #[cfg(test)]
            described: self.described.merge(others.described),
        }
    }

    /// They as a router.
    pub(super) fn into_router(self) -> Router<Arc<Rest>> {
        self.router
    }

    /// Their descriptions.
    #[cfg(test)]
    pub(super) fn into_description(self) -> OpenApi {
        self.described.into_openapi()
    }
}

/// Schemas, of which no two that differ have one name: a description would show one in the place of the other.
#[cfg(test)]
fn together(
    mut all: BTreeMap<String, RefOr<Schema>>,
    others: impl IntoIterator<Item = (String, RefOr<Schema>)>,
) -> BTreeMap<String, RefOr<Schema>> {
    for (name, schema) in others {
        let first = all.entry(name.clone()).or_insert_with(|| schema.clone());
        assert!(
            *first == schema,
            "two schemas are named {name}: give one another name by `#[schema(as = …)]`"
        );
    }
    all
}

/// The [`Handlers`] of one path: functions with `#[utoipa::path]`, each by its name or by `module::name`.
macro_rules! routes {
    ($($($part:ident)::+),+ $(,)?) => {
        $crate::rest::routing::Handlers {
            #[cfg(test)]
            described: utoipa_axum::routes!($($($part)::+),+),
            ..Default::default()
        }
        $(.with::<postrider_description::description_of!($($part)::+), _, _>($($part)::+))+
    };
}

pub(super) use routes;
