//! Nodes: who lives and who holds what is written in the database, which is the one clock and the one judge.

use super::Postgres;
use super::error::Error;
use super::find::early;
use super::gathered;
use super::link::{Link, Value};
use super::open::{Connector, OpenError, Purpose};
use crate::damage::Damage;
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::StoreError;
use postrider_core::delivery::Delivery;
use postrider_core::node::{LIFE, Lease, Muster, News, Node, Nodes, Presence, TRUST};
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_postgres::Row;

/// How long any one question may take: a beat that comes later is none.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long after its last beat a process has surely ended its binds whose place another has: it stops sending by
/// [`TRUST`], and ends them at once then.
const PARTING: Duration = TRUST.saturating_add(Duration::from_secs(1));

/// A node's own questions to the database, on a connection of their own: a beat must wait for nobody.
pub(super) struct Membership {
    connector: Arc<Connector>,
    number: i16,
    /// Which of the processes that had this number it is.
    epoch: i64,
    /// Which of its lives it knows of; 0 before the first.
    life: AtomicI64,
    /// How many nodes live, for those who go by that.
    living: Arc<AtomicUsize>,
    link: Mutex<Option<Arc<Link>>>,
}

/// Takes the wished number, or of 0 the first that no living node has.
pub(super) async fn join(link: &Link, wished: u8) -> Result<u8, OpenError> {
    let wished = (wished > 0).then_some(i16::from(wished));
    let values: [Value<'_>; 3] = [&wished, &life(), &ms(PARTING)];
    let rows = link.query("SELECT join_nodes($1, $2, $3)", &values).await?;
    let number: Option<i16> =
        rows.first().map(|row| row.try_get(0)).transpose().map_err(Error::from)?.flatten();
    let none = || OpenError::Database {
        why: "there are 255 living nodes already".into(),
        advice: None,
        is_away: false,
    };
    number.and_then(|number| u8::try_from(number).ok()).ok_or_else(none)
}

impl Membership {
    /// The node with this number, in the life that `epoch` counts.
    pub(super) fn new(connector: Arc<Connector>, number: u8, epoch: i64, living: Arc<AtomicUsize>) -> Self {
        let (number, life) = (number.into(), AtomicI64::new(0));
        Self { connector, number, epoch, life, living, link: Mutex::default() }
    }

    /// This node's number.
    pub(super) fn number(&self) -> u8 {
        u8::try_from(self.number).unwrap_or(0)
    }

    async fn link(&self) -> Result<Arc<Link>, Error> {
        let mut kept = self.link.lock().await;
        match &*kept {
            Some(link) if !link.is_closed() => Ok(Arc::clone(link)),
            _ => {
                *kept = None;
                let link = Arc::new(self.connector.connect(Purpose::Writing).await?);
                *kept = Some(Arc::clone(&link));
                Ok(link)
            }
        }
    }

    async fn ask(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        self.with(|link| async move { link.query(sql, values).await }).await
    }

    async fn with<T, F>(&self, ask: impl FnOnce(Arc<Link>) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let asking = async { ask(self.link().await?).await };
        let asked = tokio::time::timeout(PATIENCE, asking).await.unwrap_or(Err(Error::Late));
        if matches!(&asked, Err(error) if !error.spares_connection()) {
            // The answer may still come; it must not be taken for another's.
            self.forget_link().await;
        }
        asked.map_err(|error| error.meaning())
    }

    async fn forget_link(&self) {
        *self.link.lock().await = None;
    }

    /// Leaves the others: whatever it held is free.
    pub(super) async fn leave(&self) -> Result<(), StoreError> {
        self.ask("SELECT leave_nodes($1, $2)", &[&self.number, &self.epoch]).await?;
        self.forget_link().await;
        Ok(())
    }

    async fn beat(&self, presence: &Presence) -> Result<Muster, StoreError> {
        let numbers = |upstreams: &[UpstreamId]| upstreams.iter().map(|upstream| upstream.0.into()).collect();
        let (serves, up): (Vec<i64>, Vec<i64>) = (numbers(&presence.serves), numbers(&presence.up));
        let (demand_of, demand): (Vec<i64>, Vec<f64>) =
            presence.demand.iter().map(|(account, parts)| (i64::from(account.0), *parts)).unzip();
        let (sessions_of, sessions): (Vec<i64>, Vec<i64>) = presence
            .sessions
            .iter()
            .map(|(account, count)| (i64::from(account.0), i64::from(*count)))
            .unzip();
        let (address, version) = (&*presence.address, &*presence.version);
        let life = life();
        let consent = i64::try_from(presence.consent).unwrap_or(i64::MAX);
        let values: [Value<'_>; 12] = [
            &self.number,
            &self.epoch,
            &life,
            &address,
            &version,
            &serves,
            &up,
            &demand_of,
            &demand,
            &sessions_of,
            &sessions,
            &consent,
        ];
        let sql = "SELECT beat($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12), clock_ms()";
        let rows = self.ask(sql, &values).await?;
        let row = rows.first().ok_or_else(|| StoreError::Damaged("a beat had no answer".into()))?;
        let (life, now): (i64, _) = (column(row, 0)?, Time(column(row, 1)?));
        let nodes = self.living().await?;
        self.living.store(nodes.len(), Ordering::Relaxed);
        // A beat whose answer was lost may have begun this life: it is told of once somebody hears it.
        let before = self.life.swap(life, Ordering::Relaxed);
        Ok(Muster { now, was_dead: before != 0 && before != life, nodes })
    }

    async fn taken(&self) -> Result<Vec<(u8, u64)>, StoreError> {
        let sql = "SELECT number, consent FROM node WHERE number > 0 AND until > clock_ms()";
        let taken = |row: &Row| {
            let (number, consent): (i16, i64) = (column(row, 0)?, column(row, 1)?);
            Ok((u8::try_from(number).unwrap_or(0), u64::try_from(consent).unwrap_or(0)))
        };
        self.ask(sql, &[]).await?.iter().map(taken).collect()
    }

    async fn living(&self) -> Result<Vec<Node>, StoreError> {
        let rows = self
            .ask(
                "SELECT number, since, beaten, address, version, up, demand_of, demand, sessions_of, sessions, \
                 array(SELECT name FROM lease WHERE lease.node = node.number ORDER BY name), serves, consent \
                 FROM node WHERE number > 0 AND until > clock_ms() ORDER BY number",
                &[],
            )
            .await?;
        rows.iter().map(node).collect()
    }
}

fn life() -> i64 {
    ms(LIFE)
}

fn ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn column<'r, T: tokio_postgres::types::FromSql<'r>>(row: &'r Row, index: usize) -> Result<T, StoreError> {
    row.try_get(index).map_err(|error| Error::from(error).meaning())
}

fn node(row: &Row) -> Result<Node, StoreError> {
    let (up, serves): (Vec<i64>, Vec<i64>) = (column(row, 5)?, column(row, 11)?);
    let upstreams = |numbers: Vec<i64>| numbers.into_iter().map(|number| UpstreamId(small(number))).collect();
    let (demand_of, demand): (Vec<i64>, Vec<f64>) = (column(row, 6)?, column(row, 7)?);
    let (sessions_of, sessions): (Vec<i64>, Vec<i64>) = (column(row, 8)?, column(row, 9)?);
    let names: Vec<&str> = column(row, 10)?;
    let accounts = |numbers: Vec<i64>| numbers.into_iter().map(|number| AccountId(small(number)));
    Ok(Node {
        number: u8::try_from(column::<i16>(row, 0)?).unwrap_or(0),
        since: Time(column(row, 1)?),
        beaten: Time(column(row, 2)?),
        presence: Presence {
            address: column::<&str>(row, 3)?.into(),
            version: column::<&str>(row, 4)?.into(),
            serves: upstreams(serves),
            up: upstreams(up),
            demand: accounts(demand_of).zip(demand).collect(),
            sessions: accounts(sessions_of).zip(sessions.into_iter().map(small)).collect(),
            consent: column::<i64>(row, 12)?.try_into().unwrap_or(0),
        },
        // What a later version holds is not for us to share out.
        holds: names.iter().filter_map(|name| name.parse().ok()).collect(),
    })
}

fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn names(leases: &[Lease]) -> Vec<String> {
    leases.iter().map(ToString::to_string).collect()
}

#[async_trait]
impl Nodes for Postgres {
    fn number(&self) -> u8 {
        self.membership.number()
    }

    fn is_alone(&self) -> bool {
        false
    }

    async fn living(&self) -> Result<Vec<(u8, u64)>, StoreError> {
        self.membership.taken().await
    }

    async fn beat(&self, presence: &Presence) -> Result<Muster, StoreError> {
        self.membership.beat(presence).await
    }

    async fn hold(&self, leases: Vec<Lease>) -> Result<Vec<Lease>, StoreError> {
        let wanted = names(&leases);
        let rows =
            self.membership.ask("SELECT hold_leases($1, $2)", &[&self.membership.number, &wanted]).await?;
        let held: Vec<&str> = rows.iter().map(|row| column(row, 0)).collect::<Result<_, _>>()?;
        Ok(held.iter().filter_map(|name| name.parse().ok()).collect())
    }

    async fn let_go(&self, leases: Vec<Lease>) -> Result<(), StoreError> {
        let names = names(&leases);
        let sql = "DELETE FROM lease WHERE node = $1 AND name = ANY($2)";
        self.membership.ask(sql, &[&self.membership.number, &names]).await?;
        Ok(())
    }

    async fn rescue(&self) -> Result<usize, StoreError> {
        let rows =
            self.membership.ask("SELECT rescue_by($1, $2)", &[&self.membership.number, &life()]).await?;
        let rescued: i64 = rows.first().map_or(Ok(0), |row| column(row, 0))?;
        Ok(usize::try_from(rescued).unwrap_or(0))
    }

    async fn matched(&self, most: usize) -> Result<Vec<(UpstreamId, Report)>, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let sql = "SELECT p.upstream, p.reference, p.reported, p.error, p.one, p.other, p.also, p.id FROM parked p \
                   JOIN waiting w ON w.upstream = p.upstream AND w.reference = p.key \
                   WHERE NOT p.damaged ORDER BY p.id LIMIT $1";
        let rows = self.membership.ask(sql, &[&most]).await?;
        let (mut matched, mut damage) = (Vec::new(), Damage::default());
        for row in &rows {
            matched.extend(early(row, &mut damage).map_err(|error| error.meaning())?);
        }
        self.set_aside((matched, damage)).await
    }

    async fn gathered(&self, most: usize) -> Result<Vec<Delivery>, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = self.membership.with(|link| async move { gathered::gathered(&link, most).await }).await?;
        self.set_aside(found).await
    }

    async fn news(&self) -> News {
        self.news.next().await
    }

    fn tell(&self, news: Vec<News>) {
        self.news.tell(news);
    }
}
