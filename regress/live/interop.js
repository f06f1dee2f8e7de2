/*
 * interop.js: node's ws as a viewer; usage and what it says as interop.py.
 */
'use strict';

const fs = require('fs');
const WebSocket = require('ws');

const [address, path, file] = process.argv.slice(2);
const token = fs.readFileSync(file, 'ascii').trim();
const ws = new WebSocket(`ws://${address}${path}`, ['bearer', token],
    { perMessageDeflate: true });
let seen = '', resized = false, pong = false;

function step()
{
	if (seen.includes('js:42') && resized && pong)
		ws.close(1000, 'good-bye');
}

ws.on('open', () => {
	ws.send(Buffer.from('echo js:$((40+2))\r'));
	ws.send('{"type":"resize","cols":92,"rows":32}');
	ws.ping('interop');
});
ws.on('message', (data, binary) => {
	if (binary)
		seen += data.toString('latin1');
	else if (/"resized".*92/.test(data.toString()))
		resized = true;
	step();
});
ws.on('pong', (data) => {
	pong = data.toString() === 'interop';
	step();
});
ws.on('close', (code) => {
	console.log(ws.protocol, ws.extensions.length, 'js:42', code);
});
ws.on('error', (why) => {
	console.log(String(why));
	process.exit(1);
});
setTimeout(() => process.exit(1), 20000).unref();
