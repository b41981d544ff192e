//! What is wrong with a file, in nginx's words.

use std::fmt;
use std::path::Path;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// The file ends within a box.
    Truncated,
    /// A box is smaller than its header.
    SmallBox(u64),
    /// A box is larger than the one around it.
    LargeBox(u64),
    LargeFtyp(u64),
    LargeMoov(u64),
    /// A box has no room for what it is to hold.
    Small(&'static str),
    Duplicate(&'static str),
    Missing(&'static str),
    NoMdat,
    /// `cmov`
    Compressed,
    /// The movie does not last until the start.
    StartExceedsDuration,
    /// A table does not reach to the start, or the end.
    Out(End, &'static str),
    /// No sample lies between start and end.
    NoData,
    /// A table of chunks without entries.
    NoEntries,
    /// Chunks are numbered from 1 on, and their numbers increase.
    Unordered,
    /// An offset does not fit into the table of the file.
    LargeOffset,
    /// The new `moov` is too large for its length.
    LargeHead,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Start,
    End,
}

impl Wrong {
    /// With the file's path.
    pub fn of(self, path: &Path) -> WrongFile<'_> {
        WrongFile { wrong: self, path }
    }
}

/// A file, and what is wrong with it.
#[derive(Debug)]
pub struct WrongFile<'a> {
    wrong: Wrong,
    path: &'a Path,
}

impl fmt::Display for WrongFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Wrong::*;
        let path = self.path.display();
        match self.wrong {
            Truncated => write!(f, "\"{path}\" mp4 file truncated"),
            SmallBox(size) => write!(f, "\"{path}\" mp4 atom is too small:{size}"),
            LargeBox(size) => write!(f, "\"{path}\" mp4 atom too large:{size}"),
            LargeFtyp(size) => write!(f, "\"{path}\" mp4 ftyp atom is too large:{size}"),
            LargeMoov(size) => write!(
                f,
                "\"{path}\" mp4 moov atom is too large:{size}, \
                 you may want to increase mp4_max_buffer_size"
            ),
            Small(name) => write!(f, "\"{path}\" mp4 {name} atom too small"),
            Duplicate(name) => write!(f, "duplicate mp4 {name} atom in \"{path}\""),
            Missing(name) => write!(f, "no mp4 {name} atoms were found in \"{path}\""),
            NoMdat => write!(f, "no mp4 mdat atom was found in \"{path}\""),
            Compressed => {
                write!(f, "\"{path}\" mp4 compressed moov atom (cmov) is not supported")
            }
            StartExceedsDuration => {
                write!(f, "\"{path}\" mp4 start time exceeds file duration")
            }
            Out(end, what) => {
                let end = if end == End::Start { "start" } else { "end" };
                write!(f, "{end} time is out mp4 {what} in \"{path}\"")
            }
            NoData => write!(f, "no data between start time and end time in \"{path}\""),
            NoEntries => write!(f, "zero number of entries in stsc atom in \"{path}\""),
            Unordered => write!(f, "unordered mp4 stsc chunks in \"{path}\""),
            LargeOffset => write!(f, "too large mp4 chunk offset in \"{path}\""),
            LargeHead => write!(f, "\"{path}\" mp4 moov atom would be too large"),
        }
    }
}
