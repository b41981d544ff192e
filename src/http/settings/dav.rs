//! The dav module: which methods change files.

use super::block::Methods;
use crate::settings;

settings! {
    /// How clients change the files of a location.
    pub struct Dav / DavRaw {
        /// `dav_methods`
        methods: Methods = Methods(0),
        create_full_put_path: bool = false,
        /// `dav_access`: the mode of new files.
        access: u32 = 0o600,
        /// The slashes that the uri of a DELETE has before its last part.
        min_delete_depth: u32 = 0,
    }
}
