//! Statuses: their reason phrases and the pages that are sent for them.

/// The reason phrase in nginx's words; empty for a status it has none for, as it sends it.
pub fn reason(status: u16) -> &'static str {
    ROWS.iter().find(|row| row.0 == status).map_or("", |row| row.1)
}

/// Statuses inside nginx that have a meaning for `error_page` and the log, but go out as 400.
pub const HEAD_TOO_LARGE: u16 = 494;
pub const CERTIFICATE_ERROR: u16 = 495;
pub const NO_CERTIFICATE: u16 = 496;
pub const PLAIN_TO_HTTPS: u16 = 497;

/// The status in the response's head: for the four above it is 400.
pub fn on_wire(status: u16) -> u16 {
    match status {
        HEAD_TOO_LARGE..=PLAIN_TO_HTTPS => 400,
        _ => status,
    }
}

/// Appends the built-in page of a status; nothing if it has none. `signature` is `peerage/0.1.0`,
/// or what `server_tokens` leaves of it.
pub fn page(status: u16, signature: &str, out: &mut Vec<u8>) -> bool {
    let Some((title, heading, note)) = texts(status) else { return false };
    let mut add = |text: &str| out.extend_from_slice(text.as_bytes());
    add("<html>\r\n<head><title>");
    add(title);
    add("</title></head>\r\n<body>\r\n<center><h1>");
    add(heading);
    add("</h1></center>\r\n");
    if !note.is_empty() {
        add("<center>");
        add(note);
        add("</center>\r\n");
    }
    add("<hr><center>");
    add(signature);
    add("</center>\r\n</body>\r\n</html>\r\n");
    true
}

/// Title, heading and a line below it.
fn texts(status: u16) -> Option<(&'static str, &'static str, &'static str)> {
    let bad = |title: &'static str| (title, "400 Bad Request", title.trim_start_matches("400 "));
    match status {
        // The words below the number are nginx's, which people search for.
        431 => Some((
            "431 Request Header Fields Too Large",
            "431 Request Header Fields Too Large",
            "Request Header Or Cookie Too Large",
        )),
        HEAD_TOO_LARGE => Some(bad("400 Request Header Or Cookie Too Large")),
        CERTIFICATE_ERROR => Some(bad("400 The SSL certificate error")),
        NO_CERTIFICATE => Some(bad("400 No required SSL certificate was sent")),
        PLAIN_TO_HTTPS => Some(bad("400 The plain HTTP request was sent to HTTPS port")),
        _ => {
            let row = ROWS.iter().find(|row| row.0 == status && !row.2.is_empty())?;
            Some((row.2, row.2, ""))
        }
    }
}

/// Status, reason, and the page's title where there is a page. Some titles are not the reason:
/// they are older.
const ROWS: &[(u16, &str, &str)] = &[
    (100, "Continue", ""),
    (101, "Switching Protocols", ""),
    (103, "Early Hints", ""),
    (200, "OK", ""),
    (201, "Created", ""),
    (202, "Accepted", ""),
    (204, "No Content", ""),
    (206, "Partial Content", ""),
    (301, "Moved Permanently", "301 Moved Permanently"),
    (302, "Moved Temporarily", "302 Found"),
    (303, "See Other", "303 See Other"),
    (304, "Not Modified", ""),
    (307, "Temporary Redirect", "307 Temporary Redirect"),
    (308, "Permanent Redirect", "308 Permanent Redirect"),
    (400, "Bad Request", "400 Bad Request"),
    (401, "Unauthorized", "401 Authorization Required"),
    (402, "Payment Required", "402 Payment Required"),
    (403, "Forbidden", "403 Forbidden"),
    (404, "Not Found", "404 Not Found"),
    (405, "Not Allowed", "405 Not Allowed"),
    (406, "Not Acceptable", "406 Not Acceptable"),
    (408, "Request Time-out", "408 Request Time-out"),
    (409, "Conflict", "409 Conflict"),
    (410, "Gone", "410 Gone"),
    (411, "Length Required", "411 Length Required"),
    (412, "Precondition Failed", "412 Precondition Failed"),
    (413, "Request Entity Too Large", "413 Request Entity Too Large"),
    (414, "Request-URI Too Large", "414 Request-URI Too Large"),
    (415, "Unsupported Media Type", "415 Unsupported Media Type"),
    (416, "Requested Range Not Satisfiable", "416 Requested Range Not Satisfiable"),
    (421, "Misdirected Request", "421 Misdirected Request"),
    (429, "Too Many Requests", "429 Too Many Requests"),
    // Not nginx's, which has 494 for it.
    (431, "Request Header Fields Too Large", "431 Request Header Fields Too Large"),
    (494, "Bad Request", ""),
    (495, "Bad Request", ""),
    (496, "Bad Request", ""),
    (497, "Bad Request", ""),
    (500, "Internal Server Error", "500 Internal Server Error"),
    (501, "Not Implemented", "501 Not Implemented"),
    (502, "Bad Gateway", "502 Bad Gateway"),
    (503, "Service Temporarily Unavailable", "503 Service Temporarily Unavailable"),
    (504, "Gateway Time-out", "504 Gateway Time-out"),
    (505, "HTTP Version Not Supported", "505 HTTP Version Not Supported"),
    (507, "Insufficient Storage", "507 Insufficient Storage"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn page_text(status: u16) -> String {
        let mut out = Vec::new();
        page(status, "peerage/0.1.0", &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn pages_have_nginx_layout() {
        assert_eq!(
            page_text(404),
            "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n\
             <center><h1>404 Not Found</h1></center>\r\n\
             <hr><center>peerage/0.1.0</center>\r\n</body>\r\n</html>\r\n"
        );
        assert_eq!(
            page_text(494),
            "<html>\r\n<head><title>400 Request Header Or Cookie Too Large</title></head>\r\n\
             <body>\r\n<center><h1>400 Bad Request</h1></center>\r\n\
             <center>Request Header Or Cookie Too Large</center>\r\n\
             <hr><center>peerage/0.1.0</center>\r\n</body>\r\n</html>\r\n"
        );
        assert!(page_text(401).contains("<h1>401 Authorization Required</h1>"));
        assert!(page_text(302).contains("<title>302 Found</title>"));
        for none in [200, 204, 304, 418, 444, 999] {
            assert_eq!(page_text(none), "");
        }
    }

    #[test]
    fn reasons() {
        assert_eq!(reason(302), "Moved Temporarily");
        assert_eq!(reason(418), "");
        assert_eq!((on_wire(494), reason(494)), (400, "Bad Request"));
        assert_eq!((on_wire(498), on_wire(404)), (498, 404));
    }
}
