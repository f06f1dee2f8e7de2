# A static server on loopback for tests of the registry: the folder and the file
# that gets the port are its arguments.  Below /slow/ it takes the request and
# never answers; below /drip/ it sends a byte now and then, for ever; below
# /big/ every file is 100 MB, without a length; /away/ sends one elsewhere, and
# /to/SCHEME:PORT/PATH to PATH of a server on loopback.
#
# With a third argument it speaks TLS: the file has certificate and key, and is
# read for each connection.  With a fourth, which may be anything, it speaks no
# TLS later than 1.1.
import functools
import http.server
import os
import ssl
import sys
import threading

stop = threading.Event()


def over_tls(connection):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    if len(sys.argv) > 4:
        # Debian's OpenSSL has it at no higher level of security.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context.wrap_socket(connection, server_side=True)


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def setup(self):
        if len(sys.argv) > 3:
            self.request = over_tls(self.request)
        super().setup()

    def sent_to(self, where):
        self.send_response(302)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        if self.path.startswith("/slow/"):
            stop.wait(60)
            return
        if self.path.startswith("/away/"):
            self.sent_to("file:///etc/passwd")
            return
        if self.path.startswith("/to/"):
            server, path = self.path[len("/to/"):].split("/", 1)
            self.sent_to("%s://127.0.0.1:%s/%s"
                         % (*server.split(":"), path))
            return
        if self.path.startswith(("/drip/", "/big/")):
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            try:
                if self.path.startswith("/big/"):
                    for _ in range(100):
                        self.wfile.write(b" " * (1024 * 1024))
                while self.path.startswith("/drip/"):
                    self.wfile.write(b" ")
                    if stop.wait(0.1):
                        break
            except OSError:
                pass
            return
        super().do_GET()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args):
        # Who does not trust us hangs up.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(*args)


server = Server(
    ("127.0.0.1", 0), functools.partial(Handler, directory=sys.argv[1]))
with open(sys.argv[2] + ".new", "w") as f:
    f.write("%d\n" % server.server_address[1])
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
