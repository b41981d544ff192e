//! Our end of a connection to a server, for one request: how its body is framed, and what the bytes are that the
//! server sends. The request's head is written elsewhere, from the settings of the protocol's module.

use super::{Got, Head, ResponseHead, Violation, cgi, fastcgi, h1, memcached};

/// By the protocol that is spoken.
#[derive(Debug)]
pub enum Client {
    H1(h1::Client),
    /// Large, and so apart, as the others; an exchange uses the memory of the one before.
    FastCgi(Box<fastcgi::Client>),
    /// uwsgi and SCGI.
    Cgi(Box<cgi::Client>),
    Memcached(Box<memcached::Client>),
}

impl Default for Client {
    fn default() -> Self {
        Self::H1(h1::Client::default())
    }
}

/// Calls the same method of the protocol's own client.
macro_rules! each {
    ($self:ident, $it:ident => $call:expr) => {
        match $self {
            Self::H1($it) => $call,
            Self::FastCgi($it) => $call,
            Self::Cgi($it) => $call,
            Self::Memcached($it) => $call,
        }
    };
}

impl Client {
    /// Whether each piece of the request's body goes between what [`Self::frame`] writes. Otherwise the body is sent
    /// as it is.
    pub fn frames(&self) -> bool {
        match self {
            Self::H1(it) => it.frames(),
            Self::FastCgi(_) => true,
            Self::Cgi(_) | Self::Memcached(_) => false,
        }
    }

    /// Appends to `out` what goes before the next `len` bytes of the request's body; what is returned follows
    /// them. `last`: nothing comes behind them. At most [`Self::MAX_FRAME`] bytes are one piece.
    pub fn frame(&mut self, len: usize, last: bool, out: &mut Vec<u8>) -> &'static [u8] {
        match self {
            Self::H1(it) => it.frame(len, last, out),
            Self::FastCgi(it) => it.frame(len, last, out),
            // The body goes as it is.
            Self::Cgi(_) | Self::Memcached(_) => b"",
        }
    }

    pub const MAX_FRAME: usize = 32 << 10;

    /// Takes bytes of the connection. The head is copied to `head`, and what it says goes to `line`; the body is
    /// decoded in place.
    pub fn receive(
        &mut self,
        input: &mut [u8],
        head: &mut Head,
        line: &mut ResponseHead,
    ) -> Result<Got, Violation> {
        each!(self, it => it.receive(input, head, line))
    }

    /// How many bytes of the body are known to come next with nothing between them.
    pub fn opaque(&self) -> Option<u64> {
        match self {
            Self::H1(it) => it.opaque(),
            Self::FastCgi(_) => None,
            Self::Cgi(it) => it.opaque(),
            Self::Memcached(it) => it.opaque(),
        }
    }

    /// `n` bytes of the body, at most [`Self::opaque`], were read by other means.
    pub fn pass(&mut self, n: u64) {
        match self {
            Self::H1(it) => it.pass(n),
            Self::FastCgi(_) => {}
            Self::Cgi(it) => it.pass(n),
            Self::Memcached(it) => it.pass(n),
        }
    }

    /// The whole response was read.
    pub fn is_done(&self) -> bool {
        match self {
            Self::H1(it) => it.is_done(),
            Self::FastCgi(it) => it.is_whole(),
            Self::Cgi(it) => it.is_done(),
            Self::Memcached(it) => it.is_done(),
        }
    }

    /// The end of the input would complete the response.
    pub fn ends_at_close(&self) -> bool {
        match self {
            Self::H1(it) => it.ends_at_close(),
            Self::FastCgi(it) => it.ends_at_close(),
            Self::Cgi(it) => it.ends_at_close(),
            Self::Memcached(_) => false,
        }
    }

    /// The fields behind the body, if they are to be kept. None before its end.
    pub fn trailers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let it = match self {
            Self::H1(it) => Some(it),
            Self::FastCgi(_) | Self::Cgi(_) | Self::Memcached(_) => None,
        };
        it.into_iter().flat_map(h1::Client::trailers)
    }

    /// What the server said for the log, a line each (FastCGI's STDERR), since [`Self::clear_messages`].
    pub fn messages(&self) -> impl Iterator<Item = &[u8]> {
        let it = match self {
            Self::FastCgi(it) => Some(it),
            Self::H1(_) | Self::Cgi(_) | Self::Memcached(_) => None,
        };
        it.into_iter().flat_map(|it| it.messages())
    }

    #[inline]
    pub fn has_messages(&self) -> bool {
        match self {
            Self::FastCgi(it) => it.messages().next().is_some(),
            Self::H1(_) | Self::Cgi(_) | Self::Memcached(_) => false,
        }
    }

    /// The key that the server has no value for (memcached).
    pub fn not_found(&self) -> Option<&[u8]> {
        match self {
            Self::Memcached(it) => it.not_found(),
            Self::H1(_) | Self::FastCgi(_) | Self::Cgi(_) => None,
        }
    }

    pub fn clear_messages(&mut self) {
        if let Self::FastCgi(it) = self {
            it.clear_messages();
        }
    }

    /// The input has ended: a message that is not whole is one all the same.
    pub fn close(&mut self) {
        if let Self::FastCgi(it) = self {
            it.close();
        }
    }

    /// The log's words for bytes behind the response.
    pub fn excess(&self) -> &'static str {
        each!(self, it => it.excess())
    }

    /// What the log says of a violation that [`Self::receive`] returned for `read`, behind its words.
    pub fn details(&self, why: Violation, read: &[u8], head: &Head) -> String {
        each!(self, it => it.details(&why, read, head))
    }
}
