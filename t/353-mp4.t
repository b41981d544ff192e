# mp4: a part of a video that plays by itself.

use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: start, and end
--- config
    location / { mp4; types { video/mp4 mp4; } }
--- user_videos
a.mp4
--- request eval
["GET /a.mp4?start=1.5", "GET /a.mp4?start=1.5&end=3", "GET /a.mp4?end=0.5", "GET /a.mp4?START=9.75&x=1", "GET /a.mp4?start=.0004&end=.5009"]
--- response_body_like eval
["(?s)^....ftyp.*moov.*mdatp06\\.p07\\.\\.s10,.*s99,\$", "(?s)mdatp06\\.p07\\.\\.s10,.*p11\\.\\.\\.s20,.*s29,\$", "(?s)mdatp00\\.p01\\.\\.p02\\.\\.\\.p03\\.s00,s01,s02,s03,s04,\$", "(?s)mdatp39\\.s90,.*s99,\$", "(?s)mdatp00\\..*s04,\$"]
--- response_headers eval
["Content-Type: video/mp4\r\nContent-Length: 2211\r\nETag: \"386d4380-8a3\"\r\nAccept-Ranges: bytes\r\nLast-Modified: Sat, 01 Jan 2000 00:00:00 GMT", "", "", "", ""]



=== TEST 2: the file itself
--- config
    location / { mp4; }
--- user_videos
a.mp4
--- request eval
["GET /a.mp4", "GET /a.mp4?start=0", "GET /a.mp4?start=x", "GET /a.mp4?end=0", "GET /a.mp4?start=1.2.3&end=-1"]
--- response_body_like eval
["(?s)udta.*mdatp00\\.", "(?s)udta.*mdatp00\\.", "(?s)udta.*mdatp00\\.", "(?s)udta.*mdatp00\\.", "(?s)udta.*mdatp00\\."]



=== TEST 3: moov behind the samples comes in front of them
--- config
    location / { mp4; }
--- user_videos
a.mp4 back
b.mp4 back long
--- request eval
["GET /a.mp4?start=0", "GET /a.mp4?start=1.5&end=3", "GET /b.mp4?start=1.5&end=3", "GET /a.mp4"]
--- response_body_like eval
["(?s)^....ftyp.*moov.*stco.*mdatp00\\..*s99,\$", "(?s)moov.*stco.*mdatp06\\.p07\\.\\.s10,.*s29,\$", "(?s)moov.*co64.*mdatp06\\.p07\\.\\.s10,.*s29,\$", "(?s)mdatp00\\..*moov"]



=== TEST 4: from a key frame on
--- config
    mp4_start_key_frame on;
    location / { mp4; }
    location /off/ { mp4; mp4_start_key_frame off; alias html/; }
--- user_videos
a.mp4
--- request eval
["GET /a.mp4?start=3.6&end=4.5", "GET /off/a.mp4?start=3.6&end=4.5", "GET /a.mp4?start=4&end=5"]
--- response_body_like eval
["(?s)edts.*elst.*mdatp08\\.\\.\\.p09\\..*\$", "(?s)^(?!.*edts).*mdatp14\\.\\.\\.", "(?s)^(?!.*edts).*mdatp16\\.\\."]



=== TEST 5: a range of what is sent
--- config
    location / { mp4; }
--- user_videos
a.mp4
--- request
GET /a.mp4?start=9.5
--- more_headers eval
["", "Range: bytes=4-7", "Range: bytes=900-903", "Range: bytes=-4", "Range: bytes=5000-", "Range: bytes=4-7\nIf-Range: \"386d4380-39c\"", "Range: bytes=4-7\nIf-Range: \"386d4380-1\"", "Range: bytes=0-1,3-4", "If-None-Match: \"386d4380-39c\""]
--- error_code eval
[200, 206, 206, 206, 416, 206, 200, 200, 304]
--- response_body_like eval
["ftyp", "^ftyp\$", "^.*\$", "^s99,\$", "416", "^ftyp\$", "s99,\$", "s99,\$", "^\$"]
--- response_headers eval
["Content-Length: 924", "Content-Range: bytes 4-7/924", "Content-Range: bytes 900-903/924", "Content-Range: bytes 920-923/924", "Content-Range: bytes */924", "Content-Length: 4", "Content-Length: 924", "Content-Length: 924", ""]



=== TEST 6: HEAD, other methods, and what is no file
--- config
    location / { mp4; index x.html; }
--- user_videos
a.mp4
--- user_files
>>> d/x.html
index of d
--- request eval
["HEAD /a.mp4?start=1.5", "POST /a.mp4?start=1.5", "GET /d/", "GET /d?start=4", "GET /none?start=4"]
--- error_code eval
[200, 405, 200, 301, 404]
--- response_headers eval
["Content-Length: 2211", "! ETag", "", "Location: http://localhost:$TEST_NGINX_SERVER_PORT/d/?start=4", ""]
--- error_log
/none" failed (2: No such file or directory)



=== TEST 7: times that are not in it
--- config
    location / { mp4; }
--- user_videos
a.mp4
--- request eval
["GET /a.mp4?start=10.001", "GET /a.mp4?start=10", "GET /a.mp4?start=1&end=1.001", "GET /a.mp4?start=5&end=3"]
--- error_code eval
[500, 500, 500, 200]
--- error_log
/html/a.mp4" mp4 start time exceeds file duration
no mp4 trak atoms were found in "
no data between start time and end time in "



=== TEST 8: files that are none
--- config
    location / { mp4; }
--- user_videos
mdat.mp4 no-mdat
moov.mp4 no-moov
stts.mp4 no-stts
stsc.mp4 no-stsc
--- user_files
>>> text.mp4
This is no video at all.
>>> short.mp4
abc
--- request eval
["GET /text.mp4?start=1", "GET /short.mp4?start=1", "GET /mdat.mp4?start=1", "GET /moov.mp4?start=1", "GET /stts.mp4?start=1", "GET /stsc.mp4?start=1", "GET /text.mp4"]
--- error_code eval
[500, 500, 500, 500, 500, 500, 200]
--- error_log
/html/text.mp4" mp4 atom too large:1416128883
/html/short.mp4" mp4 file truncated
no mp4 mdat atom was found in "
no mp4 trak atoms were found in "
no mp4 stts atoms were found in "
no mp4 stsc atoms were found in "



=== TEST 9: mp4_max_buffer_size
--- http_config
    mp4_max_buffer_size 100;
--- config
    location / { mp4; mp4_buffer_size 1k; }
    location /more/ { mp4; mp4_max_buffer_size 10k; alias html/; }
--- user_videos
a.mp4
--- request eval
["GET /a.mp4?start=1", "GET /more/a.mp4?start=1", "GET /a.mp4"]
--- error_code eval
[500, 200, 200]
--- error_log
mp4 moov atom is too large:
, you may want to increase mp4_max_buffer_size



=== TEST 10: over HTTP/2
--- http2
--- config
    location / { mp4; }
--- user_videos
a.mp4
--- request eval
["GET /a.mp4?start=9.5", "HEAD /a.mp4?start=9.5", "GET /a.mp4?start=9.5"]
--- more_headers eval
["", "", "Range: bytes=-8"]
--- error_code eval
[200, 200, 206]
--- response_body_like eval
["(?s)^....ftyp.*s99,\$", "^\$", "^s98,s99,\$"]
--- response_headers eval
["Content-Length: 924", "Content-Length: 924", "Content-Range: bytes 916-923/924"]



=== TEST 11: compressed on the way
--- config
    location / { mp4; gzip on; gzip_types *; gzip_min_length 1; }
--- user_videos
a.mp4
--- request
GET /a.mp4?start=9.5
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
--- response_body_filters: gunzip
--- response_body_like: (?s)ftyp.*mdatp38\.\.\.p39.*s99,$



=== TEST 12: samples of one size
--- config
    location / { mp4; }
--- user_videos
a.mp4 uniform
--- request
GET /a.mp4?start=1.5&end=3
--- response_body_like eval
"(?s)stsz\x{00}{4}\x{00}{3}\x{04}\x{00}{3}\x{0f}.*mdatp06.*s29,\$"
--- skip_nginx: all: nginx leaves their number as it was



=== TEST 13: wrong words
--- config
    location / { mp4 on; }
--- must_die
--- error_log
invalid number of arguments in "mp4" directive



=== TEST 14: what nginx has for money
--- config
    location / { mp4; mp4_limit_rate on; }
--- must_die
--- error_log
unknown directive "mp4_limit_rate"
