/*
 * fakedaemon.js: a daemon that has the real one's page and answers what a test
 * wants it to.
 */
'use strict';

const crypto = require('crypto');
const http = require('http');
const base = require('./base.js');

const KEY = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const RIGHT = {
	'/api/token': '{"data":{"id":"x","scope":"control","label":null,' +
	    '"created_at":null,"expires_at":null}}',
};

/* A frame of a server: RFC 6455, section 5.2. */
function frame(opcode, data)
{
	const head = Buffer.alloc(10);

	head[0] = 0x80 | opcode;
	if (data.length < 126) {
		head[1] = data.length;
		return Buffer.concat([head.subarray(0, 2), data]);
	}
	head[1] = 127;
	head.writeBigUInt64BE(BigInt(data.length), 2);
	return Buffer.concat([head, data]);
}

/*
 * Serves the page of the daemon at url from an origin of its own.  answers are
 * bodies by path, and an empty list for others; terminal is called for each
 * WebSocket of a session, events has those of /ws, and asked each address.
 * A WebSocket has text() and binary().
 */
async function fakeDaemon(url)
{
	const fake = { answers: {}, events: [], asked: [], terminal: () => {} };
	const waiting = new Set();
	const look = () => waiting.forEach((one) => one());
	const server = http.createServer(async (request, response) => {
		const { pathname } = new URL(request.url, url);

		fake.asked.push(request.url);
		request.resume();
		if (pathname.startsWith('/api/')) {
			response.writeHead(200,
			    { 'Content-Type': 'application/json' });
			response.end(fake.answers[pathname] ??
			    RIGHT[pathname] ?? '{"data":[]}');
		} else {
			const real = await fetch(new URL(request.url, url));
			const headers = {};

			for (const name of ['content-type',
			    'content-security-policy'])
				headers[name] = real.headers.get(name) ?? '';
			response.writeHead(real.status, headers);
			response.end(Buffer.from(await real.arrayBuffer()));
		}
		look();
	});

	server.on('upgrade', (request, socket) => {
		const accept = crypto.createHash('sha1').update(
		    request.headers['sec-websocket-key'] + KEY).digest('base64');
		const ws = {
			text: (text) => socket.write(
			    frame(1, Buffer.from(text))),
			binary: (bytes) => socket.write(frame(2, bytes)),
		};

		fake.asked.push(request.url);
		socket.on('error', () => {});
		/* Whatever a page says, a Close is what it ends with. */
		socket.on('data', (data) => {
			if ((data[0] & 0x0f) === 8)
				socket.end(frame(8, Buffer.alloc(0)));
		});
		socket.write('HTTP/1.1 101 Switching Protocols\r\n' +
		    'Upgrade: websocket\r\nConnection: Upgrade\r\n' +
		    'Sec-WebSocket-Protocol: bearer\r\n' +
		    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
		if (request.url === '/ws')
			fake.events.push(ws);
		else
			fake.terminal(ws);
		look();
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	fake.origin = `http://127.0.0.1:${server.address().port}`;
	/* Waits until condition() holds; it is looked at for each request. */
	fake.until = (what, condition) => new Promise((resolve, reject) => {
		const late = setTimeout(() => reject(new Error(
		    `not in time: ${what}`)), base.DEADLINE);
		const one = () => {
			if (!condition())
				return;
			clearTimeout(late);
			waiting.delete(one);
			resolve();
		};

		waiting.add(one);
		one();
	});
	fake.close = () => {
		server.close();
		server.closeAllConnections();
	};
	return fake;
}

module.exports = { fakeDaemon };
