//! A video of which a request is sent a part.

use std::fs::{File, Metadata};
use std::rc::Rc;

use crate::proto::mp4::Cutter;

/// A file of which a part may be played by itself.
#[derive(Debug)]
pub struct Video {
    pub file: Rc<File>,
    pub metadata: Metadata,
    pub path: Vec<u8>,
    /// While a part of it is made.
    pub cutter: Option<Cutter>,
}
