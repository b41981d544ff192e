# Details of the server side that one meets seldom.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: a date with something behind it
--- config
    location / { root html; add_header Last-Modified ""; if_modified_since before; }
--- user_files
>>> a
file
--- request
GET /a
--- more_headers
If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT; length=4
--- error_code: 304



=== TEST 2: 444 with a text is an answer
--- config
    location / { return 444 "text"; }
--- request
GET /
--- error_code: 444
--- response_body chomp
text



=== TEST 3: the statuses of nginx's own are 400 in the log too
--- http_config
    log_format f '$status';
--- config
    access_log logs/access.log f;
    location / { return 495; }
--- request
GET /
--- error_code: 400
--- response_body_like: The SSL certificate error
--- access_log
400



=== TEST 4: a variable without a value in the log's format
--- http_config
    log_format f '[$nothing]';
--- config
    access_log logs/access.log f;
    location / { if ($arg_x) { set $nothing 1; } return 204; }
--- request
GET /
--- error_code: 204
--- access_log
[]
--- error_log
using uninitialized "nothing" variable while logging request



=== TEST 5: a page for a redirect, which still leads there
--- config
    error_page 301 /page;
    location / { return 301 http://elsewhere/; }
    location /page { return 200 "gone there\n"; }
--- request
GET /
--- error_code: 301
--- response_headers
Location: http://elsewhere/
--- response_body
gone there



=== TEST 6: error pages that lead to each other
--- config
    recursive_error_pages on;
    location / { error_page 404 /b; return 404; }
    location /b { error_page 404 /; return 404; }
--- request
GET /
--- error_code: 500
--- error_log
rewrite or internal redirection cycle while internally redirecting to



=== TEST 7: who is denied stands in the log with satisfy any, too
--- config
    location / { satisfy any; deny all; }
--- request
GET /
--- error_code: 403
--- error_log
access forbidden by rule



=== TEST 8: captures have no place in a format
--- http_config
    log_format f '$1';
--- config
--- must_die
--- error_log
unknown "1" variable



=== TEST 9: a parameter that open_file_cache does not have
--- config
    open_file_cache foo;
--- must_die
--- error_log
invalid "open_file_cache" parameter "foo"



=== TEST 10: open_file_cache without max
--- config
    open_file_cache inactive=5s;
--- must_die
--- error_log
"open_file_cache" must have the "max" parameter



=== TEST 11: open_file_cache as it is written
--- config
    open_file_cache max=10 inactive=5s;
    location / { open_file_cache off; auth_delay 1s; return 204; }
--- request
GET /
--- error_code: 204



=== TEST 12: two pools of threads with one name
--- main_config
    thread_pool a threads=1;
    thread_pool a threads=2 max_queue=5;
--- config
--- must_die
--- error_log
duplicate thread pool "a"



=== TEST 13: a pool without threads
--- main_config
    thread_pool a threads=0;
--- config
--- must_die
--- error_log
invalid threads value "threads=0"



=== TEST 14: a range of ports
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1-$TEST_NGINX_RAND_PORT_1; return 200 "range\n"; }
--- config
--- connect: $TEST_NGINX_RAND_PORT_1
--- request
GET /
--- response_body
range



=== TEST 15: a range that goes backwards
--- http_config
    server { listen 127.0.0.1:8085-8081; }
--- config
--- must_die
--- error_log
invalid port range in "127.0.0.1:8085-8081" of the "listen" directive



=== TEST 16: msie_refresh: a page in place of a redirect
--- config
    msie_refresh on;
    location /a { return 301 "/x y\"'<>?a=b&c"; }
    location /b { error_page 404 http://elsewhere/; return 404; }
    location /c { return 303 /x; }
--- request eval
["GET /a", "GET /b", "GET /c", "GET /a"]
--- more_headers eval
["User-Agent: MSIE 5.5", "User-Agent: MSIE 5.5", "User-Agent: MSIE 5.5", "User-Agent: MSIE 5.5; Opera"]
--- error_code eval
[200, 200, 303, 301]
--- response_body_like eval
["^<html><head><meta http-equiv=\"Refresh\" content=\"0; URL=/x%20y%22%27%3C%3E.a=b&c\"></head><body></body></html>\r\n\$",
 "URL=http://elsewhere/\"", "See Other", "Moved Permanently"]



=== TEST 17: in a redirect, what was an escaped question mark begins the arguments
--- config
    location /a/ { rewrite ^/a/(.*)$ /b/$1 redirect; }
--- request
GET /a/x%20y%3f%26%2B%25%23z
--- error_code: 302
--- response_headers_like
Location: http://localhost:\d+/b/x%20y\?%26%2B%25%23z



=== TEST 18: quantifiers that give nothing back
--- config
    location ~ "^/w\d{1,3}+\.x$" { return 200 "braces\n"; }
    location ~ ^/a++a { return 200 "never\n"; }
    location / { return 200 "none\n"; }
--- request eval
["GET /w123.x", "GET /w1234.x", "GET /aaa"]
--- response_body eval
["braces\n", "none\n", "none\n"]
