//! Our end of a connection to a server, for one request: how its body is framed, and what the bytes are that the
//! server sends. The request's head is written elsewhere, from the settings of the protocol's module.

use super::{Got, Head, ResponseHead, Violation, fastcgi, h1};

/// By the protocol that is spoken.
#[derive(Debug)]
pub enum Client {
    H1(h1::Client),
    /// Large, and so apart; an exchange uses the memory of the one before.
    FastCgi(Box<fastcgi::Client>),
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
        }
    }

    /// Appends to `out` what goes before the next `len` bytes of the request's body; what is returned follows
    /// them. `last`: nothing comes behind them. At most [`Self::MAX_FRAME`] bytes are one piece.
    pub fn frame(&mut self, len: usize, last: bool, out: &mut Vec<u8>) -> &'static [u8] {
        each!(self, it => it.frame(len, last, out))
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
        }
    }

    /// `n` bytes of the body, at most [`Self::opaque`], were read by other means.
    pub fn pass(&mut self, n: u64) {
        match self {
            Self::H1(it) => it.pass(n),
            Self::FastCgi(_) => {}
        }
    }

    /// The whole response was read.
    pub fn is_done(&self) -> bool {
        match self {
            Self::H1(it) => it.is_done(),
            Self::FastCgi(it) => it.is_whole(),
        }
    }

    /// The end of the input would complete the response.
    pub fn ends_at_close(&self) -> bool {
        match self {
            Self::H1(it) => it.ends_at_close(),
            Self::FastCgi(it) => it.ends_at_close(),
        }
    }

    /// The fields behind the body, if they are to be kept. None before its end.
    pub fn trailers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let it = match self {
            Self::H1(it) => Some(it),
            Self::FastCgi(_) => None,
        };
        it.into_iter().flat_map(h1::Client::trailers)
    }

    /// What the server said for the log, a line each (FastCGI's STDERR), since [`Self::clear_messages`].
    pub fn messages(&self) -> impl Iterator<Item = &[u8]> {
        let it = match self {
            Self::H1(_) => None,
            Self::FastCgi(it) => Some(it),
        };
        it.into_iter().flat_map(|it| it.messages())
    }

    #[inline]
    pub fn has_messages(&self) -> bool {
        match self {
            Self::H1(_) => false,
            Self::FastCgi(it) => it.messages().next().is_some(),
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
        match self {
            Self::H1(it) => it.excess(),
            Self::FastCgi(it) => it.excess(),
        }
    }

    /// What the log says of a violation that [`Self::receive`] returned for `read`, behind its words.
    pub fn details(&self, why: Violation, read: &[u8], head: &Head) -> String {
        each!(self, it => it.details(&why, read, head))
    }
}
