# ssi: commands in bodies.

use Test::Nginx::Socket 'no_plan';

our $Big = "0123456789abcdef" x 6000;

run_tests();

__DATA__

=== TEST 1: includes, in the order of their places
--- config
    root html;
    ssi on;
    location /inc { default_type text/plain; return 200 "[$uri?$args]"; }
    location /server { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "{$uri}"; } }
--- user_files
>>> a.html 203501010000.00
a <!--#include virtual="/inc?x=y" --> <!--#include virtual="/server" --> <!--# include file="inc" -->
<!--#include virtual="/text" --> <!--#include virtual="/server/2" -->
>>> text
text
--- request
GET /a.html
--- response_headers
Content-Type: text/html
Transfer-Encoding: chunked
! Content-Length
! Accept-Ranges
! Last-Modified
! ETag
--- response_body
a [/inc?x=y] {/server} [/inc?]
text
 {/server/2}



=== TEST 2: uris of includes
--- config
    root html;
    ssi on;
    location /inc { return 200 "[$uri?$args]"; }
--- user_files
>>> d/a.html
<!--#include virtual="/inc%2561?a=%62" -->
<!--#include virtual="../d/inc" -->
<!--#include virtual="${arg_x}/$arg_x?$arg_x" -->
--- request
GET /d/a.html?x=/inc
--- response_body
[/inc%61?a=%62]
[an error occurred while processing the directive]
[/inc//inc?/inc]
--- error_log
unsafe URI "/d/../d/inc" was detected



=== TEST 3: echo
--- config
    ssi on;
    set $own "a<b>&'c\"";
    default_type text/html;
    location / { return 200 '<!--#echo var="own" -->
<!--#echo var="OWN" encoding="url" -->
<!--#echo var="own" -->
<!--#echo var="own" encoding="none" -->
<!--#echo var="own" encoding="entity" -->
<!--#echo var="arg_n" -->|<!--#echo var="arg_n" default="<d>" -->|<!--#echo var="arg_n" default="" -->|
<!--#echo var="arg_x" -->|<!--#echo var="request_method" -->|<!--#echo var="http_host" -->
'; }
--- request
GET /?x=y
--- response_body
a&lt;b&gt;&amp;'c&quot;
a%3Cb%3E&%27c%22
a%3Cb%3E&%27c%22
a<b>&'c"
a&lt;b&gt;&amp;'c&quot;
(none)|&lt;d&gt;||
y|GET|localhost



=== TEST 4: set, and strings with variables
--- config
    root html;
    ssi on;
--- user_files
>>> a.html
<!--#set var="v" value="a\$b\\c\'d\"e\fg <&>+%" --><!--#echo var="v" encoding="none" -->
<!--#echo var="v" encoding="url" -->
<!--#set var="W" value="$arg_x${arg_x}-$nothing" --><!--#echo var="w" -->
<!--#set var="w" value="$w$w" --><!--#echo var="w" -->
<!--#set var="w" value="${arg" --><!--#set var="w" value="$" --><!--#echo var="w" -->
<!--#set var="host" value="mine" --><!--#echo var="host" -->
--- request
GET /a.html?x=y
--- response_body
a$b\c'd"e\fg <&>+%
a$b%5Cc%27d%22e%5Cfg%20%3C&%3E+%25
yy-
yy-yy-
[an error occurred while processing the directive][an error occurred while processing the directive]yy-yy-
mine
--- error_log
the closing bracket in "arg" variable is missing
invalid variable name in "$"



=== TEST 5: if, elif, else
--- config
    root html;
    ssi on;
--- user_files
>>> a.html
<!--#if expr="$arg_x" -->1<!--#elif expr="$arg_y" -->2<!--#elif expr="$arg_z" -->3<!--#else -->4<!--#endif -->
<!--#if expr="$arg_x=$arg_y" -->5<!--#else -->6<!--#endif --><!--#if expr="$arg_x != $arg_y" -->7<!--#endif -->
<!--#if expr="$arg_z = /^(a)(?P<named>b+)/" -->$1 <!--#echo var="1" -->, <!--#echo var="named" -->, <!--#echo var="0" --><!--#else -->8<!--#endif -->
<!--#if expr="$arg_z != /b/" -->9<!--#endif -->|<!--#if expr="$arg_z = \/a" -->10<!--#endif -->|<!--#if expr="ABC = abc" -->11<!--#endif -->|<!--#if expr="" -->12<!--#else -->13<!--#endif -->
--- request eval
["GET /a.html?x=a&y=a", "GET /a.html?y=b&z=abbc", "GET /a.html?z=/a", "GET /a.html"]
--- response_body eval
["1\n5\n8\n9||11|13\n", "2\n67\n\$1 a, bb, abb\n||11|13\n", "3\n5\n8\n9|10|11|13\n", "4\n5\n8\n9||11|13\n"]



=== TEST 6: conditions do not nest
--- config
    root html;
    ssi on;
--- user_files
>>> a.html
<!--#config errmsg="!" -->
<!--#if expr="1" -->a<!--#if expr="1" -->b<!--#endif -->c<!--#endif -->d
<!--#if expr="" -->a<!--#if expr="1" -->b<!--#endif -->c<!--#endif -->d
<!--#if expr="" -->a<!--#else -->b<!--#elif expr="1" -->c<!--#endif -->d
<!--#else --><!--#elif expr="1" --><!--#endif -->
<!--#if expr="a ! b" -->a<!--#endif --><!--#if expr="a = /(/" -->b<!--#endif -->
--- request
GET /a.html
--- response_body eval
"\na!bc!d\nc!d\nb!cd\n!!!\n!a!!b!\n"
--- error_log
the "if" command inside the "if" command
invalid context of SSI command: "endif"
invalid context of SSI command: "else"
invalid expression in "a ! b"
pcre2_compile() failed: missing closing parenthesis in "("



=== TEST 7: config
--- config
    root html;
    ssi on;
--- user_files
>>> a.html
<!--#config errmsg="ERR" timefmt="%Y|%%|%Q" --><!--#bad -->
<!--#echo var="date_gmt" -->
<!--#echo var="date_local" -->
--- request
GET /a.html
--- response_body_like
^ERR
2\d\d\d\|%\|%Q
2\d\d\d\|%\|%Q
$



=== TEST 8: dates
--- config
    root html;
    ssi on;
    location /plain { return 200 "$date_gmt $date_local"; }
--- user_files
>>> a.html
<!--#echo var="date_gmt" -->
<!--#config timefmt="%s" --><!--#echo var="date_gmt" -->
--- request eval
["GET /a.html", "GET /plain"]
--- response_body_like eval
["^[MTWFS][a-z]+day, \\d\\d-[A-Z][a-z][a-z]-2\\d\\d\\d \\d\\d:\\d\\d:\\d\\d GMT\n\\d{10}\n\$", "^[MTWFS][a-z]+day, .* GMT [MTWFS][a-z]+day, .* [A-Z]+\$"]



=== TEST 9: blocks stand in for what is empty, or an error
--- config
    root html;
    ssi on;
    location /inc { return 200 "[inc]"; }
    location /empty { return 204; }
    location /down { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    error_page 404 /inc;
--- user_files
>>> a.html
<!--#block name="b" -->block <!--#echo var="arg_x"-->,<!--#endblock -->
<!--#include virtual="/inc" stub="b" -->
<!--#include virtual="/empty" stub="b" -->
<!--#include virtual="/missing?x=y" stub="b" -->
<!--#include virtual="/down" stub="b" -->
<!--#include virtual="/missing" stub="c" -->
<!--#include virtual="/missing" -->
--- request
GET /a.html?x=main
--- response_body eval
"\n[inc]\nblock <!--#echo var=\"arg_x\" -->,\nblock y,\nblock (none),\n[an error occurred while processing the directive]\n[inc]\n"
--- error_log
"stub"="c" for "include" not found



=== TEST 10: commands in a block are obeyed where it stands
--- config
    root html;
    ssi on;
--- user_files
>>> a.html
<!--#block name="c" --><!--#if expr="1" -->x<!--#endif --><!--#block name="d" -->y<!--#endblock -->z<!--#include virtual="/missing" stub="c"-->
--- request
GET /a.html
--- response_body
zx



=== TEST 11: a body becomes a variable
--- config
    root html;
    ssi on;
    location /server { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /memory { return 200 "memory"; }
    location /page { error_page 404 /memory; return 404; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "<$uri>"; } }
--- user_files
>>> a.html
<!--#include virtual="/server" set="s" --><!--#echo var="s" -->
<!--#include virtual="/memory" set="S" --><!--#echo var="s" -->
<!--#include virtual="/file.txt" set="f" --><!--#echo var="f" --><!--#include virtual="/memory" -->
<!--#include virtual="/missing" set="e" -->|<!--#echo var="e" -->|<!--#if expr="$s = memory" -->yes<!--#endif -->
>>> file.txt
file
--- request
GET /a.html
--- response_body
&lt;/server&gt;
memory
file
memory
||yes



=== TEST 12: subrequest_output_buffer_size bounds it
--- config
    root html;
    ssi on;
    subrequest_output_buffer_size 5;
    location /five { return 200 "12345"; }
    location /six { return 200 "123456"; }
--- user_files
>>> a.html
<!--#include virtual="/five" set="s" --><!--#echo var="s" --><!--#include virtual="/six" set="t" -->|<!--#echo var="t" -->|
--- request
GET /a.html
--- response_body
12345||
--- error_log
too big subrequest response
--- skip_nginx: all: it closes the connection



=== TEST 13: wait
--- config
    root html;
    ssi on;
    location /slow { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /inc { return 200 "[inc]"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply_delay: 0.1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow"
--- user_files
>>> a.html
<!--#include virtual="/slow" wait="yes" --> <!--#include virtual="/inc" wait="no" --> <!--#include virtual="/inc" wait="YES" -->
<!--#include virtual="/inc" wait="maybe" --> <!--#include file="inc" wait="yes" -->
--- request
GET /a.html
--- response_body
slow [inc] [inc]
[an error occurred while processing the directive] [an error occurred while processing the directive]
--- error_log
invalid value "maybe" in the "wait" parameter
"wait" cannot be used with file="inc"



=== TEST 14: mistakes
--- config
    root html;
    ssi on;
--- user_files
>>> a.html
<!--#config errmsg="!" --><!--#bad --><!--#echo --><!--#echo var="a" var="b" --><!--#echo x="a" --><!--#include -->
<!--#include virtual="/a" file="b" --><!--#include virtual="/a" set="a" stub="b" -->
<!--#echo var="a"b --><!--#echo var x="a" --><!--#echo var=a --><!--#echo-x --><!--#echo var-->a-->b
<!--#nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn --><!--#echo nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn="a" -->
--- request
GET /a.html
--- response_body
!!!!!
!!
!!!!!a-->b
!!
--- error_log
invalid SSI command: "bad"
mandatory "var" parameter is absent in "echo" SSI command
duplicate "var" parameter in "echo" SSI command
invalid parameter name: "x" in "echo" SSI command
no parameter in "include" SSI command
inclusion may be either virtual="/a" or file="b"
"set" and "stub" cannot be used together in "include" SSI command
unexpected "b" symbol after "a" value of "var" parameter in "echo" SSI command
unexpected "x" symbol after "var" parameter in "echo" SSI command
unexpected "a" symbol before value of "var" parameter in "echo" SSI command
unexpected "x" symbol in "echo" SSI command
unexpected "-" symbol after "var" parameter in "echo" SSI command
the "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn..." SSI command is too long
too long "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn..." parameter in "echo" SSI command



=== TEST 15: ssi_silent_errors
--- config
    root html;
    ssi on;
    ssi_silent_errors on;
--- user_files
>>> a.html
<<!--#bad -->><!-<!--a--><!--#echo var="arg_x" --><
--- request
GET /a.html?x=y
--- response_body
<><!-<!--a-->y<



=== TEST 16: ssi_value_length
--- config
    root html;
    ssi on;
    ssi_value_length 8;
--- user_files
>>> a.html
<!--#set var="v" value="12345678" --><!--#echo var="v" --><!--#set var="v" value="123456789" -->
--- request
GET /a.html
--- response_body
12345678[an error occurred while processing the directive]
--- error_log
too long "123456789..." value of "value" parameter in "set" SSI command



=== TEST 17: 255 bytes by default
--- config
    root html;
    ssi on;
--- user_files eval
[["a.html", '<!--#set var="v" value="' . "v" x 255 . '" --><!--#echo var="v" --><!--#set var="v" value="' . "v" x 256 . '" -->']]
--- request
GET /a.html
--- response_body eval
"v" x 255 . "[an error occurred while processing the directive]"



=== TEST 18: ssi_types
--- config
    ssi on;
    default_type text/plain;
    location /plain { return 200 '<!--#echo var="uri" -->'; }
    location /types { ssi_types text/plain; return 200 '<!--#echo var="uri" -->'; }
    location /any { ssi_types *; default_type image/gif; return 200 '<!--#echo var="uri" -->'; }
    location /off { ssi off; default_type text/html; return 200 '<!--#echo var="uri" -->'; }
--- request eval
["GET /plain", "GET /types", "GET /any", "GET /off"]
--- response_body eval
["<!--#echo var=\"uri\" -->", "/types", "/any", "<!--#echo var=\"uri\" -->"]



=== TEST 19: ssi_last_modified keeps the time, and a weak tag
--- config
    root html;
    ssi on;
    ssi_last_modified on;
    ssi_min_file_chunk 2k;
--- user_files
>>> a.html 203501010000.00
a file
--- request
GET /a.html
--- response_headers
Last-Modified: Mon, 01 Jan 2035 00:00:00 GMT
ETag: W/"7a432b80-7"
--- response_body
a file



=== TEST 20: in an if
--- config
    root html;
    location / { if ($arg_x) { ssi on; } }
--- user_files
>>> a.html
<!--#echo var="arg_x" -->
--- request eval
["GET /a.html?x=y", "GET /a.html"]
--- response_body eval
["y\n", "<!--#echo var=\"arg_x\" -->\n"]



=== TEST 21: HEAD has the head of GET, and no subrequest
--- config
    root html;
    ssi on;
    location /inc { log_subrequest on; return 200 "[inc]"; }
--- http_config
    log_format sub '$request_method $uri $status';
    access_log logs/access.log sub;
--- user_files
>>> a.html
<!--#include virtual="/inc" -->
--- request
HEAD /a.html
--- response_headers
! Content-Length
! ETag
--- response_body
--- access_log
HEAD /a.html 200
--- no_access_log
/inc



=== TEST 22: no ranges; conditions are those of the file
--- config
    root html;
    ssi on;
--- user_files
>>> a.html 203501010000.00
a <!--#echo var="arg_x" -->
--- request eval
["GET /a.html?x=y", "GET /a.html?x=y"]
--- more_headers eval
["Range: bytes=2-3", "If-None-Match: \"7a432b80-1c\""]
--- error_code eval
[200, 304]
--- response_body eval
["a y\n", ""]



=== TEST 23: subrequests of subrequests, and what they have set
--- config
    root html;
    ssi on;
--- user_files
>>> a.html
1<!--#set var="v" value="main" --><!--#include virtual="/b.html?x=y" wait="yes" -->3 <!--#echo var="v" -->
>>> b.html
(<!--#echo var="v" --> <!--#include virtual="/c.html" --> <!--#echo var="arg_x" -->)
>>> c.html
<!--#set var="v" value="c" -->c
--- request
GET /a.html
--- response_body eval
"1(main c\n y)\n3 c\n"



=== TEST 24: a page that includes itself
--- config
    root html;
    ssi on;
--- user_files
>>> a.html
<<!--#include virtual="/a.html" -->>
--- request
GET /a.html
--- response_body eval
"<" x 52 . "[an error occurred while processing the directive]>\n" . ">\n" x 51
--- error_log
subrequests cycle while processing "/a.html"



=== TEST 25: many includes
--- config
    root html;
    ssi on;
    location /inc { default_type text/plain; return 200 "x"; }
--- user_files eval
[["a.html", '<!--#include virtual="/inc" -->,' x 60]]
--- request
GET /a.html
--- response_body eval
"x," x 60



=== TEST 26: large bodies
--- config
    root html;
    ssi on;
    location /server { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; root html; location / { rewrite ^ /big.txt break; } }
--- user_files eval
[["big.txt", $::Big], ["a.html", $::Big . '<!--#include virtual="/server" -->' . $::Big . '<!--#include virtual="/big.txt" --><!--#include virtual="/server" -->' . $::Big]]
--- read_delay: 0.05
--- request
GET /a.html
--- response_body eval
$::Big x 6



=== TEST 27: of a server, and gzip compresses the whole
--- config
    gzip on;
    ssi on;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    location /inc { return 200 "[inc]"; }
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        default_type text/html;
        location / { return 200 'a <!--#include virtual="/inc" --> <!--#echo var="uri" --> b'; }
    }
--- request
GET /
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
--- response_body_filters: gunzip
--- response_body chomp
a [inc] / b



=== TEST 28: sub_filter comes before, in each body
--- config
    root html;
    ssi on;
    sub_filter_once off;
    sub_filter COMMAND "#echo";
    sub_filter body other;
    location /other { default_type text/html; return 200 "a body"; }
--- user_files
>>> a.html
<!--COMMAND var="uri" --> <!--#include virtual="/other" -->
--- request
GET /a.html
--- response_body
/a.html a other



=== TEST 29: a server that does not answer
--- config
    root html;
    ssi on;
    location /down { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- user_files
>>> a.html
a <!--#include virtual="/down" --> b
--- request
GET /a.html
--- response_body_like: ^a <html>\r\n<head><title>502 Bad Gateway(?s).* b\n$



=== TEST 30: requests that share a connection
--- config
    root html;
    ssi on;
    location /inc { return 200 "[inc]"; }
--- user_files
>>> a.html
<!--#set var="v" value="$v$arg_x" --><!--#echo var="v" --><!--#include virtual="/inc" --><!--#if expr="1" -->
--- pipelined_requests eval
["GET /a.html?x=1", "GET /a.html?x=2", "HEAD /a.html", "GET /inc", "GET /a.html?x=3"]
--- response_body eval
["1[inc]\n", "2[inc]\n", "", "[inc]", "3[inc]\n"]



=== TEST 31: 16 parameters at most
--- config
    root html;
    ssi on;
--- user_files eval
[["a.html", '<!--#set' . ' var="v"' x 17 . ' -->']]
--- request
GET /a.html
--- response_body chomp
[an error occurred while processing the directive]
--- error_log
too many SSI command parameters: "set"



=== TEST 32: mistakes of the configuration
--- config
    ssi_types;
--- must_die
--- error_log
invalid number of arguments in "ssi_types" directive



=== TEST 33: what there is of a body that is too large is no value
--- config
    root html;
    ssi on;
    subrequest_output_buffer_size 100k;
    location /large.txt { sub_filter_types *; sub_filter y z; }
--- user_files eval
[["a.html", "<!--#include virtual=\"/large.txt\" set=\"t\" -->|<!--#echo var=\"t\" -->|\n"], ["large.txt", "x" x 150000]]
--- request
GET /a.html
--- response_body
||
--- error_log
too big subrequest response
--- skip_nginx: all: it closes the connection
