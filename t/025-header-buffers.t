# The sizes of request lines and header lines.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: a head that fits into the first buffer, and one that needs more
--- config
    client_header_buffer_size 256;
    large_client_header_buffers 2 1k;
    location / { return 200 "$http_x-$arg_a\n"; }
--- request eval
["GET /?a=1", "GET /?a=" . "a" x 900, "GET /?a=1"]
--- more_headers eval
["X: 1", "X: " . "x" x 900, "X: " . "y" x 1000]
--- response_body eval
["1-1\n", "x" x 900 . "-" . "a" x 900 . "\n", "y" x 1000 . "-1\n"]



=== TEST 2: a request line larger than a buffer
--- config
    large_client_header_buffers 4 1k;
    client_header_buffer_size 128;
    location / { return 200 "fine\n"; }
--- request eval
"GET /" . "a" x 1100
--- error_code: 414
--- response_headers
Connection: close
--- response_body_like: 414 Request-URI Too Large
--- error_log
client sent too long URI while reading client request line, client: 127.0.0.1, server: localhost



=== TEST 3: a header line larger than a buffer
--- config
    large_client_header_buffers 4 1k;
    client_header_buffer_size 128;
    location / { return 200 "fine\n"; }
--- request
GET /
--- more_headers eval
"X: " . "a" x 1100
--- error_code_like: ^(400|431)$
--- response_headers
Connection: close
--- response_body_like: Request Header (Or Cookie|Fields) Too Large
--- error_log
client sent too long header line



=== TEST 4: says 431
--- config
    large_client_header_buffers 4 1k;
    client_header_buffer_size 128;
    location / { return 200 "fine\n"; }
--- request
GET /
--- more_headers eval
"X: " . "a" x 1100
--- error_code: 431
--- skip_nginx: 3: >= 0.0.0: it says 400



=== TEST 5: more header lines than there are buffers for
--- config
    large_client_header_buffers 2 1k;
    client_header_buffer_size 128;
    location / { return 200 "fine\n"; }
--- request
GET /
--- more_headers eval
"X: " . "a" x 900 . "\nY: " . "b" x 900 . "\nZ: " . "c" x 900
--- error_code_like: ^(400|431)$
--- response_body_like: Request Header (Or Cookie|Fields) Too Large
--- error_log eval
qr{client sent too (large request|long header line)}



=== TEST 6: a page for it, by nginx's own code
--- config
    root html;
    large_client_header_buffers 2 1k;
    client_header_buffer_size 128;
    error_page 494 =200 /large;
--- user_files
>>> large
too large
--- request
GET /
--- more_headers eval
"X: " . "a" x 1100
--- response_body
too large



=== TEST 7: many small lines
--- config
    client_header_buffer_size 128;
    large_client_header_buffers 4 8k;
    location / { return 200 "$http_x99\n"; }
--- request
GET /
--- more_headers eval
"Y: 1\n" x 500 . "X99: here\n"
--- response_body
here



=== TEST 8: max_headers
--- config
    max_headers 5;
    location / { return 200 "fine\n"; }
--- request eval
["GET /", "GET /"]
--- more_headers eval
["A: 1\nB: 2\nC: 3", "A: 1\nB: 2\nC: 3\nD: 4"]
--- error_code_like eval
["200", "400|431"]
--- skip_nginx: 3: < 1.29.7: no such directive



=== TEST 9: a line cut anywhere
--- config
    client_header_buffer_size 64;
    large_client_header_buffers 2 512;
    location / { return 200 "$http_long|$http_short\n"; }
--- raw_request eval
["GET /abcdefghijklmnopqrstuvwxyz HTTP/1.1\r\nHost: localh", "ost\r\nLong: 0123456789", "0123456789012345678901234567890123456789\r", "\nShort: 1\r\nConnec", "tion: close\r\n\r\n"]
--- raw_request_middle_delay: 0.02
--- response_body
01234567890123456789012345678901234567890123456789|1



=== TEST 10: a header line larger than a buffer in a head that does not end
--- config
    large_client_header_buffers 4 1k;
    client_header_buffer_size 128;
    location / { return 200 "fine\n"; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nX: " . "a" x 1100 . "\r\n"
--- error_code_like: ^(400|431)$
--- error_log
client sent too long header line



=== TEST 11: more than max_headers in a head that does not end
--- config
    max_headers 5;
    location / { return 200 "fine\n"; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\n" . "X: 1\r\n" x 5
--- error_code_like: ^(400|431)$
--- error_log
client sent too many header lines
--- skip_nginx: 3: < 1.29.7: no such directive



=== TEST 12: their values
--- config
    large_client_header_buffers 4;
--- must_die
--- error_log
invalid number of arguments in "large_client_header_buffers" directive in
