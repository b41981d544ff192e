//! The stream STDERR: messages for the log.

/// The most that is kept of one message; the log has no longer lines.
const MAX_MESSAGE: usize = 2048;

/// A record is a message. Between two calls of [`Self::clear`] their number is bounded by the input.
#[derive(Clone, Debug, Default)]
pub(super) struct Messages {
    text: Vec<u8>,
    /// Where each whole message ends in `text`.
    ends: Vec<usize>,
}

impl Messages {
    /// Adds bytes of a message, which the `last` ones end.
    pub(super) fn add(&mut self, bytes: &[u8], last: bool) {
        let open = self.text.len() - self.start();
        let n = bytes.len().min(MAX_MESSAGE - open);
        self.text.extend_from_slice(&bytes[..n]);
        if last {
            self.end();
        }
    }

    /// Forgets everything, and keeps the memory.
    pub(super) fn reset(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Ends the message that is open, if there is one.
    pub(super) fn end(&mut self) {
        let start = self.start();
        if self.text.len() > start {
            let mark = |byte: &u8| matches!(byte, b'\r' | b'\n' | b'.' | b' ');
            let marks = self.text[start..].iter().rev().take_while(|byte| mark(byte)).count();
            self.text.truncate(self.text.len() - marks);
            self.ends.push(self.text.len());
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.text[start..end])
    }

    /// Keeps only the message that is open.
    pub(super) fn clear(&mut self) {
        self.text.drain(..self.start());
        self.ends.clear();
    }

    fn start(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }
}
