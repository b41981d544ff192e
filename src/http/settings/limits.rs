//! `limit_req` and `limit_conn`: what a location is limited by, and the zones that know the state of it.

use crate::base::logging::Severity;
use crate::http::vars::Template;
use crate::settings;
use crate::shared::zone::Declaration;
use crate::shared::zones::ZoneIndex;

settings! {
    /// The limit_req module.
    pub struct LimitReq / LimitReqRaw {
        /// In the order of the file; a block with any of its own does not see the ones around it.
        limits: Vec<ReqLimit> = vec![],
        dry_run: bool = false,
        /// Of a request that is refused; one that is delayed is logged one level lower.
        log_level: Severity = Severity::Error,
        status: u16 = 503,
    }
}

settings! {
    /// The limit_conn module.
    pub struct LimitConn / LimitConnRaw {
        /// As those of limit_req.
        limits: Vec<ConnLimit> = vec![],
        dry_run: bool = false,
        log_level: Severity = Severity::Error,
        status: u16 = 503,
    }
}

/// A `limit_req` line. Requests are counted in thousandths.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReqLimit {
    pub zone: ZoneIndex,
    /// What may exceed the rate before requests are refused.
    pub burst: u64,
    /// What may exceed the rate before requests are delayed.
    pub delay: u64,
}

/// A `limit_conn` line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConnLimit {
    pub zone: ZoneIndex,
    /// Requests under way at the same time.
    pub connections: u16,
}

/// A `limit_req_zone` or `limit_conn_zone`.
#[derive(Clone, Debug)]
pub struct LimitZone {
    pub declared: Declaration,
    pub key: Template,
    /// Thousandths of a request per second; without a meaning in a zone of connections.
    pub rate: u64,
}

impl LimitReq {
    /// The level of a line about a request that is delayed.
    pub fn delay_level(&self) -> Severity {
        match self.log_level {
            Severity::Error => Severity::Warn,
            Severity::Warn => Severity::Notice,
            _ => Severity::Info,
        }
    }
}
