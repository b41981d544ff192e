# Requests whose end could be seen at two places are refused with 400, and nothing of them or of what
# follows them reaches the upstream: it would log a file under html/reached.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: what is right reaches the upstream: a length
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        client_max_body_size 0;
        location / { root html/reached; }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /smuggled { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
--- error_code: 404
--- error_log
reached



=== TEST 2: what is right reaches the upstream: chunks
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
--- error_code: 404
--- error_log
reached



=== TEST 3: a length and a transfer coding
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 4: a transfer coding and a length
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 5: a transfer coding and a length of zero
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 6: two different lengths
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 7: the same length twice
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 8: a malformed length: a plus sign
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: +5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 9: a malformed length: a minus sign
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 10: a malformed length: hexadecimal
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0x5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 11: a malformed length: a list of equals
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5, 5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 12: a malformed length: a list
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5,6\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 13: a malformed length: a comma at the end
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5,\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 14: a malformed length: two words
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5 5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 15: a malformed length: a tab within
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\t5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 16: a malformed length: no value
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: \r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 17: a malformed length: a letter
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5a\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 18: a malformed length: a quoted number
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: \"5\"\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 19: a malformed length: a fraction
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5.0\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 20: a malformed length: an exponent
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5e0\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 21: a malformed length: 2^64-1
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18446744073709551615\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 22: a malformed length: 2^64
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18446744073709551616\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 23: a malformed length: 2^64+5
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18446744073709551621\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 24: a malformed length: 2^63
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9223372036854775808\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 25: a malformed length: many digits
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999999999999999999999999999999999\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 26: a malformed length: a digit that is not ASCII
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: \xd9\xa5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 27: a transfer coding: unknown
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 28: a transfer coding: identity
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: identity\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 29: a transfer coding: gzip before chunked
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 30: a transfer coding: gzip after chunked
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, gzip\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 31: a transfer coding: identity before chunked
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: identity, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 32: a transfer coding: chunked twice
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 33: a transfer coding: a comma after it
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked,\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 34: a transfer coding: a comma before it
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: ,chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 35: a transfer coding: a parameter
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked;q=1\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 36: a transfer coding: quoted
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: \"chunked\"\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 37: a transfer coding: a letter more
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunkedx\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 38: a transfer coding: a letter less
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunke\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 39: a transfer coding: a vertical tab before it
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: \x0bchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 40: a transfer coding: a space within
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chun ked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 41: a transfer coding: no value
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: \r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 42: a transfer coding: chunked and a word
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked identity\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 43: two transfer codings, the second chunked
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code_like: ^(400|501)$
--- closes
--- no_error_log
reached



=== TEST 44: two transfer codings, the first chunked
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 45: two transfer codings, both chunked
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 46: a transfer coding in HTTP/1.0
--- raw_request eval
"POST /t HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 47: a space before the colon of Content-Length
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length : 5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 48: a space before the colon of Transfer-Encoding
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 49: a tab before the colon
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length\t: 5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 50: a transfer coding on a folded line
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\r\n chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 51: a length on a folded line
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n 5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 52: a transfer coding after a bare CR
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nX: a\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 53: a NUL in the name of the length
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nContent-Length\x00: 5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 54: a chunk size: no digits
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 55: a chunk size: a letter
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\ng\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 56: a chunk size: hexadecimal with a prefix
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 57: a chunk size: a plus sign
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 58: a chunk size: a minus sign
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 59: a chunk size: a space before
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 60: a chunk size: 2^64
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 61: a chunk size: 2^64-1
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 62: a chunk size: 2^64+5
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 63: a chunk size: 2^63
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n8000000000000000\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 64: a chunk size: two numbers
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5 5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 65: a chunk size: a quote
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\"\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 66: a chunk line that ends in a bare LF
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 67: a chunk line that ends in a bare CR
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\rhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 68: a chunk line that ends in CR CR LF
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 69: a chunk line that has an extension that ends in a bare LF
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5;a\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 70: a chunk line that has a bare CR in an extension
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5;a\rb\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 71: a chunk line that has a NUL in an extension
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5;a\x00b\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 72: a chunk line that is the last and ends in a bare LF
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 73: chunk data without its CRLF
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 74: chunk data with a bare LF after it
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 75: chunk data with a bare CR after it
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 76: chunk data longer than its size
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello world\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached



=== TEST 77: trailers that end in a bare LF
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: 1\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 78: trailers whose end is a bare LF
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: 1\r\n\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 79: trailers with a space before the colon
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A : 1\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 80: trailers without a colon
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 81: trailers with a NUL
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: a\x00\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 82: trailers that are folded
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: a\r\n b\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
--- error_code: 400
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 83: trailers larger than the header buffers
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" . ("X-A: 0123456789\r\n" x 5000) . "\r\n"
--- error_code_like: ^4(00|31)$
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 84: chunk extensions larger than the header buffers
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5;x=" . ("y" x 100000) . "\r\nhello\r\n0\r\n\r\n"
--- error_code_like: ^4(00|31)$
--- closes
--- no_error_log
reached
--- skip_nginx: all



=== TEST 85: many small chunk extensions
--- raw_request eval
"POST /t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" . (("1;x=" . ("y" x 1000) . "\r\na\r\n") x 100) . "0\r\n\r\n"
--- error_code_like: ^4(00|31)$
--- closes
--- no_error_log
reached
--- skip_nginx: all
