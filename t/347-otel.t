# otel_trace_context: the context of a trace, passed on without an exporter.

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: nothing is added unasked
--- config
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nx"
--- tcp_query eval
"GET / HTTP/1.1\r\nHost: 127.0.0.1:$TEST_NGINX_RAND_PORT_1\r\ntraceparent: 00-nonsense\r\ntracestate: a=1\r\n\r\n"
--- request
GET /
--- more_headers
traceparent: 00-nonsense
tracestate: a=1
--- response_body chomp
x
--- skip_nginx: all



=== TEST 2: propagate: the trace is the client's, the span is new
--- config
    otel_trace_context propagate;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nx"
--- tcp_query eval
qr/\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01\r\ntracestate: a=1,b=2\r\n\r\n$/
--- request
GET /
--- more_headers
traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
tracestate: a=1
tracestate: b=2
--- response_body chomp
x
--- skip_nginx: all



=== TEST 3: inject: a trace of its own, whatever the client says
--- config
    otel_trace_context inject;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nx"
--- tcp_query eval
qr/^GET \/ HTTP\/1.1\r\nHost: [^\r]*\r\ntraceparent: 00-(?!0af7651916cd43dd8448eb211c80319c)[0-9a-f]{32}-[0-9a-f]{16}-00\r\n\r\n$/
--- request
GET /
--- more_headers
traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
tracestate: a=1
--- response_body chomp
x
--- skip_nginx: all



=== TEST 4: extract: variables know the parent, and the server gets what the client has sent
--- config
    otel_trace_context extract;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; add_header X "$otel_trace_id $otel_parent_id $otel_parent_sampled"; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nx"
--- tcp_query eval
qr/\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n/
--- request
GET /
--- more_headers
traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
--- response_headers
X: 0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 1
--- response_body chomp
x
--- skip_nginx: all



=== TEST 5: a context that is none begins a new trace
--- config
    otel_trace_context extract;
    location / { return 200 "$otel_trace_id [$otel_parent_id] $otel_parent_sampled\n"; }
--- request eval
["GET /", "GET /", "GET /", "GET /", "GET /"]
--- more_headers eval
["traceparent: 00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", "traceparent: ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]
--- response_body_like
^(?!0af7651916cd43dd8448eb211c80319c)(?!0{32})[0-9a-f]{32} \[\] 0$
--- skip_nginx: all



=== TEST 6: one context for the request and what it leads to
--- config
    location / { set $a "$otel_trace_id $otel_span_id"; rewrite ^ /b last; }
    location /b { set $b "$otel_trace_id $otel_span_id"; if ($a = $b) { return 200 "same\n"; } return 200 "$a, $b\n"; }
--- request
GET /
--- response_body
same
--- skip_nginx: all



=== TEST 7: a subrequest is of the same trace
--- config
    otel_trace_context inject;
    location / { auth_request /ask; auth_request_set $asked $upstream_http_x; root html; add_header X "$asked $otel_trace_id"; }
    location = /ask { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/; }
--- http_config
    server { listen $TEST_NGINX_RAND_PORT_1; location / { add_header X $http_traceparent; return 204; } }
--- request
GET /index.html
--- response_headers_like
X: 00-[0-9a-f]{32}-[0-9a-f]{16}-00 [0-9a-f]{32}
--- skip_nginx: all



=== TEST 8: inherited
--- config
    otel_trace_context extract;
    location /a { return 200 "$otel_trace_id\n"; }
    location /b { otel_trace_context ignore; return 200 "$otel_parent_sampled\n"; }
--- request eval
["GET /a", "GET /b"]
--- more_headers eval
["traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]
--- response_body eval
["0af7651916cd43dd8448eb211c80319c\n", "0\n"]
--- skip_nginx: all



=== TEST 9: a wrong word
--- config
    otel_trace_context on;
--- must_die
--- error_log
invalid value "on" in
--- skip_nginx: all
