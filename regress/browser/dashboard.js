/*
 * dashboard.js: what tests of the dashboard share: signing in, reading a
 * terminal, walking by the keyboard, and a watch on what a page must not do.
 *
 * The test's environment leads `ringlet' to the daemon under test.
 */
'use strict';

const { execFileSync } = require('child_process');
const path = require('path');
const base = require('./base.js');

/* Terminals are drawn as elements then, which can be read. */
const READABLE = ['--disable-3d-apis'];

/* What the console says of requests that were refused or found nobody. */
const NETWORK = /^(Failed to load resource|WebSocket connection to)/;

/* The pane that is shown, and the rows of its terminal. */
const PANE = '.pane:not([hidden])';

function ringlet(...words)
{
	return execFileSync('ringlet', words, { encoding: 'utf8' }).trim();
}

function data(...words)
{
	return JSON.parse(ringlet('--json', ...words)).data;
}

/* Waits for what no event tells: something outside of the browser. */
async function soon(what, condition)
{
	const late = Date.now() + base.DEADLINE;

	while (!condition()) {
		if (Date.now() > late)
			throw new Error(`not in time: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

/* Runs in the page before its own scripts: what its policy had to refuse. */
function noteViolations()
{
	window.refused = [];
	document.addEventListener('securitypolicyviolation', (one) =>
	    window.refused.push(`${one.effectiveDirective} ${one.blockedURI} ` +
	        `${one.sample}`));
}

/*
 * Watches a page from before it is opened.  said has errors that its scripts or
 * its policy caused, abroad the requests to anybody but origin; what a daemon
 * that is away or says no leaves on the console is neither.
 */
async function watch(page, origin)
{
	const said = base.complaints(page), abroad = [];

	page.on('request', (request) => {
		const url = new URL(request.url());

		if (url.origin !== origin && url.protocol !== 'blob:' &&
		    url.protocol !== 'data:')
			abroad.push(url.href);
	});
	page.on('websocket', (socket) => {
		if (new URL(socket.url()).host !== new URL(origin).host)
			abroad.push(socket.url());
	});
	await page.addInitScript(noteViolations);
	return {
		abroad,
		errors: () => said.filter((text) => !NETWORK.test(text)),
		refused: () => page.evaluate(() => window.refused),
	};
}

/* Claims that a watch has seen nothing. */
async function clean(what, watched)
{
	base.is(`${what}: no script failed`, watched.errors(), []);
	base.is(`${what}: its policy had to refuse nothing`,
	    await watched.refused(), []);
	base.is(`${what}: nobody but the daemon was asked`, watched.abroad, []);
}

/* The address that signs a browser in at origin, as often as once. */
function signInUrl(origin, ...words)
{
	return ringlet('-q', 'dashboard', '--print', '--url', `${origin}/`,
	    ...words);
}

async function signIn(page, origin, ...words)
{
	await page.goto(signInUrl(origin, ...words));
	await page.waitForSelector('nav .online-online');
}

/* What the terminal shows, a line a row. */
function shown(page, pane = PANE)
{
	return page.locator(`${pane} .xterm-rows > div`).allTextContents().
	    then((rows) => rows.map((row) =>
	        row.replace(/\u00a0/g, ' ').trimEnd()).join('\n'));
}

/* Waits until it shows that; a text, or a pattern for the whole. */
async function sees(page, wanted, pane = PANE)
{
	await page.waitForFunction(([pane, text, pattern]) => {
		const all = [...document.querySelectorAll(
		    `${pane} .xterm-rows > div`)].map((row) =>
		    row.textContent.replace(/\u00a0/g, ' ')).join('\n');
		return text !== null ? all.includes(text) :
		    new RegExp(pattern, 'm').test(all);
	}, [pane, typeof wanted === 'string' ? wanted : null,
	    wanted.source ?? null]);
}

/* Opens a session and waits for its terminal. */
async function open(page, id, how = '')
{
	await page.evaluate(([id, how]) => {
		location.hash = `#/session/${id}${how}`;
	}, [id, how]);
	await page.waitForSelector(`${PANE} .xterm-screen`);
	await page.waitForFunction(() => document.querySelector(
	    '.pane:not([hidden]) .pane-title')?.textContent !== 'Session');
}

/* Presses a key until the focus is on what the selector names. */
async function walkTo(page, selector, key = 'Tab')
{
	for (let i = 0; i < 60; i++) {
		await page.keyboard.press(key);
		if (await page.evaluate((selector) => document.activeElement.
		    matches(selector), selector))
			return;
	}
	throw new Error(`${key} does not lead to ${selector}`);
}

/*
 * Gives a page that is of interest when the test fails: it is kept as a picture
 * in the folder of logs.
 */
async function picturing(page, name, test)
{
	try {
		await test();
	} catch (why) {
		await page.screenshot({ path: path.join(process.env.LIVE_LOGS,
		    `${name}.png`) }).catch(() => {});
		throw why;
	}
}

/* Starts a session of the profile; its id. */
function session(alias, ...words)
{
	return ringlet('-q', 'profiles', 'run', alias, '--remote', ...words);
}

module.exports = { ...base, PANE, READABLE, clean, data, open, picturing,
    ringlet, sees, session, shown, signIn, signInUrl, soon, walkTo, watch };
