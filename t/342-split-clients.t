# split_clients: a variable whose value depends on the hash of a string.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: the hash is nginx's
--- http_config
    split_clients $arg_a $which { 25% one; 25.5% two; 0.5% three; * rest; }
--- config
    location / { return 200 "$which\n"; }
--- request eval
["GET /?a=0", "GET /?a=1", "GET /?a=2", "GET /?a=3", "GET /?a=4", "GET /?a=abcd", "GET /?a=127.0.0.1", "GET /"]
--- response_body eval
["two\n", "two\n", "one\n", "rest\n", "one\n", "one\n", "rest\n", "one\n"]



=== TEST 2: text and variables, and what no share holds
--- http_config
    split_clients "x${arg_a}y" $one { 100% all; }
    split_clients "$arg_a" $none { 0.01% few; }
    split_clients "$arg_a" $star { * first; }
--- config
    location / { return 200 "$one [$none] $star\n"; }
--- request
GET /?a=1
--- response_body
all [] first



=== TEST 3: more than all
--- http_config
    split_clients $arg_a $which { 60% one; 40.01% two; }
--- config
--- must_die
--- error_log
percent total is greater than 100% in



=== TEST 4: nothing is left behind the star
--- http_config
    split_clients $arg_a $which { * one; 10% two; }
--- config
--- must_die
--- error_log
percent total is greater than 100% in



=== TEST 5: the star does not make good what was too much before
--- http_config
    split_clients $arg_a $which { 60% one; 60% two; * rest; }
--- config
--- must_die
--- error_log
percent total is greater than 100% in



=== TEST 6: a number as large as can be
--- http_config
    split_clients $arg_a $which { 180000000000000000% one; 180000000000000000% two; }
--- config
--- must_die
--- error_log
percent total is greater than 100% in
--- skip_nginx: all: its numbers are smaller



=== TEST 7: shares that are none
--- http_config
    split_clients $arg_a $which { 0% one; }
--- config
--- must_die
--- error_log
invalid percent value "0%" in



=== TEST 8: three digits behind the point
--- http_config
    split_clients $arg_a $which { 1.234% one; }
--- config
--- must_die
--- error_log
invalid percent value "1.234%" in



=== TEST 9: a name without a dollar
--- http_config
    split_clients $arg_a which { 1% one; }
--- config
--- must_die
--- error_log
invalid variable name "which" in
