// server.js: what a terminal server of node-pty and ws amounts to, for the
// benchmarks to compare with.
//
// usage: node server.js NAME=COMMAND...
//
// Prints its address.  The first viewer of /NAME starts COMMAND by sh on a
// terminal, all see what it prints, and what they send is typed.  It is kind
// to itself: bytes are not decoded, and the terminal is read no further while
// a viewer is HIGH bytes behind.
"use strict";

const http = require("http");
const pty = require("node-pty");
const { WebSocketServer } = require("ws");

const HIGH = 1024 * 1024; // bytes
const REPLAY = 64 * 1024; // bytes of the beginning that a later viewer gets

const sessions = new Map();
for (const argument of process.argv.slice(2)) {
	const at = argument.indexOf("=");
	sessions.set("/" + argument.slice(0, at), {
		command: argument.slice(at + 1),
		viewers: new Set(),
		beginning: [],
		length: 0,
		paused: false,
	});
}

// Pauses while somebody is behind, and goes on when nobody is.
function pace(session) {
	const behind = [...session.viewers].some(
	    (viewer) => viewer.bufferedAmount > HIGH);
	if (behind && !session.paused) {
		session.terminal.pause();
	} else if (!behind && session.paused) {
		session.terminal.resume();
	}
	session.paused = behind;
}

function start(session) {
	session.terminal = pty.spawn("/bin/sh", ["-c", session.command], {
		name: "xterm-256color", cols: 80, rows: 24, encoding: null,
	});
	session.terminal.onData((data) => {
		if (session.length < REPLAY) {
			session.beginning.push(data);
			session.length += data.length;
		}
		for (const viewer of session.viewers) {
			viewer.send(data, { binary: true }, () => {
				if (session.paused) {
					pace(session);
				}
			});
		}
		pace(session);
	});
	session.terminal.onExit(() => {
		for (const viewer of session.viewers) {
			viewer.close();
		}
	});
}

const server = http.createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (viewer, request) => {
	const session = sessions.get(request.url);
	if (!session) {
		viewer.close();
		return;
	}
	viewer._socket.setNoDelay(true);
	for (const data of session.beginning) {
		viewer.send(data, { binary: true });
	}
	session.viewers.add(viewer);
	viewer.on("message", (data) => session.terminal.write(data));
	viewer.on("close", () => session.viewers.delete(viewer));
	if (!session.terminal) {
		start(session);
	}
});
server.listen(0, "127.0.0.1", () => {
	console.log(`127.0.0.1:${server.address().port}`);
});
