# What redirects name, etag, and directives that have nothing to do here.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: port_in_redirect
--- config
    location /on { port_in_redirect on; return 301 /x; }
    location /off { port_in_redirect off; return 301 /x; }
--- request eval
["GET /on", "GET /off"]
--- error_code eval
[301, 301]
--- response_headers eval
["Location: http://localhost:$TEST_NGINX_SERVER_PORT/x", "Location: http://localhost/x"]



=== TEST 2: server_name_in_redirect: the first name of the server, not the one asked for
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_SERVER_PORT;
        server_name first.test second.test;
        location /on { server_name_in_redirect on; return 301 /x; }
        location /off { return 301 /x; }
    }
--- config
    location / { return 404; }
--- request eval
["GET /on", "GET /off"]
--- more_headers
Host: second.test
--- error_code eval
[301, 301]
--- response_headers eval
["Location: http://first.test:$TEST_NGINX_SERVER_PORT/x", "Location: http://second.test:$TEST_NGINX_SERVER_PORT/x"]



=== TEST 3: etag off, and what a client asks with one
--- config
    location /on { alias html/a; }
    location /off { alias html/a; etag off; }
--- user_files
>>> a 20200102030405
hello
--- more_headers
If-None-Match: "5e0d5da5-6"
--- request eval
["GET /on", "GET /off"]
--- error_code eval
[304, 200]
--- response_headers eval
["ETag: \"5e0d5da5-6\"", "! ETag\nLast-Modified: Thu, 02 Jan 2020 03:04:05 GMT"]



=== TEST 4: known wherever nginx knows them, without an effect that a client could see
--- main_config
    timer_resolution 100ms;
    pcre_jit on;
    thread_pool mine threads=2 max_queue=100;
--- http_config
    connection_pool_size 512;
    server_names_hash_max_size 512;
    server_names_hash_bucket_size 128;
    types_hash_max_size 1024;
    types_hash_bucket_size 64;
    variables_hash_max_size 1024;
    variables_hash_bucket_size 64;
    proxy_headers_hash_max_size 512;
    proxy_headers_hash_bucket_size 64;
    msie_padding on;
    msie_refresh off;
    open_file_cache max=10 inactive=20s;
    open_file_cache_valid 30s;
    open_file_cache_min_uses 1;
    open_file_cache_errors on;
--- config
    request_pool_size 4k;
    aio threads=mine;
    aio_write off;
    directio 4m;
    directio_alignment 512;
    read_ahead 0;
    output_buffers 2 32k;
    sendfile_max_chunk 1m;
    postpone_output 1460;
    send_lowat 0;
    subrequest_output_buffer_size 4k;
    location / { return 200 fine; }
--- request
GET /
--- response_body chomp
fine



=== TEST 5: some of them stand for what is there once
--- config
    sendfile_max_chunk 1m;
    sendfile_max_chunk 1m;
--- must_die
--- error_log
"sendfile_max_chunk" directive is duplicate



=== TEST 6: a size that is none
--- config
    output_buffers 2;
--- must_die
--- error_log
invalid number of arguments in "output_buffers" directive



=== TEST 7: debug_connection says that it does nothing
--- post_main_config
    events { debug_connection 127.0.0.1; }
--- config
    location / { return 200 fine; }
--- request
GET /
--- response_body chomp
fine
--- error_log
"debug_connection" is ignored
--- skip_nginx: all



=== TEST 8: a location's own redirect is escaped, and the arguments are as they were sent
--- config
    location "/auto sp/" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location "/q?<>/" { absolute_redirect off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location "/p%41/" { port_in_redirect off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /auto%20sp", "GET /auto%20sp?a=%20&b=c/d", "GET /q%3F%3C%3E?x", "GET /p%2541"]
--- error_code eval
[301, 301, 301, 301]
--- response_headers eval
["Location: http://localhost:$TEST_NGINX_SERVER_PORT/auto%20sp/", "Location: http://localhost:$TEST_NGINX_SERVER_PORT/auto%20sp/?a=%20&b=c/d", "Location: /q%3F%3C%3E/?x", "Location: http://localhost/p%2541/"]



=== TEST 9: that of a directory
--- config
    location / { }
    location /relative { absolute_redirect off; }
    location /other { alias html/relative; }
--- user_files
>>> a^b/f
x
>>> relative/a%b?/f
x
--- request eval
["GET /a%5Eb?c=%20", "GET /relative/a%25b%3F", "GET /other/a%25b%3F"]
--- error_code eval
[301, 301, 301]
--- response_headers eval
["Location: http://localhost:$TEST_NGINX_SERVER_PORT/a%5Eb/?c=%20", "Location: /relative/a%25b%3F/", "Location: http://localhost:$TEST_NGINX_SERVER_PORT/other/a%25b%3F/"]



=== TEST 10: arguments that no address can hold, and a host of that kind
--- config
    location /dir/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    if ($arg_set) { set $args "a b<c>"; }
--- raw_request eval
["GET /dir?set=1 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /dir?\xff=\" HTTP/1.1\r\nHost: a\xffB\r\nConnection: close\r\n\r\n"]
--- error_code eval
[301, 301]
--- response_headers eval
["Location: http://a:$TEST_NGINX_SERVER_PORT/dir/?a%20b%3Cc%3E", "Location: http://a%ffb:$TEST_NGINX_SERVER_PORT/dir/?%FF=%22"]
--- skip_nginx: all: it sends them as they are



=== TEST 11: without Host, the address that was connected to
--- http_config
    server {
        listen [::1]:$TEST_NGINX_RAND_PORT_1;
        location /dir/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    }
--- config
    location / { return 404; }
--- connect: [::1]:$TEST_NGINX_RAND_PORT_1
--- raw_request eval
"GET /dir HTTP/1.0\r\n\r\n"
--- error_code: 301
--- response_headers
Location: http://[::1]:$TEST_NGINX_RAND_PORT_1/dir/
--- skip_nginx: all: it leaves out the brackets



=== TEST 12: a unix socket has none
--- http_config
    server {
        listen unix:$TEST_NGINX_HTML_DIR/s;
        location /dir/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    }
--- config
    location / { return 404; }
--- connect: unix:$TEST_NGINX_HTML_DIR/s
--- raw_request eval
"GET /dir HTTP/1.0\r\n\r\n"
--- error_code: 301
--- response_headers
Location: /dir/
--- skip_nginx: all: it names the socket
