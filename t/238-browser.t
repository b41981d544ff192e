# ancient_browser, modern_browser and their values; $msie.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: versions, by family
--- config
    modern_browser msie 7.0;
    modern_browser gecko 1.9.1;
    modern_browser safari 500;
    modern_browser konqueror 4;
    modern_browser opera 9;
    location / { return 200 "$modern_browser|$ancient_browser|$msie\n"; }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /", "GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["User-Agent: Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)",
 "User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
 "User-Agent: Mozilla/5.0 (X11; U; Linux i686; en-US; rv:1.9.1.2) Gecko/2009 Firefox/3.5",
 "User-Agent: Mozilla/5.0 (X11; U; Linux i686; en-US; rv:1.9.0.9) Gecko/2009 Firefox/3.0",
 "User-Agent: Mozilla/5.0 (Macintosh; U) AppleWebKit/533 (KHTML) Version/5.0 Safari/533.16",
 "User-Agent: Mozilla/5.0 (compatible; Konqueror/3.5; Linux)",
 "User-Agent: Mozilla/4.0 (compatible; MSIE 7.0; Windows) Opera 8.5 [en]",
 "User-Agent: Opera/9.64 (X11; Linux i686)", "User-Agent: curl/7"]
--- response_body eval
["1||1\n", "|1|1\n", "1||\n", "|1|\n", "1||\n", "|1|\n", "|1|\n", "1||\n", "|1|\n"]



=== TEST 2: what is not listed, and ancient signs
--- config
    modern_browser unlisted;
    modern_browser msie 5;
    ancient_browser Links Lynx netscape4;
    modern_browser_value new;
    ancient_browser_value "old one";
    location / { return 200 "$modern_browser|$ancient_browser\n"; }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["User-Agent: Links (2.2)", "User-Agent: curl/7", "User-Agent: Mozilla/4.72 [en] (X11; U; Linux)",
 "User-Agent: Mozilla/4.0 (compatible; MSIE 5.5; Windows)", "X: y"]
--- response_body eval
["|old one\n", "new|\n", "|old one\n", "new|\n", "new|\n"]



=== TEST 3: without directives every browser is ancient
--- config
    location / { return 200 "$modern_browser|$ancient_browser\n"; }
--- request
GET /
--- response_body
|1



=== TEST 4: inheritance
--- http_config
    modern_browser unlisted;
    ancient_browser Lynx;
    modern_browser_value http;
--- config
    location /a { return 200 "$modern_browser|$ancient_browser\n"; }
    location /b { modern_browser msie 5; return 200 "$modern_browser|$ancient_browser\n"; }
    location /c { ancient_browser Links; return 200 "$modern_browser|$ancient_browser\n"; }
--- request eval
["GET /a", "GET /b", "GET /c", "GET /c"]
--- more_headers eval
["User-Agent: x", "User-Agent: x", "User-Agent: Lynx", "User-Agent: Links"]
--- response_body eval
["http|\n", "|1\n", "http|\n", "|1\n"]



=== TEST 5: a long name of a browser
--- config
    modern_browser gecko 1.0;
    location / { return 200 "$modern_browser|$ancient_browser\n"; }
--- request
GET /
--- more_headers eval
"User-Agent: Mozilla/5.0 (rv:" . "9" x 7000
--- response_body_like
^(1\||\|1)$
