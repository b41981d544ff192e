use Test::Nginx::Socket;

run_tests();

__DATA__

=== TEST 1: the frames of a request
--- config
    location / { return 200 "hello"; }
--- http2_frames
< SETTINGS 0
> SETTINGS 0 ACK
> GET 1 /
< HEADERS 1 200
< DATA 1 END_STREAM hello
> PING 0 - 12345678
< PING 0 ACK 12345678
> GET 3 /
< HEADERS 3 200
--- access_log eval
qr{"GET / HTTP/2.0" 200 5}



=== TEST 2: what is no preface
--- config
    location / { return 200; }
--- http2_frames
raw
> bytes PRI%20*%20HTTP/2.0%0d%0a%0d%0aXX%0d%0a%0d%0a
< end
--- no_access_log
200



=== TEST 3: DATA of an idle stream
--- config
    location / { return 200; }
--- http2_frames
> DATA 1 - abc
< GOAWAY 0 PROTOCOL_ERROR
< end
--- skip_nginx: all: it throws them away



=== TEST 4: HEADERS with an even identifier
--- config
    location / { return 200; }
--- http2_frames
> GET 2 /
< GOAWAY 0 PROTOCOL_ERROR
< end



=== TEST 5: identifiers go up
--- config
    location / { return 200; }
--- http2_frames
> GET 5 /
< HEADERS 5 200
> GET 3 /
< GOAWAY 0 PROTOCOL_ERROR
< end
<! HEADERS 3



=== TEST 6: another frame within a block
--- config
    location / { return 200; }
--- http2_frames
> HEADERS 1 END_STREAM :method=GET
> PING 0 - 12345678
< GOAWAY 0 PROTOCOL_ERROR
< end



=== TEST 7: lengths that are wrong
--- config
    location / { return 200; }
--- http2_frames
> SETTINGS 0 - x:0004
< GOAWAY 0 FRAME_SIZE_ERROR
< end



=== TEST 8: a frame that is too large
--- config
    location / { return 200; }
--- http2_frames
> bytes x:0040010000000000ff
< GOAWAY 0 FRAME_SIZE_ERROR
< end
--- skip_nginx: all: it reads DATA of any length



=== TEST 9: a window that is too large
--- config
    location / { return 200; }
--- http2_frames
> WINDOW_UPDATE 0 - n:2147483647
< GOAWAY 0 FLOW_CONTROL_ERROR
< end



=== TEST 10: a block that is none
--- config
    location / { return 200; }
--- http2_frames
> HEADERS 1 END_STREAM+END_HEADERS x:ffffffffff
< GOAWAY 0 COMPRESSION_ERROR
< end



=== TEST 11: a field that ends a line
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http2_frames
> GET 1 / x=a%0d%0aEvil:%20b
< HEADERS 1 400 || RST_STREAM 1 PROTOCOL_ERROR
> GET 3 / x=a%0aEvil
< HEADERS 3 400 || RST_STREAM 3 PROTOCOL_ERROR
> GET 5 / x=a%00b
< HEADERS 5 400 || RST_STREAM 5 PROTOCOL_ERROR
> GET 7 / Upper=b
< HEADERS 7 400 || RST_STREAM 7 PROTOCOL_ERROR
> GET 9 / a%0d%0aEvil=b
< HEADERS 9 400 || RST_STREAM 9 PROTOCOL_ERROR



=== TEST 12: paths that are none
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http2_frames
> GET 1 none
< HEADERS 1 400
> GET 3 /a%20b
< HEADERS 3 400
> GET 5 /a%0d%0ab
< HEADERS 5 400
> GET 7 http://other/
< HEADERS 7 400
> GET 9 /a%23b
< HEADERS 9 400
--- skip_nginx: all: it passes on spaces and fragments



=== TEST 13: pseudo-fields
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http2_frames
> GET 1 / :path=/twice
< HEADERS 1 400
> HEADERS 3 5 :method=GET :path=/ :authority=a
< HEADERS 3 400
> HEADERS 5 5 :method=GET :scheme=http :authority=a
< HEADERS 5 400
> HEADERS 7 5 :scheme=http :path=/ :authority=a
< HEADERS 7 400
> GET 9 / :unknown=a
< HEADERS 9 400
> HEADERS 11 5 :method=GET :scheme=http x=y :path=/ :authority=a
< HEADERS 11 400
> HEADERS 13 5 :method=GE%20T :scheme=http :path=/ :authority=a
< HEADERS 13 400
--- skip_nginx: all: it takes those that are late, and requests without ":scheme"



=== TEST 14: fields of HTTP/1's connections
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http2_frames
> GET 1 / connection=close
< HEADERS 1 400
> GET 3 / transfer-encoding=chunked
< HEADERS 3 400
> GET 5 / te=gzip
< HEADERS 5 400
> GET 7 / upgrade=x
< HEADERS 7 400
> GET 9 / keep-alive=1
< HEADERS 9 400
> GET 11 / proxy-connection=close
< HEADERS 11 400
--- skip_nginx: all: it passes some on



=== TEST 15: hosts
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http2_frames
> GET 1 / host=other
< HEADERS 1 400
> HEADERS 3 5 :method=GET :scheme=http :path=/ :authority=user@a
< HEADERS 3 400
> HEADERS 5 5 :method=GET :scheme=http :path=/
< HEADERS 5 400
--- skip_nginx: all: it takes a host that differs



=== TEST 16: bodies that differ from their length
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http2_frames
> POST 1 / content-length=3
> DATA 1 END_STREAM ab
< RST_STREAM 1 PROTOCOL_ERROR
> POST 3 / content-length=3
> DATA 3 END_STREAM abcd
< RST_STREAM 3 PROTOCOL_ERROR
> GET 5 / content-length=3
< HEADERS 5 400
--- skip_nginx: all: it answers with 400 or 413



=== TEST 17: one bad stream leaves the others
--- config
    location / { return 200 "good"; }
--- http2_frames
> GET 1 / x=a%0ab
> GET 3 /
< DATA 3 END_STREAM good
> WINDOW_UPDATE 3 - n:1
> PING 0 - 12345678
< PING 0 ACK 12345678
<! GOAWAY 0



=== TEST 18: rapid reset
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http2_frames
>*4000 POST # / + RST_STREAM # - n:8
< GOAWAY 0 ENHANCE_YOUR_CALM
< end
--- skip_nginx: all: it closes without a word, after more of them



=== TEST 19: floods
--- config
    location / { return 200; }
--- http2_frames
>*4000 PING 0 - 12345678
< GOAWAY 0 ENHANCE_YOUR_CALM
< end
--- skip_nginx: all: it answers them all



=== TEST 20: settings without end
--- config
    location / { return 200; }
--- http2_frames
>*4000 SETTINGS 0 -
< GOAWAY 0 ENHANCE_YOUR_CALM
< end
--- skip_nginx: all: it answers them all



=== TEST 21: CONTINUATION without end
--- config
    location / { return 200; }
--- http2_frames
> HEADERS 1 END_STREAM :method=GET
>*4000 CONTINUATION 1 -
< GOAWAY 0 ENHANCE_YOUR_CALM
< end
--- skip_nginx: all: it reads them all



=== TEST 22: windows that open by a byte
--- config
    location / { return 200 "1234567890"; }
--- http2_frames
> SETTINGS 0 - x:000400000000
> GET 1 /
>*4000 WINDOW_UPDATE 0 - n:1
< GOAWAY 0 ENHANCE_YOUR_CALM
< end
--- skip_nginx: all: it reads them all



=== TEST 23: empty DATA
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http2_frames
> POST 1 /
>*4000 DATA 1 -
< GOAWAY 0 ENHANCE_YOUR_CALM
< end
--- skip_nginx: all: it reads more of them



=== TEST 24: PRIORITY
--- config
    location / { return 200; }
--- http2_frames
> PRIORITY 1 - x:0000000000
> PRIORITY_UPDATE 0 - n:3 u=1
> GET 1 /
< HEADERS 1 200
>*4000 PRIORITY 1 - x:0000000000
< GOAWAY 0 ENHANCE_YOUR_CALM
< end
--- skip_nginx: all: it reads more of them



=== TEST 25: more streams than may be open
--- config
    http2_max_concurrent_streams 2;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query_len: 1000000
--- tcp_reply
--- http2_frames
< SETTINGS 0
> GET 1 /
> GET 3 /
> GET 5 /
< RST_STREAM 5 REFUSED_STREAM



=== TEST 26: the length of a head that is refused
--- http_config
    log_format h "$status $request_length";
--- config
    access_log logs/access.log h;
    location / { return 200; }
--- http2_frames
> HEADERS 1 END_STREAM+END_HEADERS x:828684 Upper=b
< HEADERS 1 400
--- access_log
400 12
--- skip_nginx: all: it counts otherwise
