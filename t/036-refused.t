# Requests that are refused and go to no upstream: what two readers could understand in two ways.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: Content-Length and Transfer-Encoding
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 2: Transfer-Encoding and Content-Length
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 3: two lengths
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 4: the same length twice
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 5: a list of lengths
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 6: a length with a sign
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 7: a negative length
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 8: a length in hexadecimal
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 9: an empty length
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nhello"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 10: a length that overflows
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\nhello"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 11: a length that overflows to five
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551621\r\n\r\nhello"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 12: a coding that is not known
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nhello"
--- error_code_like: ^(400|501)$
--- no_error_log
while connecting to upstream



=== TEST 13: two codings
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
--- error_code_like: ^(400|501)$
--- no_error_log
while connecting to upstream



=== TEST 14: chunked twice
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"
--- error_code_like: ^(400|501)$
--- no_error_log
while connecting to upstream



=== TEST 15: chunked twice, in two fields
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
--- error_code_like: ^(400|501)$
--- no_error_log
while connecting to upstream



=== TEST 16: chunked and identity
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\nhello"
--- error_code_like: ^(400|501)$
--- no_error_log
while connecting to upstream



=== TEST 17: chunked with a vertical tab
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"
--- error_code_like: ^(400|501)$
--- no_error_log
while connecting to upstream



=== TEST 18: chunked in HTTP/1.0
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 19: a space before the colon
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 20: a space before the colon of a length
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 21: a space in a name
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nX Y: 1\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 22: a folded line
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 23: a line that begins with a tab
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\n\tX: 1\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 24: a first line that begins with a space
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\n X: 1\r\nHost: a\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 25: an empty name
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 26: a line without a colon
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n"
--- error_code: 400
--- skip_nginx: 2: >= 0.0.0: it passes over the line
--- no_error_log
while connecting to upstream



=== TEST 27: a bare CR in a value
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 28: a NUL in a value
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nX: 1\x002\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 29: a control character in a value
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nX: 1\x012\r\n\r\n"
--- error_code: 400
--- skip_nginx: 2: >= 0.0.0: it passes it on
--- no_error_log
while connecting to upstream



=== TEST 30: a DEL in a value
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nX: 1\x7f2\r\n\r\n"
--- error_code: 400
--- skip_nginx: 2: >= 0.0.0: it passes it on
--- no_error_log
while connecting to upstream



=== TEST 31: a control character in a name
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nX\x01: 1\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 32: a DEL in the target
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET /a\x7f HTTP/1.1\r\nHost: a\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 33: a bare CR in the request line
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 34: two spaces after the version
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1  x\r\nHost: a\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 35: a fragment in the target
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"
--- error_code: 400
--- skip_nginx: 2: >= 0.0.0: it passes it on
--- no_error_log
while connecting to upstream



=== TEST 36: Host twice, the same
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 37: Host missing
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nX: 1\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 38: Host with userinfo
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: u\@a\r\n\r\n"
--- error_code: 400
--- skip_nginx: 2: >= 0.0.0: it takes it for a name
--- no_error_log
while connecting to upstream



=== TEST 39: Host with a bad port
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"
--- error_code: 400
--- skip_nginx: 2: >= 0.0.0: it passes over the port
--- no_error_log
while connecting to upstream



=== TEST 40: a chunk size that overflows
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nx"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 41: a negative chunk size
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 42: a chunk size with 0x
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 43: an empty chunk size
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\nx"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 44: a chunk that is longer than it said
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n"
--- error_code: 400
--- no_error_log
while connecting to upstream



=== TEST 45: a chunk line that ends in LF alone
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n"
--- error_code: 400
--- skip_nginx: 2: >= 0.0.0: it takes it
--- no_error_log
while connecting to upstream



=== TEST 46: a chunk that ends in LF alone
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\n0\r\n\r\n"
--- error_code: 400
--- skip_nginx: 2: >= 0.0.0: it takes it
--- no_error_log
while connecting to upstream



=== TEST 47: a last chunk that ends in LF alone
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\n\n"
--- error_code: 400
--- skip_nginx: 2: >= 0.0.0: it takes it
--- no_error_log
while connecting to upstream



=== TEST 48: chunk extensions without end
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" . "x" x 100000 . "\r\nx\r\n0\r\n\r\n"
--- error_code_like: ^(400|413|431)$
--- skip_nginx: 2: >= 0.0.0: it passes over them
--- no_error_log
while connecting to upstream



=== TEST 49: trailers without end
--- config
    lingering_timeout 200ms;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n" . "X: 0123456789\r\n" x 10000 . "\r\n"
--- error_code_like: ^(400|413|431)$
--- skip_nginx: 2: >= 0.0.0: it passes over them
--- no_error_log
while connecting to upstream
