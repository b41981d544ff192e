# set-misc: variables that are computed among the lines of the rewrite module.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: escapes of addresses
--- nginx_modules: ndk_http_module ngx_http_set_misc_module
--- config
    location /un { set_unescape_uri $a $arg_a; return 200 "[$a]"; }
    location /es { set_unescape_uri $a $arg_a; set_escape_uri $b $a; return 200 "[$b]"; }
    location /own { set $a $arg_a; set_unescape_uri $a; set_escape_uri $a; return 200 "[$a]"; }
--- request eval
["GET /un?a=a+b%20%41%zz%", "GET /un", "GET /es?a=a+b%2f%3f%26%c3%a9%3a@~*%2b%7f", "GET /own?a=%2f"]
--- response_body eval
["[a b Azz]", "[]", "[a%20b%2F%3F%26%C3%A9%3A@~*%2B%7F]", "[%2F]"]



=== TEST 2: sums
--- nginx_modules: ndk_http_module ngx_http_set_misc_module
--- config
    set_unescape_uri $in $arg_a;
    location /md5 { set_md5 $a $in; return 200 $a; }
    location /sha1 { set_sha1 $a "$in"; return 200 $a; }
    location /hmac1 { set_hmac_sha1 $a key $in; set_encode_hex $a; return 200 $a; }
    location /hmac256 { set_hmac_sha256 $a key $in; set_encode_base64 $a; return 200 $a; }
--- request eval
["GET /md5?a=hello%20w", "GET /sha1?a=hello%20w", "GET /hmac1?a=x", "GET /hmac256?a=x", "GET /md5"]
--- response_body eval
["c92a8c4c9639c8eea645ae900d2d55d0", "974d929ed4b5aaab1d1fcf02fea21a48eafc6c48",
 "2a00e8e8343df86c4c188b263eeca331afa31548", "T8O36vNNfllKb1HZUXulQ6v0EGeydYf/2CujWE5NPN0=",
 "d41d8cd98f00b204e9800998ecf8427e"]



=== TEST 3: base 64, 32 and 16
--- nginx_modules: ndk_http_module ngx_http_set_misc_module
--- config
    set_unescape_uri $in $arg_a;
    location /en {
        set_encode_base64 $a $in; set_encode_base64url $b $in; set_encode_base32 $c $in; set_encode_hex $d $in;
        return 200 "$a $b $c $d";
    }
    location /64 { set_decode_base64 $a $in; return 200 "[$a]"; }
    location /64url { set_decode_base64url $a $in; return 200 "[$a]"; }
    location /32 { set_decode_base32 $a $in; return 200 "[$a]"; }
    location /16 { set_decode_hex $a $in; return 200 "[$a]"; }
    location /alphabet {
        set_base32_padding off;
        set_base32_alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        set_encode_base32 $a $in;
        set_decode_base32 $b $a;
        return 200 "$a $b";
    }
    location /nopad { set_misc_base32_padding off; set_encode_base32 $a $in; return 200 "$a"; }
--- request eval
["GET /en?a=%ff%fe%fd%fc", "GET /64?a=aGVsbG8=", "GET /64?a=aGVsbG8", "GET /64url?a=aGVsbG-_", "GET /32?a=d1imor3f41rmu===",
 "GET /16?a=68656C6c6f", "GET /alphabet?a=hello", "GET /nopad?a=f"]
--- response_body eval
["//79/A== __79_A vvvfrv0= fffefdfc", "[hello]", "[hello]", "[hello\xbf]", "[hello wo]", "[hello]", "NBSWY3DP hello", "co"]



=== TEST 4: what is not base 64 or 16 is an error
--- nginx_modules: ndk_http_module ngx_http_set_misc_module
--- config
    location /64 { set_decode_base64 $a $arg_a; return 200 "[$a]"; }
    location /64url { set_decode_base64url $a $arg_a; return 200 "[$a]"; }
    location /16 { set_decode_hex $a $arg_a; return 200 "[$a]"; }
--- request eval
["GET /64?a=a*", "GET /64url?a=aGVsb", "GET /16?a=6", "GET /16?a=zz"]
--- error_code eval
[500, 500, 500, 500]
--- error_log
set_decode_base64: invalid value
set_decode_base64url: invalid value
set_decode_hex: invalid value



=== TEST 5: strings of SQL and JSON
--- nginx_modules: ndk_http_module ngx_http_set_misc_module
--- config
    set_unescape_uri $in $arg_a;
    location /sql { set_quote_sql_str $a $in; return 200 $a; }
    location /pg { set_quote_pgsql_str $a $in; return 200 $a; }
    location /json { set_quote_json_str $a $in; return 200 $a; }
--- request eval
["GET /sql?a=a%27b%22c%5c%0a%0d%09%08%0c%00%1a%ff", "GET /pg?a=a%27b%5c%0a%1a%ff%c3", "GET /json?a=a%27b%22c%5c/%0a%0d%09%08%0c%00%1a%7f%ff",
 "GET /sql", "GET /pg", "GET /json"]
--- response_body eval
["'a\\'b\\\"c\\\\\\n\\r\\t\\b\x0c\\0\\Z\xff'", "E'a\\'b\\\\\\n\\Z\\\\377\\\\303'", "\"a'b\\\"c\\\\/\\n\\r\\t\\b\\f\\u0000\\u001a\x7f\xff\"",
 "''", "''", "null"]



=== TEST 6: set_if_empty, in the order of the lines
--- nginx_modules: ndk_http_module ngx_http_set_misc_module
--- config
    location / {
        set $a $arg_a;
        set_if_empty $a "none of $uri";
        set $b "<$a>";
        set_encode_hex $a;
        if ($arg_a = x) { set_md5 $a x; }
        return 200 "$b $a";
    }
--- request eval
["GET /", "GET /?a=1", "GET /?a=x"]
--- response_body eval
["<none of /> 6e6f6e65206f66202f", "<1> 31", "<x> 9dd4e461268c8034f5c8564e155c67a6"]



=== TEST 7: set_hashed_upstream
--- nginx_modules: ndk_http_module ngx_http_set_misc_module
--- http_config
    upstream_list universe moon sun earth;
--- config
    location / { set_hashed_upstream $a universe $arg_a; return 200 $a; }
--- request eval
["GET /?a=a", "GET /?a=b", "GET /?a=Hello", "GET /"]
--- response_body eval
["sun", "earth", "sun", "moon"]



=== TEST 8: set_hashed_upstream of a list that is not there
--- nginx_modules: ndk_http_module ngx_http_set_misc_module
--- config
    location / { set_hashed_upstream $a universe $arg_a; return 200 $a; }
--- must_die
--- error_log
set_hashed_upstream: upstream list "universe" not defined yet



=== TEST 9: set_rotate
--- nginx_modules: ndk_http_module ngx_http_set_misc_module
--- config
    location /a { set_rotate $a 5 3; return 200 $a; }
    location /b { set $b $arg_b; set_rotate $b 3 5; return 200 $b; }
    location /c { set_rotate $c x 5; return 200 $c; }
--- request eval
["GET /a", "GET /a", "GET /a", "GET /a", "GET /b?b=4", "GET /b?b=5", "GET /b?b=9", "GET /b", "GET /c"]
--- error_code eval
[200, 200, 200, 200, 200, 200, 200, 200, 500]
--- response_body_like eval
["^3$", "^4$", "^5$", "^3$", "^5$", "^3$", "^3$", "^4$", "500"]
--- error_log
set_rotate: bad "from" argument value: "x"



=== TEST 10: set_random and the random strings
--- nginx_modules: ndk_http_module ngx_http_set_misc_module
--- config
    location /n { set_random $a $arg_from $arg_to; return 200 $a; }
    location /s { set_secure_random_alphanum $a $arg_n; set_secure_random_lcalpha $b $arg_n; return 200 "$a $b"; }
--- request eval
["GET /n?from=5&to=5", "GET /n?from=3&to=1", "GET /n?from=a&to=1", "GET /n?from=1&to=", "GET /s?n=64", "GET /s?n=0", "GET /s?n=65"]
--- error_code eval
[200, 200, 500, 500, 200, 500, 500]
--- response_body_like eval
["^5$", "^[123]$", "500", "500", "^[a-zA-Z0-9]{64} [a-z]{64}$", "500", "500"]
--- error_log
set_random: bad "from" argument: a
bad "length" argument: 65



=== TEST 11: times
--- nginx_modules: ndk_http_module ngx_http_set_misc_module
--- config
    location / {
        set_formatted_gmt_time $a "%Y-%m-%d %H:%M:%S %Z";
        set_formatted_local_time $b "%A %%";
        set_local_today $c;
        return 200 "$a|$b|$c";
    }
--- request
GET /
--- response_body_like
^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\|\w+day %\|\d{4}-\d\d-\d\d$
