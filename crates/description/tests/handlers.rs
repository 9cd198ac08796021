//! What is kept of descriptions.

use axum::routing::MethodFilter;
use postrider_description as utoipa;
use postrider_description::description_of;

/// Where handlers are described in `downstream`.
mod rest {
    pub(crate) mod routing {
        pub(crate) trait Described {
            fn filter() -> axum::routing::MethodFilter;
            fn path() -> std::borrow::Cow<'static, str>;
        }
    }
}

use rest::routing::Described;

#[derive(utoipa::ToSchema, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Query {
    #[schema(max_length = 64)]
    #[param(max_length = 64)]
    name: &'static str,
}

/// Lists things.
#[utoipa::path(get, path = "/v1/things", params(Query), responses((status = 200, description = "A page, path = no")))]
pub(crate) async fn list(query: Query) -> usize {
    query.name.len()
}

macro_rules! of_each {
    ($path:literal) => {
        #[utoipa::path(delete, tag = "things", path = concat!($path, "/{id}"))]
        pub(super) async fn remove() {}
    };
}

mod removing {
    use postrider_description as utoipa;
    of_each!("/v1/things");
}

fn of<D: Described>() -> (MethodFilter, String) {
    (D::filter(), D::path().into_owned())
}

#[tokio::test]
async fn a_handler_keeps_its_method_and_path() {
    assert_eq!(of::<description_of!(list)>(), (MethodFilter::GET, "/v1/things".to_owned()));
    assert_eq!(
        of::<description_of!(removing::remove)>(),
        (MethodFilter::DELETE, "/v1/things/{id}".to_owned())
    );
    assert_eq!(list(Query { name: "four" }).await, 4);
    removing::remove().await;
}
