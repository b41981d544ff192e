//! What a balancer knows of a request, and of the end of a try.

/// What a method knows of the request, and what it notes between the tries.
#[derive(Default, Debug)]
pub struct Hint {
    /// `hash`: the key; `ip_hash`: the client's address.
    pub key: Text,
    /// `sticky`: what the request brought, a peer's name or a session's; empty: it is not bound.
    pub bound: Text,
    /// `sticky learn`: the session that the response begins or goes on with.
    pub session: Text,
    /// The hash so far, or the place on the ring.
    pub hash: u64,
    /// How often the key was hashed.
    pub rehash: u16,
    /// Picks that hit a peer which could not be used.
    pub misses: u16,
    /// No primary peer was left; those of the first tier are not asked again.
    pub backup: bool,
}

/// A short text that most requests do not have: then it is one word.
#[derive(Default, Debug)]
#[expect(clippy::box_collection, reason = "one word in place of three")]
pub struct Text(Option<Box<Vec<u8>>>);

impl Text {
    /// To be written to.
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        self.0.get_or_insert_default()
    }

    pub fn clear(&mut self) {
        if let Some(bytes) = &mut self.0 {
            bytes.clear();
        }
    }
}

impl std::ops::Deref for Text {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |bytes| bytes)
    }
}

impl Hint {
    /// Ready for another request.
    pub fn reset(&mut self) {
        self.key.clear();
        self.bound.clear();
        self.session.clear();
        self.hash = 0;
        self.rehash = 0;
        self.misses = 0;
        self.backup = false;
    }

    /// No peer was picked, and the request waits: it will ask again as if for the first time.
    pub fn ask_again(&mut self) {
        self.hash = 0;
        self.rehash = 0;
        self.misses = 0;
        self.backup = false;
    }

    /// One more miss; true: too many, round robin is to decide.
    pub fn missed(&mut self) -> bool {
        self.misses += 1;
        self.misses > MOST_MISSES
    }

    /// Whether round robin decides from now on.
    pub fn is_lost(&self) -> bool {
        self.misses > MOST_MISSES
    }
}

/// As nginx: then peers are taken in turn.
const MOST_MISSES: u16 = 20;

/// How a try ended.
#[derive(Clone, Copy, Debug)]
pub struct End {
    pub start: u64,
    /// The head of a response had come.
    pub heard: bool,
    /// Neither a failure nor a reason to try another peer.
    pub well: bool,
    /// A failure before a connection stood.
    pub unreached: bool,
}
