/*
 * base.js: what live tests in a real Chromium are made of: the browser, servers
 * of other origins, and claims in the words that regress/live/run counts.
 *
 * A test is a script that calls run() once.  The browser is Debian's, driven by
 * playwright-core; regress/live/browser-lib.sh says by the environment where
 * it is and whether its own sandbox can work.  Waiting is always for something,
 * with a deadline; nothing sleeps, and no port is fixed.
 */
'use strict';

const http = require('http');
const { chromium } = require('playwright-core');

/* How long anything may take that is waited for, ms. */
const DEADLINE = 20000;

/* A name that only this browser can resolve, to 127.0.0.1; no other name is. */
const REBOUND = 'evil.test';

const ARGUMENTS = [
	'--disable-gpu',
	'--no-proxy-server',
	`--host-resolver-rules=MAP ${REBOUND} 127.0.0.1, ` +
	    'MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

let failed = false;

function ok(what)
{
	console.log(`ok ${what}`);
}

function notOk(what)
{
	console.log(`not ok ${what}`);
	failed = true;
}

function check(what, good)
{
	(good ? ok : notOk)(what);
}

/* Values that JSON can say are compared by what it says. */
function is(what, got, wanted)
{
	const a = JSON.stringify(got), b = JSON.stringify(wanted);

	check(what, a === b);
	if (a !== b)
		console.log(`\tgot:    ${a}\n\twanted: ${b}`);
}

function like(what, got, pattern)
{
	check(what, pattern.test(got));
	if (!pattern.test(got))
		console.log(`\tgot:    ${got}\n\twanted: ${pattern}`);
}

/*
 * A server of another origin.  pages: {PATH: [TYPE, BODY, HEADERS]}, the last of
 * which may be left out; anything else is 404.  asked is what was asked for, in
 * order.
 */
function serve(pages)
{
	const asked = [];
	const server = http.createServer((request, response) => {
		const [type, body, headers] = pages[request.url] ||
		    ['text/plain', null];

		asked.push(`${request.method} ${request.url}`);
		request.resume();
		response.writeHead(body === null ? 404 : 200,
		    { 'Content-Type': type, ...headers });
		response.end(body || '');
	});

	return new Promise((resolve) => {
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address();
			resolve({ port, origin: `http://127.0.0.1:${port}`,
			    asked, close: () => {
				server.close();
				server.closeAllConnections();
			} });
		});
	});
}

/*
 * What the browser says that a page was not let do: each violation of a
 * Content-Security-Policy and each error on the page's console, as text.
 */
function complaints(page)
{
	const said = [];

	page.on('console', (message) => {
		if (message.type() === 'error')
			said.push(message.text());
	});
	page.on('pageerror', (why) => said.push(String(why)));
	return said;
}

/* Waits for condition(), which is asked again at each event of emitter. */
function until(emitter, event, condition, what)
{
	return new Promise((resolve, reject) => {
		const late = setTimeout(() => {
			emitter.off(event, look);
			reject(new Error(`not in time: ${what}`));
		}, DEADLINE);

		function look()
		{
			if (!condition())
				return;
			clearTimeout(late);
			emitter.off(event, look);
			resolve();
		}
		emitter.on(event, look);
		look();
	});
}

/*
 * The parts of a test in turn.  What one throws is a claim that failed, and the
 * others are tried all the same.
 */
async function each(parts)
{
	for (const part of parts) {
		try {
			await part();
		} catch (why) {
			notOk(`${part.name || part} runs to its end: ` +
			    why.stack);
		}
	}
}

/*
 * Starts the browser, gives it to test(), and ends it.  What test() throws is a
 * claim that failed.  Exit status: 0 if all held.  more: further arguments.
 */
async function run(test, more = [])
{
	let browser;

	try {
		browser = await chromium.launch({
			executablePath: process.env.BROWSER,
			chromiumSandbox: process.env.BROWSER_SANDBOX === 'yes',
			args: [...ARGUMENTS, ...more],
			timeout: 3 * DEADLINE,
		});
		await test(browser);
	} catch (why) {
		notOk(`the browser's part runs to its end: ${why.stack}`);
	} finally {
		if (browser !== undefined)
			await browser.close();
	}
	process.exit(failed ? 1 : 0);
}

/* A context with a page of its own, and the deadline on all that it awaits. */
async function newPage(browser, options)
{
	const context = await browser.newContext(options);

	context.setDefaultTimeout(DEADLINE);
	return context.newPage();
}

module.exports = { DEADLINE, REBOUND, check, complaints, each, is, like,
    newPage, notOk, ok, run, serve, until };
