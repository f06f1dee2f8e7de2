/*
 * chromium.js: chromium.sh's part in the browser.
 *
 * usage: chromium.js URL TOKEN-FILE LOG WORK
 *
 * WORK has the file flood, and is where sessions run.
 */
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const base = require(process.env.BROWSER_BASE);

const { check, is, like } = base;
const [url, tokenFile, log, work] = process.argv.slice(2);
const token = fs.readFileSync(tokenFile, 'ascii').trim();
const port = new URL(url).port;
const bearer = { headers: { Authorization: `Bearer ${token}` } };
const json = (body) => ({ method: 'POST', body: JSON.stringify(body),
    headers: { ...bearer.headers, 'Content-Type': 'application/json' } });
const profile = (alias) => ({ alias, agent_id: 'shell', provider_id: 'self' });

/* How many requests the monitor has had to judge. */
function judged()
{
	return fs.readFileSync(log, 'latin1').split('\n').
	    filter((line) => /: monitor <- .* token=<secret>/.test(line)).
	    length;
}

const ask = (page, where, options) =>
    page.evaluate(([a, b]) => window.ask(a, b), [where, options]);

/* A page whose address is where; free: without its Content-Security-Policy. */
async function open(browser, where, free)
{
	const page = await base.newPage(browser, { bypassCSP: free });

	await page.addInitScript({ path: path.join(__dirname, 'page.js') });
	await page.goto(where);
	return page;
}

/* Requests over connections that are kept. */
async function requests(page)
{
	const chrome = await page.context().newCDPSession(page);
	const connections = new Set();

	await chrome.send('Network.enable');
	chrome.on('Network.responseReceived',
	    ({ response }) => connections.add(response.connectionId));
	const got = await page.evaluate((options) => Promise.all(
	    Array.from({ length: 300 }, () => window.ask('/api/ping',
	        options))), bearer);
	is('300 requests at once are answered',
	    got.filter((reply) => reply.status === 200 &&
	        JSON.parse(reply.body).data.status === 'ok').length, 300);
	check(`over connections that are kept: ${connections.size}`,
	    connections.size >= 1 && connections.size <= 6);
	await chrome.detach();

	is('without a token it is 401', (await ask(page, '/api/ping')).status,
	    401);
	const plain = json(profile('plain'));
	plain.headers['Content-Type'] = 'text/plain';
	is('a body that does not say it is JSON is 415',
	    (await ask(page, '/api/profiles', plain)).status, 415);
	const made = await ask(page, '/api/profiles', json(profile('web')));
	is('one that does makes a profile', made.status, 201);
}

/* Starts a session; resolves to its ws_url. */
async function session(page, args)
{
	const reply = await ask(page, '/api/terminal/sessions', json({
	    profile_alias: 'web', working_dir: work, cols: 80, rows: 24, args
	}));

	is('a session starts', reply.status, 201);
	return JSON.parse(reply.body).data.ws_url;
}

async function typing(page)
{
	const where = await session(page, []);
	const got = await page.evaluate(async ([where, token]) => {
		const socket = new window.Socket(where, ['bearer', token]);

		await socket.until('open', () => socket.opened);
		socket.typed('echo chromium:$((40+2))\r');
		await socket.until('the echo',
		    () => socket.text.includes('chromium:42'));
		socket.ws.send('{"type":"resize","cols":91,"rows":31}');
		await socket.until('resized', () => socket.texts.some(
		    (text) => text.type === 'resized' && text.cols === 91));
		socket.ws.close(4321, 'enough');
		return { protocol: socket.ws.protocol,
		    extensions: socket.ws.extensions,
		    first: socket.texts[0].type, end: await socket.closed() };
	}, [where, token]);
	is('what is typed is echoed, and a Close answered with its code', got,
	    { protocol: 'bearer', extensions: '', first: 'connected',
	        end: { code: 4321, reason: 'enough' } });

	const ends = await page.evaluate(async ([where, token]) => {
		const long = new window.Socket(where, ['bearer', token]);
		const exit = new window.Socket(where, ['bearer', token]);
		const none = new window.Socket(where,
		    ['bearer', 'A'.repeat(43)]);

		await long.until('open', () => long.opened);
		await exit.until('open', () => exit.opened);
		long.ws.send(`{"type":"${'x'.repeat(5000)}"}`);
		const first = await long.closed();
		exit.typed('exit 3\r');
		const last = await exit.closed();
		return [first.code, last.code, (await none.closed()).code,
		    none.opened, exit.texts.at(-1).exit_code];
	}, [where, token]);
	is('a text too long is 1009, the end 1000, a wrong token no WebSocket',
	    ends, [1009, 1000, 1006, false, 3]);
}

/* Megabytes, both ways. */
async function flood(page)
{
	const flood = fs.readFileSync(path.join(work, 'flood'));
	const hash = (bytes) =>
	    crypto.createHash('sha256').update(bytes).digest('hex');
	const raw = 'stty raw -echo; printf ready; ';
	let where = await session(page,
	    ['-c', `${raw} head -c 1 >/dev/null; exec cat flood`]);
	const down = await page.evaluate(async ([where, token]) => {
		const socket = new window.Socket(where, ['bearer', token]);

		await socket.until('ready', () => socket.text === 'ready');
		socket.typed('x');
		const end = await socket.closed();
		return { hash: await socket.hash(5), length: socket.length - 5,
		    gaps: socket.texts.filter(
		        (text) => text.type === 'gap').length,
		    code: end.code };
	}, [where, token]);
	is('a flood is received whole', down, { hash: hash(flood),
	    length: flood.length, gaps: 0, code: 1000 });

	where = await session(page,
	    ['-c', `${raw} head -c 1000000 | sha256sum`]);
	const up = await page.evaluate(async ([where, token]) => {
		const socket = new window.Socket(where, ['bearer', token]);
		const bytes = new Uint8Array(1000000);

		for (let i = 0; i < bytes.length; i++)
			bytes[i] = i % 251;
		await socket.until('ready', () => socket.text === 'ready');
		socket.ws.send(bytes);
		await socket.closed();
		return socket.text;
	}, [where, token]);
	const sent = Buffer.alloc(1000000, Buffer.from(
	    Array.from({ length: 251 }, (_, i) => i)));
	is('and so is a megabyte that is typed', up.slice(5, 69), hash(sent));
}

async function events(page)
{
	const got = await page.evaluate(async ([token, options]) => {
		const socket = new window.Socket('/ws', ['bearer', token]);

		await socket.until('open', () => socket.opened);
		socket.ws.send('{"type":"subscribe","topics":["profile.*"]}');
		await socket.until('subscribed', () => socket.texts.some(
		    (text) => text.type === 'subscribed'));
		await window.ask('/api/profiles', options);
		await socket.until('the event', () => socket.texts.some(
		    (text) => text.type === 'event'));
		socket.ws.close(1000);
		return { ...socket.texts.at(-1),
		    code: (await socket.closed()).code };
	}, [token, json(profile('told'))]);
	is('/ws tells of what happens', got, { type: 'event', event: {
	    type: 'profile.created', data: { alias: 'told' } }, code: 1000 });
}

/* What a page of another origin could try. */
async function foreign(own, page, other)
{
	const before = judged();
	const make = json(profile('foreign'));
	const form = { method: 'POST', body: make.body,
	    headers: { 'Content-Type': 'text/plain' } };
	const socket = (where, protocols) => page.evaluate(
	    async ([where, protocols]) => {
		const socket = new window.Socket(where, protocols);

		await socket.until('open or not',
		    () => socket.opened || socket.end !== null);
		return [socket.opened, socket.end];
	    }, [where, protocols]);
	const blocked = { blocked: 'TypeError' };

	is('another origin reads a server of its own',
	    (await ask(page, '/script.js')).status, 200);
	is('no reply without a token', await ask(page, `${url}/api/ping`),
	    blocked);
	is('nor with one', await ask(page, `${url}/api/ping`, bearer), blocked);
	is('nor can it make a profile', await ask(page, `${url}/api/profiles`,
	    make), blocked);
	is('or in a way that needs no leave', await ask(page,
	    `${url}/api/profiles`, { ...form, mode: 'no-cors' }), blocked);
	is('nor see the page', await ask(page, `${url}/`, { mode: 'no-cors' }),
	    blocked);
	await ask(page, `${url}/api/shutdown`,
	    { method: 'POST', mode: 'no-cors' });
	const refused = [false, { code: 1006, reason: '' }];
	for (const where of ['/ws', '/ws/terminal/0123'])
		is(`no WebSocket to ${where}`, await socket(
		    url.replace('http', 'ws') + where, ['bearer', token]),
		    refused);

	/* What the browser asks for without a thought. */
	const add = (name, attributes) => page.evaluate(
	    ([a, b]) => window.element(a, b), [name, attributes]);
	is('a script of another origin is run',
	    [await add('script', { src: '/script.js' }),
	        await page.evaluate(() => window.ran)], ['load', 1]);
	is('an image of it is shown', await add('img', { src: '/image.svg' }),
	    'load');
	is('the API is no script', await add('script',
	    { src: `${url}/api/openapi.json` }), 'error');
	is('nor is the page', await add('script', { src: `${url}/` }), 'error');
	is('nor an image', await add('img', { src: `${url}/api/ping` }),
	    'error');
	is('nor a style', await add('link', { rel: 'stylesheet',
	    href: `${url}/api/ping` }), 'error');

	/* A form may be sent to anybody. */
	const [answer] = await Promise.all([
		page.waitForNavigation(),
		page.evaluate(([action, body]) => {
			const form = Object.assign(
			    document.createElement('form'),
			    { action, method: 'POST', enctype: 'text/plain' });
			const input = Object.assign(
			    document.createElement('input'),
			    { name: body, value: '' });

			form.append(input);
			document.body.append(form);
			form.submit();
		}, [`${url}/api/profiles`, make.body]),
	]);
	is('a form is refused', answer.status(), 403);
	await page.goto(`${other.origin}/`);

	is('and the monitor has been asked nothing by all that', judged(),
	    before);
	const there = await ask(own, '/api/profiles', bearer);
	is('which would show', judged(), before + 1);
	is('there are the profiles that this page made',
	    JSON.parse(there.body).data.map((one) => one.alias).sort(),
	    ['told', 'web']);
}

/* A frame of another page. */
async function framed(page, other)
{
	const said = base.complaints(page);
	const frame = async (src) => {
		await page.evaluate((src) => window.element('iframe', { src }),
		    src);
		return page.frames().at(-1).url();
	};

	is('a page shows its own in a frame', await frame('/framed.html'),
	    `${other.origin}/framed.html`);
	is('but not this one', await frame(`${url}/`),
	    'chrome-error://chromewebdata/');
	await base.until(page, 'console', () => said.some(
	    (text) => text.includes('frame-ancestors')), 'why not');
	like('for its frame-ancestors', said.join('\n'),
	    /frame-ancestors 'none'/);
}

/* A window that another page has opened, which could lead it elsewhere. */
async function opened(page, other)
{
	const steers = async (where) => {
		const [popup] = await Promise.all([page.waitForEvent('popup'),
		    page.evaluate((where) => {
			window.theirs = window.open(where);
		    }, where)]);

		await popup.waitForURL(where);
		const held = await page.evaluate(() => !window.theirs.closed);
		const back = await popup.evaluate(() =>
		    window.opener !== null);
		await popup.close();
		return [held, back];
	};

	is('a page holds a window that it has opened',
	    await steers(`${other.origin}/framed.html`), [true, true]);
	is('but not this one\'s', await steers(`${url}/`), [false, false]);
}

/* A name that was another server's when a page came, and is ours now. */
async function rebound(browser, other)
{
	const post = json(profile('rebound'));
	const socket = (page) => page.evaluate(async (token) => {
		const socket = new window.Socket('/ws', ['bearer', token]);

		await socket.until('open or not',
		    () => socket.opened || socket.end !== null);
		return socket.opened;
	}, token);
	const all = async (page) => [
	    (await ask(page, '/api/ping')).status,
	    (await ask(page, '/api/ping', bearer)).status,
	    (await ask(page, '/api/profiles', post)).status,
	    await socket(page)];
	let page = await open(browser, `http://${base.REBOUND}:${other.port}/`,
	    true);

	is('the name leads to this machine', await page.title(), 'other');
	const before = judged();
	const reply = await page.goto(`http://${base.REBOUND}:${port}/`);
	is('whose page is refused by that name', reply.status(), 403);
	is('and so is all that one of that origin asks for, though it has the' +
	    ' token', await all(page), [403, 403, 403, false]);
	is('the monitor has not been asked', judged(), before);
	await page.context().close();

	page = await open(browser, `http://localhost:${port}/`, true);
	is('under the name localhost it is answered', await all(page),
	    [401, 200, 201, true]);
	await page.context().close();
}

/* Markup that got into the page would do nothing. */
async function injected(browser, other)
{
	const reply = await fetch(url);
	const policy = reply.headers.get('Content-Security-Policy');
	const html = (await reply.text()).replace('</body>', `
	    <script>window.ran.push("inline")</script>
	    <img src="data:," onerror="window.ran.push('handler')">
	    <script src="${other.origin}/injected.js"></script></body>`);
	/* The same page twice, with its policy and without. */
	const pages = await base.serve({
		'/free': ['text/html', html],
		'/': ['text/html', html,
		    { 'Content-Security-Policy': policy }],
	});
	const look = async (where) => {
		const page = await base.newPage(browser);

		other.asked.length = 0;
		await page.addInitScript({ path: path.join(__dirname,
		    'page.js') });
		await page.addInitScript(`
			window.ran = [];
			window.seen = [];
			document.addEventListener('securitypolicyviolation',
			    (one) => window.seen.push(one.effectiveDirective));
		`);
		await page.goto(pages.origin + where);
		const { blocked } = await ask(page, `${other.origin}/read`,
		    { mode: 'no-cors' });
		const got = { blocked, asked: [...other.asked],
		    ran: await page.evaluate(() => window.ran.sort()),
		    seen: await page.evaluate(
		        () => [...new Set(window.seen)].sort()) };
		await page.context().close();
		return got;
	};

	try {
		let got = await look('/free');

		is('without its policy, what is injected runs', got.ran,
		    ['elsewhere', 'handler', 'inline']);
		is('and reaches another server', got.asked,
		    ['GET /injected.js', 'GET /read']);
		got = await look('/');
		is('with it nothing does', got.ran, []);
		is('nor reaches anybody', [got.asked, got.blocked], [[],
		    'TypeError']);
		like('and the browser says why', got.seen.join(' '),
		    /script-src-attr script-src-elem/);
	} finally {
		pages.close();
	}
}

/* Its renderers are confined; else what pages cannot do here says little. */
function sandboxed()
{
	const own = fs.readlinkSync('/proc/self/ns/user');
	let renderers = 0, confined = 0;

	for (const pid of fs.readdirSync('/proc')) {
		let command, status, space;

		if (!/^\d+$/.test(pid))
			continue;
		try {
			command = fs.readFileSync(`/proc/${pid}/cmdline`,
			    'latin1');
			if (!command.includes('--type=renderer'))
				continue;
			status = fs.readFileSync(`/proc/${pid}/status`,
			    'latin1');
			space = fs.readlinkSync(`/proc/${pid}/ns/user`);
		} catch (why) {
			continue;
		}
		renderers++;
		if (/^Seccomp:\s2$/m.test(status) && space !== own)
			confined++;
	}
	check('the browser confines its pages', renderers > 0 &&
	    confined === renderers);
}

base.run(async (browser) => {
	const other = await base.serve({
		'/': ['text/html', '<!DOCTYPE html><title>other</title><p>x'],
		'/framed.html': ['text/html', '<p>framed'],
		'/script.js': ['text/javascript', 'window.ran = 1;'],
		'/injected.js': ['text/javascript',
		    'window.ran.push("elsewhere");'],
		'/image.svg': ['image/svg+xml',
		    '<svg xmlns="http://www.w3.org/2000/svg"/>'],
		'/read': ['text/plain', 'read'],
	});

	try {
		const own = await open(browser, url, true);
		const page = await open(browser, `${other.origin}/`, true);

		if (process.env.BROWSER_SANDBOX === 'yes')
			sandboxed();
		await base.each([
			() => requests(own),
			() => typing(own),
			() => flood(own),
			() => events(own),
			() => foreign(own, page, other),
			() => framed(page, other),
			() => opened(page, other),
			() => rebound(browser, other),
			() => injected(browser, other),
		]);
	} finally {
		other.close();
	}
});
