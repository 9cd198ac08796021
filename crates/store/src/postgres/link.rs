//! One connection, with the statements that were prepared on it, and transactions that need few round trips.

use super::error::Error;
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, SimpleQueryMessage, Statement};

/// A value for a statement's parameter.
pub(crate) type Value<'v> = &'v (dyn ToSql + Sync);

/// Statements that a connection keeps prepared: more than the verbs have.
const STATEMENTS_KEPT: usize = 200;

/// A connection. What is asked of it at the same time is sent at once, and done in the order in which it was sent.
pub(super) struct Link {
    client: Client,
    statements: Mutex<HashMap<Box<str>, Statement>>,
}

impl Link {
    /// A link over a connection that is set up.
    pub(super) fn new(client: Client) -> Self {
        Self { client, statements: Mutex::default() }
    }

    /// Whether the connection is gone.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    async fn prepared(&self, sql: &str) -> Result<Statement, Error> {
        let known = self.statements.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        if statements.len() >= STATEMENTS_KEPT {
            statements.clear();
        }
        statements.insert(sql.into(), statement.clone());
        Ok(statement)
    }

    /// The rows of a statement that is prepared when it is first needed.
    pub(super) async fn query(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Error> {
        let statement = self.prepared(sql).await?;
        Ok(self.client.query(&statement, values).await?)
    }

    /// How many rows such a statement changed.
    pub(super) async fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, Error> {
        let statement = self.prepared(sql).await?;
        Ok(self.client.execute(&statement, values).await?)
    }

    /// The first value that a statement without values yields, as text; empty if it yields none.
    pub(super) async fn word(&self, sql: &str) -> Result<String, Error> {
        let answers = self.client.simple_query(sql).await?;
        let row = answers.iter().find_map(|answer| match answer {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        Ok(row.unwrap_or_default().to_owned())
    }

    /// Statements without values.
    pub(super) async fn script(&self, sql: &str) -> Result<(), Error> {
        Ok(self.client.batch_execute(sql).await?)
    }

    /// Rows of several statements as of one moment, in one round trip.
    pub(super) async fn snapshot(&self, calls: &[Call<'_>]) -> Result<Vec<Vec<Row>>, Error> {
        let mut statements = Vec::with_capacity(calls.len());
        for call in calls {
            statements.push(self.prepared(&call.sql).await?);
        }
        let mut sent: Vec<Sent<'_, Vec<Row>>> = Vec::with_capacity(calls.len() + 2);
        sent.push(Box::pin(async {
            self.client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
            Ok(Vec::new())
        }));
        for (call, statement) in calls.iter().zip(&statements) {
            sent.push(Box::pin(self.client.query(statement, &call.values)));
        }
        sent.push(Box::pin(async {
            self.client.batch_execute("COMMIT").await?;
            Ok(Vec::new())
        }));
        let mut answers = in_order(sent).await?;
        answers.pop();
        answers.remove(0);
        Ok(answers)
    }
}

/// A statement with its values.
pub(super) struct Call<'v> {
    sql: Box<str>,
    values: Vec<Value<'v>>,
}

impl<'v> Call<'v> {
    /// A statement, and the values of `$1`, `$2` and so on.
    pub(super) fn new(sql: impl Into<Box<str>>, values: impl Into<Vec<Value<'v>>>) -> Self {
        Self { sql: sql.into(), values: values.into() }
    }
}

/// Which transaction of which node this is, as table `batch` has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// The node's number.
    pub(super) node: i16,
    /// Which of the node's lanes writes it.
    pub(super) lane: i16,
    /// How often the node has opened the store.
    pub(super) epoch: i64,
    /// Which one of this epoch it is.
    pub(super) number: i64,
}

const BEGIN_BATCH: &str = "SELECT begin_batch($1::smallint, $2::smallint, $3::bigint, $4::bigint)";

/// A transaction that writes. It begins with its first statements, in the same round trip.
pub(super) struct Transaction<'l> {
    link: &'l Link,
    mark: Mark,
    /// Whether it ends with its first statements too, in the same round trip.
    at_once: bool,
    begun: bool,
    /// How many operations of the batch have changed nothing.
    idle: usize,
    /// Whether it has set rows aside.
    has_set_aside: bool,
}

impl<'l> Transaction<'l> {
    /// Not begun yet. What is done `at_once` is committed with the first statements, all of them.
    pub(super) fn new(link: &'l Link, mark: Mark, at_once: bool) -> Self {
        Self { link, mark, at_once, begun: false, idle: 0, has_set_aside: false }
    }

    /// The node that writes, as columns `owner` have it.
    pub(super) fn node(&self) -> i16 {
        self.mark.node
    }

    /// Its connection.
    pub(super) fn link(&self) -> &'l Link {
        self.link
    }

    /// The rows of one statement.
    pub(super) async fn query(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Error> {
        if self.begun {
            return self.link.query(sql, values).await;
        }
        let begin = self.link.prepared(BEGIN_BATCH).await?;
        let statement = self.link.prepared(sql).await?;
        let mark = self.mark;
        let marked: [Value<'_>; 4] = [&mark.node, &mark.lane, &mark.epoch, &mark.number];
        let client = &self.link.client;
        let sent: Vec<Sent<'_, Vec<Row>>> = vec![
            Box::pin(async { client.batch_execute("BEGIN").await.map(|()| Vec::new()) }),
            Box::pin(client.query(&begin, &marked)),
            Box::pin(client.query(&statement, values)),
        ];
        self.begun = true;
        Ok(in_order(sent).await?.pop().unwrap_or_default())
    }

    /// How many rows one statement changed.
    pub(super) async fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, Error> {
        let changed = self.all(&[Call::new(sql, values)]).await?;
        Ok(changed.into_iter().sum())
    }

    /// Notes that an operation found nothing to do.
    pub(super) fn nothing(&mut self) {
        self.idle += 1;
    }

    /// Notes that rows were set aside, whether or not the operation found something to do besides.
    pub(super) fn set_aside(&mut self) {
        self.has_set_aside = true;
    }

    /// Whether all of so many operations have changed nothing: then it needs no disk.
    pub(super) fn is_idle(&self, operations: usize) -> bool {
        self.idle == operations && !self.has_set_aside
    }

    /// How many rows each of several statements changed, in one round trip.
    pub(super) async fn all(&mut self, calls: &[Call<'_>]) -> Result<Vec<u64>, Error> {
        let begin = self.link.prepared(BEGIN_BATCH).await?;
        let mut statements = Vec::with_capacity(calls.len());
        for call in calls {
            statements.push(self.link.prepared(&call.sql).await?);
        }
        let mark = self.mark;
        let values: [Value<'_>; 4] = [&mark.node, &mark.lane, &mark.epoch, &mark.number];
        let client = &self.link.client;
        let mut sent: Vec<Sent<'_, u64>> = Vec::with_capacity(calls.len() + 3);
        let first = if self.begun { 0 } else { 2 };
        if !self.begun {
            sent.push(Box::pin(async { client.batch_execute("BEGIN").await.map(|()| 0) }));
            sent.push(Box::pin(client.execute(&begin, &values)));
        }
        for (call, statement) in calls.iter().zip(&statements) {
            sent.push(Box::pin(client.execute(statement, &call.values)));
        }
        if self.at_once {
            sent.push(Box::pin(async { client.batch_execute("COMMIT").await.map(|()| 0) }));
        }
        self.begun = true;
        let mut changed = in_order(sent).await?;
        Ok(changed.drain(first..first + calls.len()).collect())
    }
}

type Sent<'s, T> = Pin<Box<dyn Future<Output = Result<T, tokio_postgres::Error>> + Send + 's>>;

/// Sends all before it waits for any, in their order, and waits for all. The first error is the one that matters:
/// what comes behind it fails for its sake.
async fn in_order<T>(mut sent: Vec<Sent<'_, T>>) -> Result<Vec<T>, Error> {
    let mut answers: Vec<Option<Result<T, _>>> = sent.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut waiting = false;
        for (request, answer) in sent.iter_mut().zip(&mut answers) {
            if answer.is_none() {
                match request.as_mut().poll(context) {
                    Poll::Ready(done) => *answer = Some(done),
                    Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    answers.into_iter().flatten().collect::<Result<_, _>>().map_err(Error::Postgres)
}
