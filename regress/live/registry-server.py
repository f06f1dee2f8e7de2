# A static server on loopback for tests of the registry: the folder and the file
# that gets the port are its arguments.  Below /slow/ it takes the request and
# never answers; below /drip/ it sends a byte now and then, for ever; below
# /big/ every file is 100 MB, without a length; /away/ sends one elsewhere.
import functools
import http.server
import os
import sys
import threading

stop = threading.Event()


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        if self.path.startswith("/slow/"):
            stop.wait(60)
            return
        if self.path.startswith("/away/"):
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.send_header("Content-Length", "0")
            self.end_headers()
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


server = http.server.ThreadingHTTPServer(
    ("127.0.0.1", 0), functools.partial(Handler, directory=sys.argv[1]))
server.daemon_threads = True
with open(sys.argv[2] + ".new", "w") as f:
    f.write("%d\n" % server.server_address[1])
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
