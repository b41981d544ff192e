# secure_link, secure_link_md5, secure_link_secret.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: a sum of the address and a secret
--- config
    location /s/ {
        secure_link $arg_md5,$arg_expires;
        secure_link_md5 "$secure_link_expires$uri secret";
        return 200 "[$secure_link] [$secure_link_expires]\n";
    }
    location /p/ {
        secure_link $arg_md5;
        secure_link_md5 "$uri secret";
        return 200 "[$secure_link] [$secure_link_expires]\n";
    }
--- request eval
["GET /s/a?md5=03jTWiOh7V6ue4kWpTF3Jw&expires=4102444800", "GET /s/a?md5=Vvbk6y2-7jYcL6eTs4ASog&expires=1000000000", "GET /s/b?md5=03jTWiOh7V6ue4kWpTF3Jw&expires=4102444800", "GET /s/a?md5=03jTWiOh7V6ue4kWpTF3Jw&expires=4102444801", "GET /p/a?md5=3-RmFs2yvSJSaN-qWuolhQ", "GET /p/a?md5=3-RmFs2yvSJSaN-qWuolhQ==", "GET /p/b?md5=3-RmFs2yvSJSaN-qWuolhQ"]
--- response_body eval
["[1] [4102444800]\n", "[0] [1000000000]\n", "[] [4102444800]\n", "[] [4102444801]\n", "[1] []\n", "[1] []\n", "[] []\n"]



=== TEST 2: every field wrong
--- config
    location /s/ {
        secure_link $arg_md5,$arg_expires;
        secure_link_md5 "$secure_link_expires$uri secret";
        if ($secure_link = "") { return 403; }
        if ($secure_link = "0") { return 410; }
        return 200;
    }
--- request eval
["GET /s/a?md5=03jTWiOh7V6ue4kWpTF3Jw&expires=4102444800", "GET /s/a?md5=Vvbk6y2-7jYcL6eTs4ASog&expires=1000000000", "GET /s/a", "GET /s/a?md5=03jTWiOh7V6ue4kWpTF3Jw", "GET /s/a?md5=03jTWiOh7V6ue4kWpTF3Jw&expires=0", "GET /s/a?md5=03jTWiOh7V6ue4kWpTF3Jw&expires=-1", "GET /s/a?md5=03jTWiOh7V6ue4kWpTF3Jw&expires=4102444800x", "GET /s/a?md5=03jTWiOh7V6ue4kWpTF3Jw&expires=99999999999999999999", "GET /s/a?md5=!!!&expires=4102444800", "GET /s/a?md5=03jTWiOh7V6ue4kWpTF3Jw03jTWiOh7V6ue4kWpTF3Jw&expires=4102444800", "GET /s/a?expires=4102444800", "GET /s/a?md5=QQ&expires=4102444800"]
--- error_code eval
[200, 410, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403]



=== TEST 3: secure_link_secret
--- config
    location /p/ {
        secure_link_secret word;
        if ($secure_link = "") { return 403; }
        rewrite ^ /secure/$secure_link;
    }
    location /secure/ { internal; root html; }
    location /q/ { secure_link_secret word; return 200 "[$secure_link]\n"; }
--- user_files
>>> secure/link
yes
--- request eval
["GET /p/29245bdc2d04a9e0e729927ed0f84e26/link", "GET /p/29245bdc2d04a9e0e729927ed0f84e20/link", "GET /p/29245bdc2d04a9e0e729927ed0f84e26/other", "GET /p/29245bdc2d04a9e0e729927ed0f84e26/", "GET /p/29245bdc2d04a9e0e729927ed0f84e26", "GET /p/", "GET /q/29245BDC2D04A9E0E729927ED0F84E26/link", "GET /q/a6d4fb583bdec17fe357f3390a5dad8d/a/b?c=d"]
--- error_code eval
[200, 403, 403, 403, 403, 403, 200, 200]
--- response_body_like eval
["yes", "403", "403", "403", "403", "403", "^\\[link\\]", "^\\[a/b\\?c=d\\]"]



=== TEST 4: inherited
--- config
    secure_link $arg_md5;
    secure_link_md5 "$uri secret";
    location /p/ { return 200 "[$secure_link]\n"; }
    location /q/ { secure_link_md5 "other"; return 200 "[$secure_link]\n"; }
    location /r/ { secure_link_secret word; location /r/s/ { return 200 "[$secure_link]\n"; } }
--- request eval
["GET /p/a?md5=3-RmFs2yvSJSaN-qWuolhQ", "GET /q/a?md5=3-RmFs2yvSJSaN-qWuolhQ", "GET /q/a?md5=eV8yArF8trw9S3cdjGyerw", "GET /p/a"]
--- response_body eval
["[1]\n", "[]\n", "[1]\n", "[]\n"]



=== TEST 5: without the directives
--- config
    location / { return 200 "[$secure_link] [$secure_link_expires]\n"; }
    location /l { secure_link $arg_md5; return 200 "[$secure_link]\n"; }
--- request eval
["GET /", "GET /l?md5=3-RmFs2yvSJSaN-qWuolhQ"]
--- response_body eval
["[] []\n", "[]\n"]



=== TEST 6: two ways at once
--- config
    location / { secure_link_secret word; secure_link $arg_md5; }
--- must_die
--- error_log
"secure_link_secret" cannot be mixed with "secure_link" and "secure_link_md5"



=== TEST 7: twice
--- config
    secure_link $arg_md5;
    secure_link $arg_sum;
--- must_die
--- error_log
"secure_link" directive is duplicate in



=== TEST 8: secure_link_expires by itself
--- config
    location /s/ { secure_link $arg_md5,$arg_expires; secure_link_md5 $uri; return 200 "[$secure_link_expires]\n"; }
--- request
GET /s/a?md5=x&expires=4102444800
--- response_body
[4102444800]
--- skip_nginx: all: it is empty until secure_link has been asked for
