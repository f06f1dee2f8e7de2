# Real tools work in a jail: git, python, gcc, gdb on a child of its own, node, and npm from a registry of the test's own.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile worker
start_daemon

# in_jail SCRIPT-FILE: run it by bash in the working folder; output in $T/out.
in_jail()
{
	cp "$1" "$WORK/.script"
	jailed worker -C "$WORK" -- "$WORK/.script" >"$T/out" 2>&1
	cat "$T/out"
}
# works WHAT TOOL: the rest of the input is a script that prints "it works".
works()
{
	cat >"$T/script"
	if ! command -v "$2" >/dev/null; then
		skip "$1: $2 is not installed"
		return
	fi
	in_jail "$T/script"
	check "$1" grep -qx 'it works' "$T/out"
}

# --- git ------------------------------------------------------------------------
if command -v git >/dev/null; then
	git init -q --bare "$WORK/origin.git"
	git -c init.defaultBranch=main init -q "$T/seed"
	echo one >"$T/seed/file"
	git -C "$T/seed" add file
	git -C "$T/seed" -c user.name=a -c user.email=a@example.org commit -qm one
	git -C "$T/seed" push -q "$WORK/origin.git" HEAD:main
	git -C "$WORK/origin.git" symbolic-ref HEAD refs/heads/main
fi
works "git clones, commits and pushes in the working folder" git <<'SCRIPT'
git clone -q origin.git clone && cd clone &&
git config user.name b && git config user.email b@example.org &&
echo two >>file && git commit -qam two && git push -q origin main &&
[ "$(git log --format=%s | tr '\n' ' ')" = "two one " ] &&
git fsck --strict >/dev/null 2>&1 && echo "it works"
SCRIPT
if command -v git >/dev/null; then
	is "and what it pushed is outside" \
	    "$(git -C "$WORK/origin.git" log -1 --format=%s main)" two
fi

# --- languages ------------------------------------------------------------------
works "python runs, with threads, processes and sockets" python3 <<'SCRIPT'
exec python3 - <<'PY'
import multiprocessing, socket, subprocess, tempfile, threading
def child(q):
    q.put(42)
q = multiprocessing.Queue()
p = multiprocessing.Process(target=child, args=(q,))
p.start()
assert q.get(timeout=20) == 42
p.join()
t = threading.Thread(target=lambda: None)
t.start()
t.join()
s = socket.create_server(("127.0.0.1", 0))
c = socket.create_connection(s.getsockname())
s.accept()[0].send(b"x")
assert c.recv(1) == b"x"
with tempfile.NamedTemporaryFile() as f:
    f.write(b"x")
assert subprocess.run(["true"]).returncode == 0
print("it works")
PY
SCRIPT
works "gcc compiles and links, and what it made runs" gcc <<'SCRIPT'
cat >hello.c <<'C'
#include <pthread.h>
#include <stdio.h>
static void *run(void *p) { return p; }
int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, run, NULL);
	pthread_join(t, NULL);
	return puts("it works") == EOF;
}
C
gcc -O2 -g -pthread -o hello hello.c && ./hello
SCRIPT
works "gdb debugs a child of its own" gdb <<'SCRIPT'
cat >debugged.c <<'C'
int answer = 41;
static void stop_here(void) { answer++; }
int main(void) { stop_here(); return answer - 42; }
C
gcc -g -O0 -o debugged debugged.c || exit 1
gdb -q -batch -nx -ex 'break stop_here' -ex run -ex 'print answer' \
    -ex 'set var answer = 1' -ex continue ./debugged >gdb.out 2>&1
cat gdb.out
# 1 and one more, less 42, in octal.
grep -q '^\$1 = 41$' gdb.out && grep -q 'exited with code 0330' gdb.out &&
echo "it works"
SCRIPT
works "node runs, with workers and child processes" node <<'SCRIPT'
exec node - <<'JS'
const { Worker } = require("worker_threads");
const { execFileSync } = require("child_process");
const net = require("net");
execFileSync("true");
const w = new Worker("require('worker_threads').parentPort.postMessage(42)",
    { eval: true });
w.on("message", (n) => {
	const s = net.createServer((c) => c.end("x")).listen(0, "127.0.0.1", () =>
	    net.connect(s.address().port).on("data", (d) => {
		s.close();
		if (n === 42 && String(d) === "x")
			console.log("it works");
	    }));
});
JS
SCRIPT

# --- npm, from a registry that has one package ------------------------------------
if command -v npm >/dev/null; then
	mkdir -p "$T/package"
	printf '%s\n' '{"name":"ringlet-live","version":"1.0.0","main":"a.js"}' \
	    >"$T/package/package.json"
	echo 'module.exports = 42' >"$T/package/a.js"
	tar -C "$T" -czf "$T/package.tgz" package
	python3 - "$T/package.tgz" "$T/registry.port" <<'PY' &
import base64, hashlib, http.server, json, sys
data = open(sys.argv[1], "rb").read()
class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        base = "http://%s:%d" % self.server.server_address
        if self.path.endswith(".tgz"):
            body, kind = data, "application/octet-stream"
        elif self.path == "/ringlet-live":
            kind = "application/json"
            body = json.dumps({"name": "ringlet-live",
                "dist-tags": {"latest": "1.0.0"},
                "versions": {"1.0.0": {"name": "ringlet-live",
                    "version": "1.0.0", "main": "a.js", "dist": {
                        "tarball": base + "/a.tgz",
                        "integrity": "sha512-" + base64.b64encode(
                            hashlib.sha512(data).digest()).decode()}}}}
                ).encode()
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Registry)
open(sys.argv[2], "w").write(str(server.server_address[1]))
server.serve_forever()
PY
	at_end $!
	wait_for 20 test -s "$T/registry.port" || bail "the registry starts"
	cp "$T/registry.port" "$WORK/registry.port"
fi
works "npm installs from a registry on this machine" npm <<'SCRIPT'
mkdir app && cd app && echo '{"name":"app","version":"1.0.0"}' >package.json &&
npm install --no-audit --no-fund --no-update-notifier \
    --registry "http://127.0.0.1:$(cat ../registry.port)" ringlet-live \
    >npm.log 2>&1 &&
[ "$(node -p 'require("ringlet-live")')" = 42 ] && echo "it works"
SCRIPT
done_testing
