//! One question to an OCSP responder as it goes (RFC 6960, appendix A).

use std::sync::Arc;

use super::conf::{OcspCheck, ServerId};
use super::fetch::Fetch;
use super::settings::responder::Responder;
use super::uri::{self, Escape};
use crate::base::base64;
use crate::base::ids::{ChannelId, ConnId, WaiterId};
use crate::os::addr::Addr;
use crate::proto::{Client, h1};
use crate::tls::{Question, Stapling};
use crate::upstream::resolve::Outcome;

#[derive(Debug)]
pub struct Ocsp {
    pub purpose: Purpose,
    pub question: Question,
    pub responder: Responder,
    /// The server block whose `resolver` and error log it uses.
    pub server: ServerId,
    /// Those of the responder; and which of them is asked.
    pub addrs: Vec<Addr>,
    pub at: usize,
    /// The responder's name is looked up, and what it came to.
    pub waiter: Option<WaiterId>,
    pub outcome: Option<Outcome>,
    pub connection: Option<ConnId>,
    pub fetch: Fetch,
}

/// What the answer is for.
#[derive(Debug)]
pub enum Purpose {
    /// The client of that connection waits.
    Client {
        channel: ChannelId,
        check: Arc<OcspCheck>,
        /// What is to be asked after this, the next one last.
        rest: Vec<Question>,
    },
    Staple(Stapling),
}

/// The longest response that is read, and the longest head of one, in bytes.
pub const LONGEST: usize = 16 << 10;

impl Ocsp {
    pub fn new(
        purpose: Purpose,
        question: Question,
        responder: Responder,
        server: ServerId,
    ) -> Self {
        Self {
            purpose,
            question,
            addrs: responder.addrs.clone(),
            responder,
            server,
            at: 0,
            waiter: None,
            outcome: None,
            connection: None,
            fetch: Fetch::default(),
        }
    }

    /// Makes the request, of which nothing has gone out: the question is in its target.
    pub fn create_request(&mut self) {
        let sent = h1::Sent { limit: LONGEST as u32, ..h1::Sent::default() };
        let mut out = b"GET ".to_vec();
        out.extend_from_slice(self.responder.uri.as_bytes());
        if !out.ends_with(b"/") {
            out.push(b'/');
        }
        let mut text = vec![];
        base64::encode(&self.question.request(), false, &mut text);
        uri::escape(&text, Escape::Component, &mut out);
        out.extend_from_slice(b" HTTP/1.0\r\nHost: ");
        let host = &self.responder.host;
        let is_ipv6 = host.contains(':');
        let host = if is_ipv6 { format!("[{host}]") } else { host.to_string() };
        out.extend_from_slice(host.as_bytes());
        if self.responder.port != 80 {
            out.extend_from_slice(format!(":{}", self.responder.port).as_bytes());
        }
        out.extend_from_slice(b"\r\nConnection: close\r\n\r\n");
        let client = Client::H1(h1::Client::new(sent));
        self.fetch = Fetch::new(out, client);
    }
}
