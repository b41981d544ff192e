# server_tokens: what the server says of itself.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: name and version
--- config
    location / { return 404; }
--- request
GET /
--- error_code: 404
--- response_headers_like
Server: (nginx|peerage)/\d+\.\d+\.\d+
--- response_body_like: <center>(nginx|peerage)/\d+\.\d+\.\d+</center>



=== TEST 2: off
--- config
    server_tokens off;
    location / { return 404; }
--- request
GET /
--- error_code: 404
--- response_headers_like
Server: (nginx|peerage)
--- response_body_like: <center>(nginx|peerage)</center>



=== TEST 3: in a location
--- config
    server_tokens off;
    location /a { server_tokens on; return 200; }
    location /b { return 200; }
    location /c { server_tokens build; return 200; }
--- request eval
["GET /a", "GET /b", "GET /c"]
--- response_headers_like eval
["Server: \\w+/[\\d.]+", "Server: \\w+", "Server: \\w+/[\\d.]+.*"]



=== TEST 4: what it takes
--- config
    server_tokens maybe;
--- must_die
--- error_log
invalid value "maybe" in



=== TEST 5: $nginx_version
--- config
    location / { return 200 "$nginx_version\n"; }
--- request
GET /
--- response_body_like: ^1\.\d+\.\d+$
