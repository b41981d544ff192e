# What a key does not hold must not change the answer that others get.

use Test::Nginx::Socket 'no_plan';

our $Cache = <<'_EOC_';
    proxy_cache_path cache keys_zone=a:1m;
    add_header X-Cache $upstream_cache_status always;
    proxy_cache a;
    proxy_cache_valid any 1m;
_EOC_

our $Up = <<'_EOC_';
    proxy_cache_path cache keys_zone=a:1m;
    add_header X-Cache $upstream_cache_status always;
    proxy_cache a;
    proxy_cache_valid any 1m;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { add_header X-Cache ""; return 200 "$request_uri $http_x $http_x_forwarded_host"; } }
_EOC_

run_tests();

__DATA__

=== TEST 1: a GET with a body is not answered from the cache, and its response not stored
--- http_config eval: $::Up
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a\nbody", "GET /a", "GET /a\nbody"]
--- more_headers eval
["X: 1", "X: 2", "X: 3"]
--- response_headers eval
["X-Cache:", "X-Cache: MISS", "X-Cache:"]
--- response_body eval
["/a 1 ", "/a 2 ", "/a 3 "]
--- skip_nginx: all



=== TEST 2: but if the body is in the key
--- http_config eval: $::Up
--- config
    location / { proxy_cache_key $uri$request_body; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a\nbody", "GET /a", "GET /a\nbody"]
--- more_headers eval
["X: 1", "X: 2", "X: 3"]
--- response_body eval
["/a 1 ", "/a 2 ", "/a 1 "]



=== TEST 3: a part is not stored for those who ask for the whole
--- http_config eval: $::Cache
--- config
    location / { proxy_set_header Range $http_range; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location /key { proxy_cache_key $uri$http_range; proxy_set_header Range $http_range; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 206 Partial Content\r\nContent-Range: bytes 0-0/3\r\nContent-Length: 1\r\n\r\na", "HTTP/1.0 416 No\r\nContent-Range: bytes */3\r\nContent-Length: 0\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc"]
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_3
--- tcp_reply_2 eval
["HTTP/1.0 206 Partial Content\r\nContent-Range: bytes 0-0/3\r\nContent-Length: 1\r\n\r\na", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc"]
--- request eval
["GET /a", "GET /a", "GET /a", "GET /a", "GET /key", "GET /key", "GET /key"]
--- more_headers eval
["Range: bytes=0-0", "Range: bytes=9-", "X: 1", "X: 1", "Range: bytes=0-0", "Range: bytes=0-0", "X: 1"]
--- error_code eval
[206, 416, 200, 200, 206, 206, 200]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT", "X-Cache: MISS", "X-Cache: HIT", "X-Cache: MISS"]
--- response_body eval
["a", "", "abc", "abc", "a", "a", "abc"]
--- skip_nginx: all



=== TEST 4: a 304 that no condition of ours has asked for is not stored
--- http_config eval: $::Cache
--- config
    location / { proxy_set_header If-None-Match $http_if_none_match; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 304 Not Modified\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc"]
--- request eval
["GET /a", "GET /a"]
--- more_headers eval
["If-None-Match: \"x\"", "X: 1"]
--- error_code eval
[304, 200]
--- response_body eval
["", "abc"]
--- skip_nginx: all



=== TEST 5: the response to a HEAD is not one to a GET
--- http_config eval: $::Cache
--- config
    location / { proxy_cache_convert_head off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location /set { set $key $uri; proxy_cache_key $key; proxy_cache_convert_head off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc"]
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_3
--- tcp_reply_2 eval
["HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc"]
--- request eval
["HEAD /a", "GET /a", "HEAD /a", "HEAD /set", "GET /set", "GET /set"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT", "X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT"]
--- response_body eval
["", "abc", "", "", "abc", "abc"]
--- skip_nginx: all



=== TEST 6: uris that are not the same have keys that are not the same
--- http_config eval: $::Up
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /A", "GET //a", "GET /%61", "GET /a?", "GET /a%3Fb", "GET /a?b", "GET /./a", "GET /a"]
--- more_headers eval
["X: 1", "X: 2", "X: 3", "X: 4", "X: 5", "X: 6", "X: 7", "X: 8", "X: 9"]
--- response_body eval
["/a 1 ", "/A 2 ", "//a 3 ", "/%61 4 ", "/a? 5 ", "/a%3Fb 6 ", "/a?b 7 ", "/./a 8 ", "/a 1 "]



=== TEST 7: the host is in the key by the address that requests are passed to
--- http_config eval: $::Up
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /host { proxy_set_header Host $host; proxy_cache_key $scheme$host$request_uri; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /host", "GET /host", "GET /host", "GET http://one.example/host"]
--- more_headers eval
["Host: one.example\r\nX: 1", "Host: two.example\r\nX: 2", "Host: ONE.example\r\nX: 3", "Host: two.example\r\nX: 4"]
--- response_body eval
["/host 1 ", "/host 2 ", "/host 1 ", "/host 1 "]



=== TEST 8: Vary keeps apart what the server tells apart
--- http_config
    proxy_cache_path cache keys_zone=a:1m;
    proxy_cache a;
    proxy_cache_valid any 1m;
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { add_header Vary X-Forwarded-Host; return 200 "$http_x_forwarded_host"; } }
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /a", "GET /a"]
--- more_headers eval
["X-Forwarded-Host: evil.example", "X: 2", "X-Forwarded-Host: evil.example"]
--- response_body eval
["evil.example", "", "evil.example"]



=== TEST 9: fields that Connection names go with it, and a response that says so is stored without them
--- http_config eval: $::Cache
--- config
    location / { proxy_http_version 1.1; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nConnection: close, X-Own\r\nX-Own: 1\r\nX-Other: 2\r\nContent-Length: 3\r\n\r\nabc"]
--- request eval
["GET /a", "GET /a"]
--- response_headers eval
["! X-Own\nX-Other: 2\nX-Cache: MISS", "! X-Own\nX-Other: 2\nX-Cache: HIT"]
--- skip_nginx: all



=== TEST 10: a length that lies
--- http_config eval: $::Cache
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location /more { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc"]
--- tcp_listen_2: $TEST_NGINX_RAND_PORT_3
--- tcp_reply_2 eval
["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n\r\nevil"]
--- request eval
["GET /a", "GET /more", "GET /more"]
--- ignore_response
--- file_count: cache 1



=== TEST 11: a long key
--- http_config eval: $::Up
--- config
    large_client_header_buffers 4 72k;
    location / { proxy_buffer_size 80k; proxy_buffers 8 80k; proxy_cache_key $http_k; proxy_set_header K ""; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
["GET /a", "GET /b", "GET /c"]
--- more_headers eval
["X: 1\r\nK: " . "k" x 65536, "X: 2\r\nK: " . "k" x 65535 . "l", "X: 3\r\nK: " . "k" x 65536]
--- response_headers eval
["X-Cache: MISS", "X-Cache: MISS", "X-Cache: HIT"]
--- response_body eval
["/a 1 ", "/b 2 ", "/a 1 "]
--- file_count: cache 2
--- skip_nginx: all



=== TEST 12: X-HTTP-Method-Override and its kin are the server's affair
--- http_config eval: $::Cache
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_reply eval
["HTTP/1.0 200 OK\r\nContent-Length: 1\r\nCache-Control: no-store\r\n\r\na", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nb"]
--- request eval
["GET /a", "GET /a", "GET /a"]
--- more_headers eval
["X-HTTP-Method-Override: DELETE", "X: 1", "X: 2"]
--- response_body eval
["a", "b", "b"]
