# What variables put into a header line never brings a CR or LF with it: %0d%0a in the URI,
# decoded by the normalization, is where it would come from.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: return 302 with $uri
--- config
    location /t { return 302 http://x$uri; }
--- request
GET /t%0d%0aInjected:%20yes
--- error_code_like: ^[345]
--- response_headers
! Injected
--- raw_response_headers_unlike: \nInjected
--- skip_nginx: all



=== TEST 2: return 301 with a capture of the location
--- config
    location ~ ^/t/(?<rest>.*)$ { return 301 https://x/$rest; }
    location ~ ^/u/([\s\S]*)$ { return 301 https://x/$1; }
--- request eval
["GET /t/a%0d%0aInjected:%20yes", "GET /u/a%0d%0aInjected:%20yes"]
--- error_code_like: ^[345]
--- response_headers
! Injected
--- skip_nginx: all



=== TEST 3: a bare LF and a bare CR are no better
--- config
    location /t { return 302 http://x$uri; }
--- request eval
["GET /t%0aInjected:%20yes", "GET /t%0dInjected:%20yes"]
--- error_code_like: ^[345]
--- raw_response_headers_unlike: [\r\n]Injected
--- skip_nginx: all



=== TEST 4: add_header
--- config
    location /t {
        add_header X-URI "<$uri>" always;
        add_header X-Document $document_uri always;
        return 200 "ok\n";
    }
--- request
GET /t%0d%0aInjected:%20yes
--- error_code_like: ^[2345]
--- response_headers
! Injected
--- raw_response_headers_unlike: [\r\n]Injected
--- skip_nginx: all



=== TEST 5: proxy_set_header
--- config
    location /t {
        proxy_set_header Host up;
        proxy_set_header X-URI $uri;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval: qr/\A(?!.*[\r\n]Injected)/s
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t%0d%0aInjected:%20yes
--- error_code_like: ^[2345]
--- skip_nginx: all



=== TEST 6: proxy_set_header of Host
--- config
    location ~ ^/t/([\s\S]*)$ {
        proxy_set_header Host $1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval: qr/\A(?!.*[\r\n]Injected)/s
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t/host%0d%0aInjected:%20yes
--- error_code_like: ^[2345]
--- skip_nginx: all



=== TEST 7: proxy_set_header, a second request cannot be made of it
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "ok\n"; }
        location /smuggled { root html/reached; }
    }
--- config
    location /t {
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header X-URI $uri;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t%0d%0a%0d%0aGET%20/smuggled%20HTTP/1.1%0d%0aHost:x%0d%0a%0d%0a
--- error_code_like: ^[2345]
--- no_error_log
reached
--- skip_nginx: all



=== TEST 8: the target: proxy_pass with $uri
--- config
    location /t {
        proxy_set_header Host up;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1$uri;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval: qr/\A(?!.*[\r\n]Injected)/s
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t%20HTTP/1.0%0d%0aInjected:%20yes%0d%0a%0d%0a
--- error_code_like: ^[2345]
--- skip_nginx: all



=== TEST 9: the target: proxy_pass with a capture
--- config
    location ~ ^/t/([\s\S]*)$ {
        proxy_set_header Host up;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/$1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval: qr/\A(?!.*[\r\n]Injected)/s
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t/a%20HTTP/1.0%0d%0aInjected:%20yes%0d%0a%0d%0a
--- error_code_like: ^[2345]
--- skip_nginx: all



=== TEST 10: proxy_method
--- config
    location ~ ^/t/([\s\S]*)$ {
        proxy_method $1;
        proxy_set_header Host up;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval: qr/\A(?!.*[\r\n]Injected)/s
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
--- request
GET /t/GET%20/x%20HTTP/1.0%0d%0aInjected:%20yes%0d%0a%0d%0a
--- error_code_like: ^[2345]
--- skip_nginx: all



=== TEST 11: proxy_redirect
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 302 http://inside/; } }
--- config
    location /t {
        proxy_redirect http://inside/ http://outside$uri;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t%0d%0aInjected:%20yes
--- error_code_like: ^[345]
--- response_headers
! Injected
--- raw_response_headers_unlike: [\r\n]Injected
--- skip_nginx: all



=== TEST 12: error_page with a redirect
--- config
    location /t {
        error_page 404 =302 http://x$uri;
        return 404;
    }
--- request
GET /t%0d%0aInjected:%20yes
--- error_code_like: ^[345]
--- response_headers
! Injected
--- raw_response_headers_unlike: [\r\n]Injected
--- skip_nginx: all



=== TEST 13: set and map carry it no further
--- http_config
    map $uri $mapped { default $uri; }
--- config
    location /t {
        set $copied $uri;
        add_header X-Set $copied always;
        add_header X-Map $mapped always;
        return 200 "ok\n";
    }
--- request
GET /t%0d%0aInjected:%20yes
--- error_code_like: ^[2345]
--- response_headers
! Injected
--- raw_response_headers_unlike: [\r\n]Injected
--- skip_nginx: all



=== TEST 14: the redirect that adds a slash escapes
--- config
    location /d { root $TEST_NGINX_HTML_DIR; }
--- user_files eval
[["d\r\nInjected/index.html", "index\n"]]
--- request
GET /d%0d%0aInjected
--- error_code: 301
--- response_headers
! Injected
--- raw_response_headers_like: Location: \S+/d%0D%0AInjected/\r\n



=== TEST 15: what is not decoded may be used as it is
--- config
    location /t {
        add_header X-Request-URI $request_uri;
        add_header X-Arg $arg_a;
        return 200 "ok\n";
    }
--- request
GET /t?a=%0d%0aInjected:%20yes
--- response_headers
X-Request-URI: /t?a=%0d%0aInjected:%20yes
X-Arg: %0d%0aInjected:%20yes
! Injected
--- response_body
ok



=== TEST 16: bodies may have them
--- config
    location /t { return 200 "$uri\n"; }
--- request
GET /t%0d%0aInjected
--- response_body eval
"/t\r\nInjected\n"



=== TEST 17: the access log escapes them
--- http_config
    log_format uri '<$uri> <$arg_a> <$http_x>';
    access_log logs/uri.log uri;
    access_log logs/access.log uri;
--- config
    location /t { return 200 "ok\n"; }
--- request
GET /t%0d%0aInjected%22
--- more_headers
X: a"b\c
--- access_log
</t\x0D\x0AInjected\x22> <-> <a\x22b\x5Cc>
--- response_body
ok



=== TEST 18: the error log shows the request line as it came
--- config
    location /t { root html; }
--- request
GET /t%0d%0aInjected
--- error_code: 404
--- error_log
request: "GET /t%0d%0aInjected HTTP/1.1"
