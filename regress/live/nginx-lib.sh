# shellcheck shell=sh
# nginx-lib.sh: an nginx of the test's own.  Source lib.sh first.

# free_ports: two ports of loopback that nothing listens on at the moment.
free_ports()
{
	python3 -c 'import socket
s = [socket.create_server(("127.0.0.1", 0)) for i in range(2)]
print(*[x.getsockname()[1] for x in s])'
}

# nginx_start: what is on standard input, in its block "http", with PORT1 and
# PORT2 as ports.  Sets NGINX, NGINX_AT1 and NGINX_AT2; false: it is not
# installed.
nginx_start()
{
	PATH=$PATH:/usr/sbin
	command -v nginx >/dev/null || return 1
	mkdir -p "$T/nginx"
	cat >"$T/nginx/servers"
	# Somebody may take a port before nginx does.
	for try in 1 2 3 4 5; do
		nginx_try && return 0
	done
	cat "$T/nginx/err" "$T/nginx/log"
	bail "nginx starts ($try times)"
}

nginx_try()
{
	# shellcheck disable=SC2046  # two words
	set -- $(free_ports)
	cat >"$T/nginx/conf" <<-CONF
	daemon off;
	worker_processes 1;
	pid $T/nginx/pid;
	error_log stderr error;
	events { worker_connections 1024; }
	http {
		access_log off;
		client_body_temp_path $T/nginx/body;
		proxy_temp_path $T/nginx/proxy;
		fastcgi_temp_path $T/nginx/fastcgi;
		uwsgi_temp_path $T/nginx/uwsgi;
		scgi_temp_path $T/nginx/scgi;
		$(sed "s/PORT1/$1/g; s/PORT2/$2/g" "$T/nginx/servers")
	}
	CONF
	rm -f "$T/nginx/pid"
	nginx -p "$T/nginx" -c "$T/nginx/conf" -e "$T/nginx/log" \
	    >"$T/nginx/out" 2>"$T/nginx/err" &
	NGINX=$!
	# shellcheck disable=SC2034  # for tests
	NGINX_AT1=127.0.0.1:$1 NGINX_AT2=127.0.0.1:$2
	wait_for 5 nginx_settled
	if [ -s "$T/nginx/pid" ]; then
		at_end $NGINX
		return 0
	fi
	wait $NGINX 2>/dev/null
	return 1
}

nginx_settled()
{
	[ -s "$T/nginx/pid" ] || ! kill -0 "$NGINX"
}
