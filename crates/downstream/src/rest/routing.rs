//! ApiRoutes of the API. A handler stands at the path and under the methods of its description (`#[utoipa::path]`). Descriptions
//! themselves are put together in tests alone, which hold `openapi.json` to them: the program serves that file.

use super::Rest;
use axum::Router;
use axum::handler::Handler;
use axum::routing::MethodRouter;
use std::sync::Arc;
#[cfg(test)]
use utoipa::openapi::OpenApi;
use utoipa_axum::PathItemExt;
#[cfg(test)]
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// ApiRoutes, and in tests their descriptions.
#[derive(Default)]
pub(super) struct ApiRoutes {
    router: Router<Arc<Rest>>,
    #[cfg(test)]
    described: OpenApiRouter<Arc<Rest>>,
}

/// The handlers of one path.
#[derive(Default)]
pub(super) struct Handlers {
    pub(super) path: String,
    pub(super) methods: MethodRouter<Arc<Rest>>,
    #[cfg(test)]
    pub(super) described: UtoipaMethodRouter<Arc<Rest>>,
}

impl Handlers {
    /// Adds a handler: `D` is its description.
    pub(super) fn with<D: utoipa::Path, H: Handler<T, Arc<Rest>>, T: 'static>(mut self, handler: &H) -> Self {
        for method in D::methods() {
            self.methods = self.methods.on(method.to_method_filter(), handler.clone());
        }
        self.path = D::path();
        self
    }
}

impl ApiRoutes {
    /// Adds what [`routes!`] made.
    pub(super) fn routes(self, handlers: Handlers) -> Self {
        Self {
            router: self.router.route(&handlers.path, handlers.methods),
            #[cfg(test)]
            described: self.described.routes(handlers.described),
        }
    }

    /// Adds others.
    pub(super) fn merge(self, others: Self) -> Self {
        Self {
            router: self.router.merge(others.router),
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

/// The [`Handlers`] of one path: functions with `#[utoipa::path]`, each by its name or by `module::name`.
macro_rules! routes {
    ($($($part:ident)::+),+ $(,)?) => {
        $crate::rest::routing::Handlers {
            #[cfg(test)]
            described: utoipa_axum::routes!($($($part)::+),+),
            ..Default::default()
        }
        $(.with::<$crate::rest::routing::description_of!($($part)::+), _, _>(&$($part)::+))+
    };
}

/// The type that describes a handler.
macro_rules! description_of {
    ($name:ident) => {
        utoipa_axum::paste! { [<__path_ $name>] }
    };
    ($module:ident::$name:ident) => {
        utoipa_axum::paste! { $module::[<__path_ $name>] }
    };
}

pub(super) use {description_of, routes};
