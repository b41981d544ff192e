//! Variables and strings with variables, written into a buffer.

use crate::http::vars::Template;
use crate::worker::*;

pub fn template(_w: &mut Worker, _id: RequestId, _t: &Template, _out: &mut Vec<u8>) {}
