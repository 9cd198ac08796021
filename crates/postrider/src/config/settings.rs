//! The configuration file as it is written: the sections of a node, and what it declares. The reference of settings is made
//! from the declarations here, so each says what a setting is for.

use postrider_core::account::Network;
use postrider_declare::upstream::http::PublicUrl;
use postrider_declare::upstream::ucp::UtcOffset;
use postrider_declare::{Documents, RoleWord, Secret, Span, Written, settings, words};
use std::collections::BTreeMap;

settings! {
    /// A configuration file.
    pub(crate) struct File {
        /// The settings of this process.
        node: NodeSection = NodeSection::default();
        /// The door for applications.
        http: HttpSection = HttpSection::default();
        /// The door for SMPP clients.
        smpp: SmppSection = SmppSection::default();
        /// The door for UCP clients.
        ucp: OlderSection = OlderSection::default();
        /// The door for CIMD2 clients.
        cimd2: OlderSection = OlderSection::default();
        /// Logging: level and format.
        log: LogSection = LogSection::default();
        /// The administrators of the gateway.
        admin: AdminSection = AdminSection::default();
        /// Retention: how long data is kept.
        retention: RetentionSection = RetentionSection::default();
        /// When numbers count as dead.
        dead_numbers: DeadNumbersSection = DeadNumbersSection::default();
        /// Encryption of texts and secrets in the store.
        encryption: EncryptionSection = EncryptionSection::default();
        /// Media of messages: limits, and how long they are kept.
        media: MediaSection = MediaSection::default();
        /// How users sign in to the console.
        sign_in: SignInSection = SignInSection::default();
        /// Outbox tables in databases of applications, by name.
        outboxes: BTreeMap<String, OutboxSection> = BTreeMap::new();
        /// Message brokers, by name: events go out to them, and messages come in.
        brokers: BTreeMap<String, BrokerSection> = BTreeMap::new();
        /// Short links in messages.
        links: LinksSection = LinksSection::default();
    }
    with {
        /// The resources that the file declares.
        documents: Documents,
    }
}

settings! {
    /// The settings of this process.
    pub(crate) struct NodeSection: Default {
        /// The directory of the message store, made at the first start. `--data` overrides it. Like every path here it is
        /// taken from the directory of this file.
        data: String = "postrider-data".into();
        /// The PostgreSQL database that several nodes share, instead of a message store of this node's own:
        /// `postgres://user:password@host/database`, with several hosts if there are replicas. It says
        /// `sslmode=require` for TLS, verified against this machine's authorities, or those in `sslrootcert=FILE`.
        /// Default: none.
        store: Option<Secret> = None;
        /// How long a starting node waits for a database that is away, before it gives up. `0s` is for not at all.
        store_wait: Span = "24h".into(), "0s"..="720h";
        /// The number of this node, 0 to 255, of nodes that share a database 1 to 255: two nodes never make the same
        /// message id if theirs differ. Default: 0, or the first that no living node has.
        number: Option<u8> = None;
        /// The folder for files of CSV with messages, in which each account has a folder of its name. Default: none.
        drop_folder: Option<String> = None;
        /// The time for which a stopping node waits for answers that are under way.
        drain: Span = "25s".into(), "1s"..="10m";
    }
}

settings! {
    /// The door for applications: the REST API, health and metrics.
    pub(crate) struct HttpSection: Default {
        /// The address and port to listen at. `--http` overrides it.
        listen: String = "127.0.0.1:8080".into();
        /// The URL at which people reach this listener from the internet, such as `https://sms.example.org`. Links in messages
        /// lead there: to media, and short links unless `links.base_url` says otherwise. Default: none, and no links are sent.
        public_url: Option<Written<PublicUrl>> = None;
        /// The address and port of a listener for health and metrics alone, which no crowd at the other listeners keeps
        /// out. With it `/metrics` is served there only. Default: none.
        monitoring: Option<String> = None;
        /// Connections open at once, encrypted ones included. When there are more, the oldest that has not sent a whole
        /// request is ended.
        connections: u32 = 10_000, 1..=1_000_000;
        /// Connections open at once from one address (of IPv6, from one /64). Set it higher if a reverse proxy connects
        /// for everybody.
        connections_per_address: u32 = 500, 1..=1_000_000;
        /// A second listener, encrypted (HTTPS). Default: none.
        tls: Option<TlsSection> = None;
    }
}

settings! {
    /// The door for SMPP clients.
    pub(crate) struct SmppSection: Default {
        /// Whether SMPP clients are let in at all.
        enabled: bool = true;
        /// The address and port to listen at. `--smpp` overrides it.
        listen: String = "127.0.0.1:2775".into();
        /// Addresses and networks of load balancers, such as `10.0.0.5` or `10.0.0.0/24`: connections from there must begin
        /// with a PROXY protocol header, version 2, which names the client. Default: none.
        proxies: Vec<Written<Network>> = Vec::new();
        /// Connections open at once, encrypted ones included. When there are more, the oldest that is not bound is ended.
        connections: u32 = 10_000, 1..=1_000_000;
        /// Connections open at once from one address (of IPv6, from one /64).
        connections_per_address: u32 = 500, 1..=1_000_000;
        /// The silence of a client after which the node probes it (`enquire_link`). 0s is for never, where clients
        /// can't answer.
        enquire_link: Span = "30s".into(), "0s"..="1h";
        /// The time limit of a client's answer to a receipt or a probe.
        response_timeout: Span = "30s".into(), "1s"..="10m";
        /// A second listener, encrypted. Default: none.
        tls: Option<TlsSection> = None;
    }
}

settings! {
    /// The door for clients that speak an older protocol: EMI/UCP in `[ucp]`, CIMD2 in `[cimd2]`. They log in as an account's
    /// `smpp.system_id`. There is no door without `listen` or `tls`.
    pub(crate) struct OlderSection: Default {
        /// The address and port to listen at, such as `127.0.0.1:3024`. Default: none.
        listen: Option<String> = None;
        /// Addresses and networks of load balancers, such as `10.0.0.5` or `10.0.0.0/24`: connections from there must begin
        /// with a PROXY protocol header, version 2, which names the client. Default: none.
        proxies: Vec<Written<Network>> = Vec::new();
        /// Connections open at once, encrypted ones included. When there are more, the oldest on which nobody has logged in is
        /// ended.
        connections: u32 = 1_000, 1..=1_000_000;
        /// Connections open at once from one address (of IPv6, from one /64).
        connections_per_address: u32 = 100, 1..=1_000_000;
        /// The silence of a client after which the node asks it for a sign of life (operation 31 of UCP, 40 of CIMD2). 0s is for
        /// never: many clients ask themselves, and some can't answer.
        keepalive: Span = "0s".into(), "0s"..="1h";
        /// The silence of a client after which its session is ended. 0s is for never.
        inactivity: Span = "10m".into(), "0s"..="24h";
        /// The time limit of a client's answer to a receipt or a message.
        response_timeout: Span = "30s".into(), "1s"..="10m";
        /// The clock of time stamps, as its offset from UTC, such as `+01:00`: these protocols have local times without a zone.
        /// Default: UTC.
        utc_offset: Option<Written<UtcOffset>> = None;
        /// Whether frames of CIMD2 are written with a checksum. UCP's always are.
        checksum: bool = true;
        /// A listener with TLS. Default: none.
        tls: Option<TlsSection> = None;
    }
}

settings! {
    /// A second listener, encrypted. Its certificate is read again on SIGHUP.
    pub(crate) struct TlsSection {
        /// The address and port to listen at, such as `0.0.0.0:8443` for HTTP or `0.0.0.0:3550` for SMPP.
        listen: String;
        /// The file with the certificate and after it its chain (PEM).
        cert_file: String;
        /// The file with the certificate's key (PEM).
        key_file: String;
    }
}

settings! {
    /// Logging: level and format.
    pub(crate) struct LogSection: Default {
        /// The form of lines: `pretty` for people, `json` for programs. Default: `pretty` on a terminal, `json` elsewhere.
        format: Option<LogFormat> = None;
        /// The least level of lines: `error`, `warn`, `info`, `debug` or `trace`. `debug` adds a line for each change of a
        /// message's state. The environment variable `POSTRIDER_LOG` overrides it, and may set a level for each target:
        /// `info,message=debug`.
        level: Level = Level::Info;
    }
}

words! {
    /// The form of log lines.
    pub(crate) enum LogFormat {
        /// For people.
        Pretty = "pretty",
        /// For programs: one JSON object a line.
        Json = "json",
    }
}

words! {
    /// The level of log lines.
    pub(crate) enum Level {
        /// An operator must act.
        Error = "error",
        /// An operator may have to act soon.
        Warn = "warn",
        /// A state changed.
        Info = "info",
        /// Each change of a message.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

settings! {
    /// The administrators of the gateway.
    pub(crate) struct AdminSection: Default {
        /// Keys of administrators, by the name under which their changes are recorded, 20 to 200 characters each:
        /// `keys.alice = { file = "/run/secrets/alice" }`.
        /// Default: one key, made at the first start and kept in the file `admin.key` of the data directory.
        keys: BTreeMap<String, Secret> = BTreeMap::new();
        /// Addresses and networks that keys of administrators may be used from, such as `10.0.0.0/8`. Default: all.
        allow: Vec<Written<Network>> = Vec::new();
        /// What keys may be used for, by their names in `keys`: `scopes.grafana = ["read"]`. Default: everything.
        scopes: BTreeMap<String, Vec<AdminScope>> = BTreeMap::new();
    }
}

words! {
    /// What an administrator's key may be used for.
    pub(crate) enum AdminScope {
        /// See what is declared, messages without their texts, nodes and changes.
        Read = "read",
        /// Change what is declared, cancel messages, reload, and examine upstreams.
        Write = "write",
        /// See SMPP traffic, with texts and numbers.
        Trace = "trace",
    }
}

settings! {
    /// Retention: how long data is kept.
    pub(crate) struct RetentionSection: Default {
        /// The time for which messages are kept after they were accepted or came in, once they have ended. An account may
        /// say another time.
        messages: Span = "90d".into(), "1d"..="3650d";
        /// The time for which texts are kept, at most as long as messages. An account may say another time. Default: as
        /// long as messages.
        texts: Option<Span> = None, "1h"..="3650d";
        /// The time for which lines of the audit log are kept.
        audit: Span = "730d".into(), "30d"..="3650d";
        /// The time for which the stream of events (`GET /v1/events`) can be resumed. `0s` switches the stream off.
        events: Span = "24h".into(), "0s"..="30d";
    }
}

settings! {
    /// When numbers count as dead: messages to them failed for good, and none was delivered since. Messages to dead numbers are refused,
    /// unless the account's `refuse_to` leaves that out. All nodes that share a store say the same.
    pub(crate) struct DeadNumbersSection: Default {
        /// The messages that must have failed.
        failures: u32 = 3, 1..=1_000;
        /// The least time between the first and the last of them.
        over: Span = "2d".into(), "0s"..="365d";
        /// The time after the last failure for which a number counts as dead.
        holds: Span = "90d".into(), "1h"..="3650d";
    }
}

settings! {
    /// Encryption of texts and secrets in the store. It is changed while the gateway runs, by a reload.
    pub(crate) struct EncryptionSection: Default {
        /// The name of the key that new values are encrypted with. Default: none, values are kept in clear.
        active: Option<String> = None;
        /// Keys by name, each of 64 hexadecimal digits in a file or an environment variable:
        /// `keys.2027 = { file = "/run/secrets/postrider-2027" }`. A key is needed for as long as values are encrypted with
        /// it. Default: none.
        keys: BTreeMap<String, Secret> = BTreeMap::new();
    }
}

settings! {
    /// Media of messages: limits, and how long they are kept.
    pub(crate) struct MediaSection: Default {
        /// The largest picture, video or sound, in octets.
        size_max: u32 = 5_242_880, 1_024..=52_428_800;
        /// The media that an account may have stored, in MiB.
        stored_max: u32 = 1_024, 1..=1_048_576;
        /// The time for which media are kept: after their upload, and after the last time at which a message that names them could be
        /// sent. So long do links to them work.
        keep: Span = "30d".into(), "1h"..="400d";
        /// Whether media may be fetched from private addresses, which may be the operator's own network.
        fetch_private: bool = false;
    }
}

settings! {
    /// How users sign in to the console.
    pub(crate) struct SignInSection: Default {
        /// The time without a use after which a session ends.
        idle: Span = "1h".into(), "1m"..="24h";
        /// The time after which a session ends in any case.
        longest: Span = "12h".into(), "10m"..="30d";
        /// The time for which a password or a one-time code counts before changes of keys, prices and users, and before exports.
        fresh: Span = "10m".into(), "1m"..="1h";
        /// The roles whose users must have one-time codes: until they have, they can do nothing else. Default: none.
        totp_required: Vec<RoleWord> = Vec::new();
        /// An identity provider (OpenID Connect) where users sign in. Default: none.
        oidc: Option<OidcSection> = None;
    }
}

settings! {
    /// An identity provider, by OpenID Connect: the authorization code flow with PKCE.
    pub(crate) struct OidcSection: Default {
        /// The words of the button on the page for signing in.
        label: String = "Single sign-on".into();
        /// The provider's identifier, an address of https, as the provider writes it. `/.well-known/openid-configuration` is read
        /// below it. It must be given. Default: none.
        issuer: String = String::new();
        /// The identifier of this gateway at the provider.
        client_id: String = "postrider".into();
        /// The secret of this gateway at the provider. Default: none, it is a public client.
        client_secret: Option<Secret> = None;
        /// The address of this gateway to which the provider leads back: its own with the path `/console/sign-in/provider`. It
        /// is registered at the provider. It must be given. Default: none.
        redirect_uri: String = String::new();
        /// What is asked for besides `openid`. Some providers tell groups only for a scope of its own.
        scopes: Vec<String> = vec!["profile".into(), "email".into()];
        /// The claim that the name of a new user is made of.
        name_claim: String = "preferred_username".into();
        /// The claim, a text or a list of texts, whose values decide the role.
        roles_claim: String = "groups".into();
        /// Roles by values of that claim: `roles.sms-ops = "operator"`. Of several the first counts, in the order owner,
        /// operator, support, billing, author, customer. `"*"` is for everybody else. Who has none isn't let in. Default: none, then
        /// users that are declared with their `subject` come in, with the role that they are declared with.
        roles: BTreeMap<String, RoleWord> = BTreeMap::new();
        /// The claim with the name of the account, for roles that have one. Default: none.
        account_claim: Option<String> = None;
        /// Whether whoever has a role becomes a user when signing in first.
        create_users: bool = false;
    }
}

settings! {
    /// An outbox table in a database of an application: each row that is inserted becomes a message, and hears what became of it.
    pub(crate) struct OutboxSection {
        /// The database: `postgres://user:password@host/database` as for `node.store`, or `sqlite:PATH`, taken from the directory of
        /// this file. It must be given. Default: none.
        database: Option<Secret> = None;
        /// The table, with its schema if need be: `sms_outbox`, `app.sms_outbox`.
        table: String = "sms_outbox".into();
        /// The name of the account that sends.
        account: String;
        /// The time after which the table is looked at again when it had no new rows.
        every: Span = "1s".into(), "100ms"..="1h";
    }
}

settings! {
    /// A message broker: events go out to it, and messages to be sent come in.
    pub(crate) struct BrokerSection {
        /// The address: `nats://user:password@host:port` or `tls://` (NATS with JetStream), `mqtt://` or `mqtts://` (MQTT 3.1.1),
        /// `amqp://` or `amqps://` with a virtual host behind the host (AMQP 0-9-1), `kafka://` or `kafkas://` (Apache Kafka). It must
        /// be given. Default: none.
        url: Option<Secret> = None;
        /// The file with the authorities that vouch for the broker's certificate (PEM), taken from the directory of this file. Default:
        /// this machine's.
        ca_file: Option<String> = None;
        /// The name of the account whose events go out and whose messages come in. Default: events of all accounts, and no messages.
        account: Option<String> = None;
        /// The beginning of subjects (`sms.events`) or topics (`sms/events`) that events are published to, each behind it by its type. Of
        /// AMQP an exchange, for which the type is the routing key. Of Kafka a topic. Default: events are not published.
        events: Option<String> = None;
        /// The types of events that are published, such as `message.delivered`. Default: all.
        types: Vec<String> = Vec::new();
        /// Where messages come from: `STREAM/CONSUMER` of NATS, a durable pull consumer; a topic filter of MQTT; a queue of AMQP;
        /// `TOPIC/GROUP` of Kafka. Default: none come.
        messages: Option<String> = None;
        /// The subject or topic that is told what became of each message that came; of AMQP `EXCHANGE/ROUTING-KEY`, or `/QUEUE`.
        /// Default: none is.
        results: Option<String> = None;
    }
}

settings! {
    /// Short links in messages, by which it is known who has followed them.
    pub(crate) struct LinksSection: Default {
        /// The beginning of short links, such as `https://go.example/l`: a slash and a code follow. Requests for it must reach the
        /// path `/l` of the HTTP listener, or `listen`. Default: `/l` behind `http.public_url`; without that no links are shortened.
        base_url: Option<String> = None;
        /// The address and port of a listener for short links alone, which also takes codes without `/l` before them. Default: none.
        listen: Option<String> = None;
        /// The time for which a link works once its message was to be sent.
        valid_for: Span = "90d".into(), "1d"..="730d";
    }
}
