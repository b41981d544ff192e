# auth_basic, auth_basic_user_file, auth_delay.

use Test::Nginx::Socket 'no_plan';

# Every form, of "pass".
our $Hashes = <<'_EOC_';
>>> passwd
plain:{PLAIN}pass
sha:{SHA}nU4eI71bcnBGqeO0t9tXvY1u5oQ=
ssha:{SSHA}EfVjnyJSUVXLC0NXPuQhKDjHjYdzYWx0
apr1:$apr1$saltsalt$xx013OFx2cRtDjpNeiZXf.
md5:$1$saltsalt$hZR.9zfJXcVTsa9iTxnQR1
des:abccBcrPOxnLU
sha256:$5$saltsalt$9k0iflfLhuazVMAUTm0egnVlpP5ays5xBLqSJuoPfB9
sha512:$6$rounds=1000$saltsalt$FiBN5PCSQz7PpTOT7vwGSzY2QH528hJHj.FtyQdehiyRbdxPIZydG7z9a4mOh.ZWHCU17ZsaRhe.JmCaRFZjY.
bcrypt2a:$2a$05$abcdefghijklmnopqrstuuZFBUbfXoM8LFiPx8LYlO/sXZB/Cwk3K
bcrypt2b:$2b$04$abcdefghijklmnopqrstuufznL8bkzdtHwLhca4To/v9Lo9bA7fR6
bcrypt2y:$2y$05$abcdefghijklmnopqrstuuZFBUbfXoM8LFiPx8LYlO/sXZB/Cwk3K
yescrypt:$y$j75$saltsalt$02uBulIsvLI5ZKAeg1YegqtfMHVVcPUxHxUsdQ5M9s9
_EOC_

no_long_string();
run_tests();

__DATA__

=== TEST 1: every form of hash, with the right password
--- config
    location / { auth_basic "the realm"; auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd; root html; }
--- user_files eval: $::Hashes
--- request eval
["GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html"]
--- more_headers eval
["Authorization: Basic cGxhaW46cGFzcw==", "Authorization: Basic c2hhOnBhc3M=", "Authorization: Basic c3NoYTpwYXNz", "Authorization: Basic YXByMTpwYXNz", "Authorization: Basic bWQ1OnBhc3M=", "Authorization: Basic ZGVzOnBhc3M=", "Authorization: Basic c2hhMjU2OnBhc3M=", "Authorization: Basic c2hhNTEyOnBhc3M=", "Authorization: Basic YmNyeXB0MmE6cGFzcw==", "Authorization: Basic YmNyeXB0MmI6cGFzcw==", "Authorization: Basic YmNyeXB0Mnk6cGFzcw==", "Authorization: Basic eWVzY3J5cHQ6cGFzcw=="]
--- error_code eval
[200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]



=== TEST 2: the same with a wrong one
--- config
    location / { auth_basic "the realm"; auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd; root html; }
--- user_files eval: $::Hashes
--- request eval
["GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html"]
--- more_headers eval
["Authorization: Basic cGxhaW46UGFzcw==", "Authorization: Basic c2hhOlBhc3M=", "Authorization: Basic c3NoYTpQYXNz", "Authorization: Basic YXByMTpQYXNz", "Authorization: Basic bWQ1OlBhc3M=", "Authorization: Basic ZGVzOlBhc3M=", "Authorization: Basic c2hhMjU2OlBhc3M=", "Authorization: Basic c2hhNTEyOlBhc3M=", "Authorization: Basic YmNyeXB0MmE6UGFzcw==", "Authorization: Basic YmNyeXB0MmI6UGFzcw==", "Authorization: Basic YmNyeXB0Mnk6UGFzcw==", "Authorization: Basic eWVzY3J5cHQ6UGFzcw=="]
--- error_code eval
[401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]
--- response_headers eval
["WWW-Authenticate: Basic realm=\"the realm\"", "WWW-Authenticate: Basic realm=\"the realm\"", "WWW-Authenticate: Basic realm=\"the realm\"", "WWW-Authenticate: Basic realm=\"the realm\"", "WWW-Authenticate: Basic realm=\"the realm\"", "WWW-Authenticate: Basic realm=\"the realm\"", "WWW-Authenticate: Basic realm=\"the realm\"", "WWW-Authenticate: Basic realm=\"the realm\"", "WWW-Authenticate: Basic realm=\"the realm\"", "WWW-Authenticate: Basic realm=\"the realm\"", "WWW-Authenticate: Basic realm=\"the realm\"", "WWW-Authenticate: Basic realm=\"the realm\""]
--- error_log
user "plain": password mismatch, client: 127.0.0.1, server: localhost, request: "GET /index.html HTTP/1.1"
user "yescrypt": password mismatch



=== TEST 3: nothing, another scheme, no pair
--- config
    location / { auth_basic "r"; auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd; root html; }
--- user_files
>>> passwd
ann:{PLAIN}pass
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["X: y", "Authorization: Bearer x", "Authorization: Basic", "Authorization: Basic !!!", "Authorization: Basic YW5u", "Authorization: Basic OnBhc3M="]
--- error_code eval
[401, 401, 401, 401, 401, 401]
--- response_headers
WWW-Authenticate: Basic realm="r"
--- error_log
no user/password was provided for basic authentication, client: 127.0.0.1



=== TEST 4: lines of the file
--- config
    location / { auth_basic "r"; auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd; root html; }
--- user_files eval
[["passwd", "# ann:{PLAIN}pass\n\nbroken\n:{PLAIN}pass\nann:{PLAIN}first:a comment\nann:{PLAIN}second\nbob:{PLAIN}pass\r\nlast:{PLAIN}pass"]]
--- request eval
["GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html", "GET /index.html"]
--- more_headers eval
["Authorization: Basic YW5uOmZpcnN0", "Authorization: Basic YW5uOnNlY29uZA==", "Authorization: Basic Ym9iOnBhc3M=", "Authorization: Basic bGFzdDpwYXNz", "Authorization: Basic YnJva2VuOg==", "Authorization: Basic IyBhbm46cGFzcw=="]
--- error_code eval
[200, 401, 200, 200, 401, 401]
--- error_log
user "broken" was not found in "



=== TEST 5: off, inherited, and limit_except
--- config
    auth_basic "outer";
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd;
    root html;
    location /a { }
    location /b { auth_basic off; }
    location /c { auth_basic "inner"; }
    location /d { auth_basic off; limit_except GET { auth_basic "write"; } }
--- user_files
>>> passwd
ann:{PLAIN}pass
>>> a
>>> b
>>> c
>>> d
--- request eval
["GET /a", "GET /b", "GET /c", "GET /d", "DELETE /d"]
--- error_code eval
[401, 200, 401, 200, 401]
--- response_headers eval
['WWW-Authenticate: Basic realm="outer"', '! WWW-Authenticate', 'WWW-Authenticate: Basic realm="inner"', '! WWW-Authenticate', 'WWW-Authenticate: Basic realm="write"']



=== TEST 6: variables in both
--- config
    location / { auth_basic $arg_realm; auth_basic_user_file $TEST_NGINX_HTML_DIR/$arg_file; root html; }
    location /e { auth_basic ""; auth_basic_user_file $TEST_NGINX_HTML_DIR/one; root html; }
--- user_files
>>> one
ann:{PLAIN}pass
>>> e
--- request eval
["GET /index.html?realm=off", "GET /index.html?realm=x&file=one", "GET /index.html?realm=y&file=two", "GET /index.html?realm=z", "GET /e"]
--- more_headers eval
["X: y", "Authorization: Basic YW5uOnBhc3M=", "Authorization: Basic YW5uOnBhc3M=", "X: y", "X: y"]
--- error_code eval
[200, 200, 403, 401, 401]
--- response_headers eval
["", "", "! WWW-Authenticate", 'WWW-Authenticate: Basic realm="z"', 'WWW-Authenticate: Basic realm=""']
--- error_log
failed (2: No such file or directory)



=== TEST 7: no file, a folder
--- config
    location /a { auth_basic "r"; auth_basic_user_file $TEST_NGINX_HTML_DIR/none; root html; }
    location /b { auth_basic "r"; root html; }
--- user_files
>>> a
>>> b
--- request eval
["GET /a", "GET /b"]
--- more_headers eval
["Authorization: Basic YW5uOnBhc3M=", "X: y"]
--- error_code eval
[403, 200]
--- error_log
none" failed (2: No such file or directory), client: 127.0.0.1



=== TEST 8: satisfy
--- config
    auth_basic "r";
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd;
    root html;
    location /any { satisfy any; deny all; }
    location /addr { satisfy any; allow 127.0.0.1; deny all; }
    location /all { satisfy all; deny all; }
--- user_files
>>> passwd
ann:{PLAIN}pass
>>> any
>>> addr
>>> all
--- request eval
["GET /any", "GET /any", "GET /addr", "GET /all"]
--- more_headers eval
["X: y", "Authorization: Basic YW5uOnBhc3M=", "X: y", "Authorization: Basic YW5uOnBhc3M="]
--- error_code eval
[401, 200, 200, 403]
--- response_headers eval
['WWW-Authenticate: Basic realm="r"', "! WWW-Authenticate", "! WWW-Authenticate", "! WWW-Authenticate"]



=== TEST 9: satisfy any, and a subrequest that lets the request pass
--- config
    auth_basic "r";
    auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd;
    location / { satisfy any; auth_request /ask; root html; }
    location = /ask { return 204; }
--- user_files
>>> passwd
ann:{PLAIN}pass
--- request
GET /index.html
--- response_headers
! WWW-Authenticate



=== TEST 10: the name is known to the log, and a page replaces the answer
--- http_config
    log_format f '$remote_user $status';
    access_log logs/access.log f;
--- config
    location / { auth_basic "r"; auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd; error_page 401 /login; }
    location = /login { auth_basic off; return 200 "log in\n"; }
--- user_files
>>> passwd
ann:{PLAIN}pass
--- request
GET /x
--- more_headers
Authorization: Basic YW5uOm5v
--- error_code: 401
--- response_body
log in
--- response_headers
WWW-Authenticate: Basic realm="r"
--- access_log
ann 401



=== TEST 11: hashes that the system does not know
--- config
    location / { auth_basic "r"; auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd; root html; }
--- user_files
>>> passwd
a:
b:*
c:$nothing$x$y
d:$2b$99$x
--- request eval
["GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["Authorization: Basic YTo=", "Authorization: Basic Yjp4", "Authorization: Basic Yzp4", "Authorization: Basic ZDp4"]
--- error_code eval
[401, 401, 401, 401]



=== TEST 12: a hash that takes too long is not tried
--- config
    location / { auth_basic "r"; auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd; root html; }
--- user_files
>>> passwd
a:$2b$31$abcdefghijklmnopqrstuufznL8bkzdtHwLhca4To/v9Lo9bA7fR6
--- request
GET /
--- more_headers
Authorization: Basic YTp4
--- error_code: 500
--- error_log
user "a": the hash takes about
each login of user "a" in "
--- skip_nginx: all



=== TEST 13: a pair that was right is right for its file alone
--- config
    location / { auth_basic "r"; auth_basic_user_file $TEST_NGINX_HTML_DIR/$arg_f; root html; }
--- user_files
>>> one
ann:{PLAIN}pass
>>> two
ann:{PLAIN}other
--- request eval
["GET /index.html?f=one", "GET /index.html?f=one", "GET /index.html?f=two", "GET /index.html?f=one"]
--- more_headers eval
["Authorization: Basic YW5uOnBhc3M=", "Authorization: Basic YW5uOnBhc3M=", "Authorization: Basic YW5uOnBhc3M=", "Authorization: Basic YW5uOnBhc3M="]
--- error_code eval
[200, 200, 401, 200]



=== TEST 14: auth_delay
--- config
    location / { auth_delay 300ms; auth_basic "r"; auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd; root html; }
--- user_files
>>> passwd
ann:{PLAIN}pass
--- request eval
["GET /index.html", "GET /index.html"]
--- more_headers eval
["X: y", "Authorization: Basic YW5uOnBhc3M="]
--- error_code eval
[401, 200]
--- response_headers eval
['WWW-Authenticate: Basic realm="r"', ""]
--- error_log
delaying unauthorized request, client: 127.0.0.1



=== TEST 15: auth_delay with satisfy any, seen in the time of the request
--- http_config
    log_format f '$status $request_time';
    access_log logs/access.log f;
--- config
    location / { satisfy any; deny all; auth_delay 300ms; auth_basic "r"; auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd; root html; }
--- user_files
>>> passwd
ann:{PLAIN}pass
--- request
GET /index.html
--- error_code: 401
--- access_log eval
qr/^401 0\.[3-9]/
--- error_log
delaying unauthorized request



=== TEST 16: a second realm
--- config
    auth_basic a;
    auth_basic b;
--- must_die
--- error_log
"auth_basic" directive is duplicate in



=== TEST 17: a second file
--- config
    auth_basic_user_file a;
    auth_basic_user_file b;
--- must_die
--- error_log
"auth_basic_user_file" directive is duplicate in



=== TEST 18: a file that changes while the server runs
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; location / { return 200 "ann:{PLAIN}other\n"; } }
--- config
    location / { auth_basic "r"; auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd; root html; }
    location = /change { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; proxy_store $TEST_NGINX_HTML_DIR/passwd; }
--- user_files
>>> passwd
ann:{PLAIN}pass
--- request eval
["GET /index.html", "GET /index.html", "GET /change", "GET /index.html", "GET /index.html"]
--- more_headers eval
["Authorization: Basic YW5uOnBhc3M=", "Authorization: Basic YW5uOnBhc3M=", "X: y", "Authorization: Basic YW5uOnBhc3M=", "Authorization: Basic YW5uOm90aGVy"]
--- error_code eval
[200, 200, 200, 401, 200]
