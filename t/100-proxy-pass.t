# proxy_pass: which URI the upstream sees, and where it may stand.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: without a URI the request goes on as the client wrote it
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location /a/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /a/%7euser/../b//c%2Fd?x=%20&y
--- response_body
/a/%7euser/../b//c%2Fd?x=%20&y



=== TEST 2: with a URI the matched prefix is replaced and the rest is normalized
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location /a/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/new/; }
--- request
GET /a/x/./y//z/../%41%20b?q=1
--- response_body
/new/x/y/A%20b?q=1



=== TEST 3: a URI of a single slash takes the prefix away
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location /a/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/; }
--- request
GET /a/b?c
--- response_body
/b?c



=== TEST 4: slashes are not added where the location has none
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location /a { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/new; }
--- request
GET /abc
--- response_body
/newbc



=== TEST 5: an exact location has its whole URI replaced
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location = /one { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/other; }
--- request
GET /one?arg
--- response_body
/other?arg



=== TEST 6: arguments in the URI of proxy_pass come before those of the request
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location = /one { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/other?fixed=1; }
--- request
GET /one
--- response_body
/other?fixed=1



=== TEST 7: what must be escaped is escaped again after replacement
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location /a/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/b/; }
--- request
GET /a/%25%3f%23%0d%0a%20end
--- response_body
/b/%25%3F%23%0D%0A%20end



=== TEST 8: a regex location takes a proxy_pass without a URI
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location ~ \.php$ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /dir/%70age.php?x
--- response_body
/dir/%70age.php?x



=== TEST 9: a regex location refuses a URI
--- config
    location ~ \.php$ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/uri; }
--- must_die
--- error_log
"proxy_pass" cannot have URI part in location given by regular expression, or inside named location, or inside "if" statement, or inside "limit_except" block in



=== TEST 10: a named location gets the original URI
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location /t { error_page 418 = @back; return 418; }
    location @back { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /t/a%2fb?c=d
--- response_body
/t/a%2fb?c=d



=== TEST 11: a named location refuses a URI
--- config
    location @back { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/uri; }
--- must_die
--- error_log
"proxy_pass" cannot have URI part in location given by regular expression, or inside named location



=== TEST 12: variables: the text after the host is the whole URI
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location /a/ {
        set $target /from/variable?x=1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1$target;
    }
--- request
GET /a/ignored?y=2
--- response_body
/from/variable?x=1



=== TEST 13: variables: no URI means the URI of the request
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location /a/ {
        set $back 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_pass http://$back;
    }
--- request
GET /a/%41b?y=2
--- response_body
/a/%41b?y=2



=== TEST 14: variables: captures of a regex location
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location ~ ^/user/(\w+)/(.*)$ {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/$2/of/$1$is_args$args;
    }
--- request
GET /user/joe/page?z=3
--- response_body
/page/of/joe?z=3



=== TEST 15: variables: the name of an upstream group
--- http_config
    upstream pool { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_host $request_uri\n"; }
    }
--- config
    location /a/ { set $group pool; proxy_pass http://$group; }
--- request
GET /a/b
--- response_body
pool /a/b



=== TEST 16: variables: a map chooses the group
--- http_config
    map $arg_to $group { default one; b two; }
    upstream one { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    upstream two { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "first\n"; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "second\n"; } }
--- config
    location /t { proxy_pass http://$group; }
--- request eval
["GET /t?to=a", "GET /t?to=b"]
--- response_body eval
["first\n", "second\n"]



=== TEST 17: variables: a bad prefix is an error of the request
--- config
    location /t { set $where nowhere; proxy_pass $where; }
--- request
GET /t
--- error_code: 500
--- error_log
invalid URL prefix in "nowhere"



=== TEST 18: variables: a name that needs a resolver and has none
--- config
    location /t { set $where backend.example; proxy_pass http://$where; }
--- request
GET /t
--- error_code: 502
--- error_log
no resolver defined to resolve backend.example



=== TEST 19: a unix socket
--- http_config
    server {
        listen unix:$TEST_NGINX_HTML_DIR/back.sock;
        location / { return 200 "$http_host $request_uri\n"; }
    }
--- config
    location /a/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/back.sock; }
--- request
GET /a/b
--- response_body
localhost /a/b



=== TEST 20: a unix socket with a URI after the second colon
--- http_config
    server {
        listen unix:$TEST_NGINX_HTML_DIR/back.sock;
        location / { return 200 "$http_host $request_uri\n"; }
    }
--- config
    location /a/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/back.sock:/b/; }
--- request
GET /a/c?d
--- response_body
localhost /b/c?d



=== TEST 21: a unix socket that is not there
--- config
    location /a/ { proxy_pass http://unix:$TEST_NGINX_HTML_DIR/none.sock; }
--- request
GET /a/c
--- error_code: 502
--- error_log eval
qr{connect\(\) to unix:\S+/none\.sock failed \(2: No such file or directory\) while connecting to upstream.*upstream: "http://unix:\S+/none\.sock:/a/c"}



=== TEST 22: limit_except with a proxy_pass of its own
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "read $request_uri\n"; } }
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location / { return 200 "write $request_uri\n"; } }
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/x;
        limit_except GET { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    }
--- request eval
["GET /t/1", "DELETE /t/2", "HEAD /t/3"]
--- response_body eval
["read /x/1\n", "write /t/2\n", ""]



=== TEST 23: limit_except refuses a URI
--- config
    location /t {
        limit_except GET { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2/uri; }
    }
--- must_die
--- error_log
"proxy_pass" cannot have URI part in location given by regular expression



=== TEST 24: a prefix that ends in a slash answers the name without it by a redirect
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$request_uri\n"; } }
--- config
    location /a/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /a?b=c
--- error_code: 301
--- response_headers_like
Location: http://localhost(:\d+)?/a/\?b=c



=== TEST 25: an exact location takes the name without the slash
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$request_uri\n"; } }
--- config
    location /a/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location = /a { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /a?b=c
--- response_body
/a?b=c



=== TEST 26: an address without a port is port 80
--- config
    location /t {
        proxy_pass http://127.77.77.77;
        add_header X-Port $proxy_port always;
    }
--- request
GET /t
--- error_code: 502
--- response_headers
X-Port: 80
--- error_log
upstream: "http://127.77.77.77:80/t"



=== TEST 27: an address is not inherited by a nested location
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "up\n"; } }
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /t/files { root html; }
    }
--- request eval
["GET /t/x", "GET /t/files"]
--- error_code eval
[200, 404]



=== TEST 28: duplicate
--- config
    location /t {
        proxy_pass http://127.0.0.1:81;
        proxy_pass http://127.0.0.1:82;
    }
--- must_die
--- error_log
"proxy_pass" directive is duplicate in



=== TEST 29: not an URL
--- config
    location /t { proxy_pass 127.0.0.1:81; }
--- must_die
--- error_log
invalid URL prefix in



=== TEST 30: a bad port
--- config
    location /t { proxy_pass http://127.0.0.1:99999; }
--- must_die
--- error_log
invalid port in upstream "127.0.0.1:99999" in



=== TEST 31: a host that does not exist
--- config
    location /t { proxy_pass http://no-such-host.invalid/; }
--- must_die
--- error_log
host not found in upstream "no-such-host.invalid" in



=== TEST 32: not allowed in a server block
--- config
    proxy_pass http://127.0.0.1:81;
--- must_die
--- error_log
"proxy_pass" directive is not allowed here in



=== TEST 33: a URI from an internal redirect is sent as it now is
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$request_uri\n"; } }
--- config
    location = /old { error_page 404 = /t/new; return 404; }
    location /t/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /old?x
--- response_body
/t/new



=== TEST 34: the method, the version and the body's length of an ordinary request
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_method $content_length $content_type\n"; }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request eval
"PUT /t\nhello"
--- more_headers
Content-Type: text/plain
--- response_body
PUT 5 text/plain



=== TEST 35: IPv6
--- http_config
    server { listen [::1]:$TEST_NGINX_RAND_PORT_1; location / { return 200 "$http_host\n"; } }
--- config
    location /t { proxy_pass http://[::1]:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /t
--- response_body_like: ^\[::1\]:\d+$



=== TEST 36: after rewrite ... break the URI of proxy_pass is not looked at
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location /a/ {
        rewrite ^/a/(.*)$ /new/$1 break;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/zzz/;
    }
--- request eval
["GET /a/x?q", "GET /a/%20y"]
--- response_body eval
["/new/x?q\n", "/new/%20y\n"]



=== TEST 37: after rewrite ... break in server, too; until the request goes elsewhere
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    rewrite ^/r/(.*)$ /a/$1 break;
    location /a/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/zzz/; }
    location /e/ { error_page 404 = /a/e; return 404; }
--- request eval
["GET /r/x", "GET /a/x", "GET /e/"]
--- response_body eval
["/a/x\n", "/zzz/x\n", "/zzz/e\n"]



=== TEST 38: what the client did not escape is escaped only beside what it did
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    location /a/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/; }
--- request eval
["GET /a/{x|y}?{z}", "GET /a/{x%20y}", "GET /a/'^`;"]
--- response_body eval
["/{x|y}?{z}\n", "/%7Bx%20y%7D\n", "/'^`;\n"]



=== TEST 39: brackets without an end
--- config
    location /t { proxy_pass http://[::1; }
--- must_die
--- error_log
invalid host in upstream "[::1"



=== TEST 40: brackets around something else
--- config
    location /t { proxy_pass http://[x]/; }
--- must_die
--- error_log
invalid IPv6 address in upstream "[x]/"



=== TEST 41: a uri that rewrite changed, with break in whatever place, is sent as it is
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    rewrite ^/s/(.*) /in/$1;
    if ($uri ~ ^/in/stays) { break; }
    location /in/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/one/; }
    location /a {
        rewrite ^/a(.*) /two$1;
        set $x y;
        break;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/one;
    }
    location /b {
        rewrite ^ "/two three?x=y";
        if ($uri) { break; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/one;
    }
    location /c {
        if ($uri) { rewrite ^ /two; break; }
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/one;
    }
    location /d {
        if ($uri) { rewrite ^ /two; }
        break;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/one;
    }
    location /e {
        location /e/e { rewrite ^ /two; break; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/one; }
    }
--- request eval
["GET /a/x%20y?q", "GET /b?q", "GET /c", "GET /d", "GET /e/e", "GET /s/stays", "GET /s/x"]
--- response_body eval
["/two/x%20y?q\n", "/two%20three?x=y&q\n", "/two\n", "/two\n", "/two\n", "/in/stays\n", "/one/x\n"]



=== TEST 42: break does nothing to a uri that rewrite left alone, or changed before the location was found
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
    }
--- config
    rewrite ^/s(/.*) $1;
    location /a { break; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/one; }
    location /b {
        rewrite ^/none /two;
        break;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/one;
    }
    location /c { rewrite ^ /a/c; }
--- request eval
["GET /a/x", "GET /b/x", "GET /s/a/x", "GET /c"]
--- response_body eval
["/one/x\n", "/one/x\n", "/one/x\n", "/one/c\n"]



=== TEST 43: after an internal redirect the URI of proxy_pass is used again, whatever was rewritten before
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri\n"; }
        location /bad { return 503; }
        location /accel { add_header X-Accel-Redirect /n/accel; return 200; }
    }
--- config
    if ($uri = /n/s) { break; }
    rewrite ^/s$ /y;
    location /y { error_page 404 =200 /n/s; return 404; }
    location /e {
        rewrite ^ /bad;
        break;
        proxy_intercept_errors on;
        error_page 503 =200 /n/e;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /x { rewrite ^ /accel; break; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /t { rewrite ^ /t/f; break; try_files /none /n$uri; }
    location /m {
        rewrite ^ /bad;
        break;
        proxy_intercept_errors on;
        error_page 503 =200 @m;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location @m { rewrite ^/bad /n/m; }
    location /n/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/one/; }
--- request eval
["GET /e", "GET /x", "GET /t", "GET /m", "GET /s"]
--- response_body eval
["/one/e\n", "/one/accel\n", "/one/t/f\n", "/n/m\n", "/one/s\n"]
