# autoindex, random_index, empty_gif.

use Test::Nginx::Socket 'no_plan';

our $Old = "203001020304.05";

run_tests();

__DATA__

=== TEST 1: directories first, then files, by name; hidden ones are not listed
--- config
    location / { autoindex on; }
--- user_files eval
[["x/b.txt", "12345", $::Old], ["x/A", "1", $::Old], ["x/d/x", "", $::Old], ["x/.hidden", "", $::Old]]
--- request
GET /x/
--- response_headers
Content-Type: text/html
! Content-Length
! Last-Modified
--- response_body_like eval
qr{\A<html>\r\n<head><title>Index of /x/</title></head>\r\n<body>\r\n<h1>Index of /x/</h1><hr><pre><a href="\.\./">\.\./</a>\r\n<a href="d/">d/</a> {49}\d\d-\w\w\w-\d{4} \d\d:\d\d {19}-\r\n<a href="A">A</a> {50}02-Jan-2030 03:04 {19}1\r\n<a href="b\.txt">b\.txt</a> {46}02-Jan-2030 03:04 {19}5\r\n</pre><hr></body>\r\n</html>\r\n\z}



=== TEST 2: names are escaped, for the page and for the address
--- config
    location / { autoindex on; }
--- user_files eval
[["x/<b>&\".txt", "", $::Old], ["x/a%b c+d?.txt", "", $::Old], ["x/new\nline\x01", "", $::Old], ["x/co:on", "", $::Old]]
--- request
GET /x/
--- response_body eval
"<html>\r\n<head><title>Index of /x/</title></head>\r\n<body>\r\n<h1>Index of /x/</h1><hr><pre><a href=\"../\">../</a>\r\n<a href=\"%3Cb%3E%26%22.txt\">&lt;b&gt;&amp;&quot;.txt</a>" . " " x 42 . "02-Jan-2030 03:04" . " " x 19 . "0\r\n<a href=\"a%25b%20c%2Bd%3F.txt\">a%b c+d?.txt</a>" . " " x 39 . "02-Jan-2030 03:04" . " " x 19 . "0\r\n<a href=\"co%3Aon\">co:on</a>" . " " x 46 . "02-Jan-2030 03:04" . " " x 19 . "0\r\n<a href=\"new%0Aline%01\">new\nline\x01</a>" . " " x 42 . "02-Jan-2030 03:04" . " " x 19 . "0\r\n</pre><hr></body>\r\n</html>\r\n"



=== TEST 3: a name longer than its column; in UTF-8 it is the characters that count
--- config
    location /bytes/ { alias html/x/; autoindex on; }
    location /chars/ { alias html/x/; autoindex on; charset utf-8; }
--- user_files eval
[["x/" . "\xc3\xa9" x 26, "", $::Old]]
--- request eval
["GET /bytes/", "GET /chars/"]
--- response_headers eval
["Content-Type: text/html", "Content-Type: text/html; charset=utf-8"]
--- response_body_like eval
[qr{">é{23}.\.\.&gt;</a> 02-Jan}, qr{">é{26}</a> {25}02-Jan}]



=== TEST 4: rounded sizes
--- config
    location / { autoindex on; autoindex_exact_size off; }
--- user_files eval
[["x/a", "x" x 9999, $::Old], ["x/b", "x" x 10000, $::Old], ["x/c", "x" x 10752, $::Old], ["x/d", "x" x 1048576, $::Old], ["x/e/f", ""]]
--- request
GET /x/
--- response_body_like
(?s)href="e/">e/</a> {49}\S+ \S+ {7}-\r\n.*03:04    9999\r\n.*03:04     10K\r\n.*03:04     11K\r\n.*03:04      1M\r\n



=== TEST 5: JSON
--- config
    location / { autoindex on; autoindex_format json; }
--- user_files eval
[["x/a\"\\b", "123", $::Old], ["x/c\n\x01", "", $::Old]]
--- request
GET /x/
--- response_headers
Content-Type: application/json
--- response_body eval
"[\r\n{ \"name\":\"a\\\"\\\\b\", \"type\":\"file\", \"mtime\":\"Wed, 02 Jan 2030 03:04:05 GMT\", \"size\":3 },\r\n{ \"name\":\"c\\n\\u0001\", \"type\":\"file\", \"mtime\":\"Wed, 02 Jan 2030 03:04:05 GMT\", \"size\":0 }\r\n]"



=== TEST 6: JSON of an empty directory, and JSONP
--- config
    location / { autoindex on; autoindex_format jsonp; }
--- user_files
>>> x/
--- request eval
["GET /x/", "GET /x/?callback=my.f_0", "GET /x/?callback="]
--- response_headers eval
["Content-Type: application/json", "Content-Type: application/javascript", "Content-Type: application/json"]
--- response_body eval
["[\r\n]", "/* callback */\r\nmy.f_0([\r\n]);", "[\r\n]"]



=== TEST 7: a callback that is no name
--- config
    location / { autoindex on; autoindex_format jsonp; index no; }
--- request
GET /?callback=alert(1)
--- error_code: 400
--- error_log
client sent invalid callback name: "alert(1)"



=== TEST 8: XML
--- config
    location / { autoindex on; autoindex_format xml; }
--- user_files eval
[["x/<a>", "123", $::Old]]
--- request
GET /x/
--- response_headers
Content-Type: text/xml; charset=utf-8
--- response_body eval
"<?xml version=\"1.0\"?>\r\n<list>\r\n<file mtime=\"2030-01-02T03:04:05Z\" size=\"3\">&lt;a&gt;</file>\r\n</list>\r\n"



=== TEST 9: off by default; an index comes first; a directory that is not there
--- config
    location /off/ { alias html/; index no; }
    location /index/ { alias html/; autoindex on; index a.txt; }
    location /missing/ { alias html/nowhere/; autoindex on; index no; }
--- user_files
>>> a.txt
an index
--- request eval
["GET /off/", "GET /index/", "GET /missing/"]
--- error_code eval
[403, 200, 404]
--- response_body_like eval
["403 Forbidden", "an index", "404 Not Found"]
--- error_log
/html/" is forbidden



=== TEST 10: methods
--- config
    location / { autoindex on; index no; }
--- request eval
["HEAD /", "POST /", "PUT /"]
--- error_code eval
[200, 403, 405]



=== TEST 11: inherited, and switched off again
--- http_config
    autoindex on;
    autoindex_format json;
--- config
    location /a/ { alias html/; }
    location /b/ { alias html/; autoindex off; index no; }
--- request eval
["GET /a/", "GET /b/"]
--- error_code eval
[200, 403]



=== TEST 12: a path that climbs stays below the root
--- config
    location / { autoindex on; }
--- request eval
["GET /../", "GET /%2e%2e/", "GET /x/..%2f../"]
--- error_code eval
[400, 400, 400]



=== TEST 13: a list goes through the filters
--- config
    location / { autoindex on; autoindex_format xml; gzip on; gzip_types text/xml; }
--- user_files
>>> x/
--- request
GET /x/
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
--- response_body_filters: gunzip
--- response_body eval
"<?xml version=\"1.0\"?>\r\n<list>\r\n</list>\r\n"



=== TEST 14: random_index: one of the regular files
--- config
    location / { random_index on; }
--- user_files
>>> x/only
the file
>>> x/.hidden
no
>>> x/d/
--- request
GET /x/
--- response_body
the file



=== TEST 15: random_index comes before index, which is asked if there is no file
--- config
    location / { random_index on; index d/a; }
--- user_files
>>> x/d/a
an index
>>> y/index.html
random
--- request eval
["GET /x/", "GET /y/", "GET /nowhere/"]
--- error_code eval
[200, 200, 404]
--- response_body_like eval
["an index", "random", "404"]



=== TEST 16: empty_gif
--- config
    location = /a.gif { empty_gif; }
--- request
GET /a.gif
--- response_headers
Content-Type: image/gif
Content-Length: 43
Last-Modified: Mon, 28 Sep 1970 06:00:00 GMT
--- response_body eval
"GIF89a\x01\x00\x01\x00\x80\x01\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x01\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02L\x01\x00;"



=== TEST 17: empty_gif: the methods, and what the client has
--- config
    location = /a.gif { empty_gif; }
--- request eval
["POST /a.gif", "HEAD /a.gif", "GET /a.gif"]
--- more_headers eval
["X: y", "X: y", "If-Modified-Since: Mon, 28 Sep 1970 06:00:00 GMT"]
--- error_code eval
[405, 200, 304]
