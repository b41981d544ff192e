# open_file_cache: what is known of files, for a while.
#
# Each block asks for a file, puts another in its place by proxy_store, and asks again.

use Test::Nginx::Socket 'no_plan';

our $Store = <<'_EOC_';
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "new"; }
    }
_EOC_

our $Put = <<'_EOC_';
    location /store/ { alias $TEST_NGINX_HTML_DIR/; proxy_store on; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
_EOC_

our $Old = ">>> a.txt\nold\n";

run_tests();

__DATA__

=== TEST 1: a file that was opened stays open
--- http_config eval: $::Store
--- config eval
'
    open_file_cache max=10;
    location / { root html; }
' . $::Put
--- user_files eval: $::Old
--- request eval
["GET /a.txt", "GET /store/a.txt", "GET /a.txt"]
--- response_body eval
["old\n", "new", "old\n"]



=== TEST 2: without it the new file is sent
--- http_config eval: $::Store
--- config eval
'
    location / { root html; }
' . $::Put
--- user_files eval: $::Old
--- request eval
["GET /a.txt", "GET /store/a.txt", "GET /a.txt"]
--- response_body eval
["old\n", "new", "new"]



=== TEST 3: off, in a location inside
--- http_config eval: $::Store
--- config eval
'
    open_file_cache max=10 inactive=20s;
    location / { root html; open_file_cache off; }
' . $::Put
--- user_files eval: $::Old
--- request eval
["GET /a.txt", "GET /store/a.txt", "GET /a.txt"]
--- response_body eval
["old\n", "new", "new"]



=== TEST 4: open_file_cache_valid
--- http_config eval: $::Store
--- config eval
'
    open_file_cache max=10;
    open_file_cache_valid 0;
    location / { root html; }
' . $::Put
--- user_files eval: $::Old
--- request eval
["GET /a.txt", "GET /a.txt", "GET /store/a.txt", "GET /a.txt"]
--- response_body eval
["old\n", "old\n", "new", "new"]



=== TEST 5: open_file_cache_min_uses: the descriptor is kept from the second use on
--- http_config eval: $::Store
--- config eval
'
    open_file_cache max=10;
    open_file_cache_min_uses 2;
    location / { root html; }
' . $::Put
--- user_files
>>> a.txt
old
>>> b.txt
old
--- request eval
["GET /a.txt", "GET /store/a.txt", "GET /a.txt", "GET /b.txt", "GET /b.txt", "GET /store/b.txt", "GET /b.txt"]
--- response_body eval
["old\n", "new", "new", "old\n", "old\n", "new", "old\n"]



=== TEST 6: errors are not kept, unless open_file_cache_errors is on
--- http_config eval: $::Store
--- config eval
'
    open_file_cache max=10;
    location / { root html; }
    location /kept/ { alias html/; open_file_cache_errors on; }
' . $::Put
--- request eval
["GET /a.txt", "GET /kept/b.txt", "GET /store/a.txt", "GET /store/b.txt", "GET /a.txt", "GET /kept/b.txt"]
--- error_code eval
[404, 404, 200, 200, 200, 404]



=== TEST 7: of index, try_files and if
--- http_config eval: $::Store
--- config eval
'
    open_file_cache max=10;
    open_file_cache_errors on;
    location /try/ { alias html/; try_files $uri =404; }
    location /if { root html; if (-f $document_root/c.txt) { return 204; } return 403; }
' . $::Put
--- request eval
["GET /try/b.txt", "GET /if", "GET /store/b.txt", "GET /store/c.txt", "GET /try/b.txt", "GET /if"]
--- error_code eval
[404, 403, 200, 200, 404, 403]
