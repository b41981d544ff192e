# valid_referers and $invalid_referer.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: hosts, wildcards and paths
--- config
    location / {
        valid_referers example.com *.example.org www.example.* .both.net site.net/path;
        return 200 "[$invalid_referer]\n";
    }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /", "GET /", "GET /", "GET /", "GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["Referer: http://example.com/x", "Referer: HTTPS://EXAMPLE.com:8080", "Referer: http://a.example.org/", "Referer: http://example.org/", "Referer: http://www.example.de/", "Referer: http://both.net/", "Referer: http://a.both.net/", "Referer: http://site.net/path/x", "Referer: http://site.net/other", "Referer: http://site.net:80/path", "Referer: http://nothing.net/", "X: y"]
--- response_body eval
["[]\n", "[]\n", "[]\n", "[1]\n", "[]\n", "[]\n", "[]\n", "[]\n", "[1]\n", "[]\n", "[1]\n", "[1]\n"]



=== TEST 2: none and blocked
--- config
    location /n { valid_referers none example.com; return 200 "[$invalid_referer]\n"; }
    location /b { valid_referers blocked example.com; return 200 "[$invalid_referer]\n"; }
--- request eval
["GET /n", "GET /n", "GET /b", "GET /b", "GET /b", "GET /b"]
--- more_headers eval
["X: y", "Referer: hidden", "X: y", "Referer: hidden by a firewall", "Referer: http://a", "Referer: http://other.com/"]
--- response_body eval
["[]\n", "[1]\n", "[1]\n", "[]\n", "[]\n", "[1]\n"]



=== TEST 3: the server's names
--- config
    server_name example.com *.example.org ~^www\d+\.example\.net$;
    location / { valid_referers server_names other.net; return 200 "[$invalid_referer]\n"; }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["Referer: http://example.com/", "Referer: http://a.example.org/", "Referer: http://www7.EXAMPLE.net/", "Referer: http://other.net/", "Referer: http://www7.example.net.evil.com/", "Referer: http://elsewhere.com/"]
--- response_body eval
["[]\n", "[]\n", "[]\n", "[]\n", "[1]\n", "[1]\n"]



=== TEST 4: expressions see host and path, in any case
--- config
    location / { valid_referers ~\.google\. ~^a\.net/x; return 200 "[$invalid_referer]\n"; }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["Referer: http://www.Google.com/search", "Referer: https://A.net/x", "Referer: https://a.net/y", "Referer: x.google.y", "X: y"]
--- response_body eval
["[]\n", "[]\n", "[1]\n", "[1]\n", "[1]\n"]



=== TEST 5: inherited as a whole or not at all; without any all are valid
--- config
    valid_referers example.com;
    location /a { return 200 "[$invalid_referer]\n"; }
    location /b { valid_referers example.org; return 200 "[$invalid_referer]\n"; }
    location /c { valid_referers example.org; location /c/d { return 200 "[$invalid_referer]\n"; } }
--- request eval
["GET /a", "GET /b", "GET /c/d"]
--- more_headers eval
["Referer: http://example.com/", "Referer: http://example.com/", "Referer: http://example.org/"]
--- response_body eval
["[]\n", "[1]\n", "[]\n"]



=== TEST 6: no directive
--- config
    location / { return 200 "[$invalid_referer]\n"; }
--- request
GET /
--- response_body
[]



=== TEST 7: as it is used
--- config
    location / {
        valid_referers none blocked server_names;
        if ($invalid_referer) { return 403; }
        return 200;
    }
--- request eval
["GET /", "GET /"]
--- more_headers eval
["Referer: http://localhost/", "Referer: http://elsewhere.com/"]
--- error_code eval
[200, 403]



=== TEST 8: hosts of 256 bytes and more
--- config
    location / { valid_referers ~^a+$ x.net; return 200 "[$invalid_referer]\n"; }
--- request eval
["GET /", "GET /"]
--- more_headers eval
["Referer: http://" . ("a" x 256), "Referer: http://" . ("a" x 257)]
--- response_body eval
["[]\n", "[1]\n"]



=== TEST 9: sizes of hashes are read
--- config
    referer_hash_max_size 4096;
    referer_hash_bucket_size 128;
    location / { return 200; }
--- request
GET /



=== TEST 10: nothing is valid but none
--- config
    location / { valid_referers none; }
--- must_die
--- error_log
the "none" or "blocked" referers are specified in the "valid_referers" directive without any valid referer



=== TEST 11: a site twice
--- config
    location / { valid_referers a.net A.net; }
--- must_die
--- error_log
conflicting parameter "a.net" in



=== TEST 12: a wrong wildcard
--- config
    location / { valid_referers a.*.net; }
--- must_die
--- error_log
invalid hostname or wildcard "a.*.net" in



=== TEST 13: an empty word
--- config
    location / { valid_referers ""; }
--- must_die
--- error_log
invalid referer "" in



=== TEST 14: an empty expression
--- config
    location / { valid_referers ~; }
--- must_die
--- error_log
empty regex in "~" in
