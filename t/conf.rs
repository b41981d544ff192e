//! Configurations that are refused, with the exact message; and facts about those that are taken.
use peerage::http::conf;
use std::path::Path;

#[test]
fn examples() {
    for f in ["nginx.conf"] {
        let p = Path::new(env!("CARGO_MANIFEST_DIR")).join("conf").join(f);
        let l = conf::load(&p, Path::new("/prefix"), "").unwrap();
        let _ = format!("{l:#?}");
    }
}
