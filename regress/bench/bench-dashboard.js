/*
 * bench-dashboard.js: bench-dashboard.sh's part in the browser.
 *
 * usage: bench-dashboard.js URL SESSION
 *
 * Prints "took WHAT MILLISECONDS BYTES": first is a browser that has never been
 * here and opens the address of `ringlet dashboard', until the list of sessions
 * is shown and a session can be started; again is another tab that is signed
 * in, with the files in the browser's cache; session is the page of a session
 * that is opened as the first, until its terminal shows what was printed.
 * Times are the page's own, from the beginning of its loading.
 */
'use strict';

const dash = require(process.env.DASHBOARD_BASE);

const TIMES = 15;
const [url, session] = process.argv.slice(2);

/* Runs in the page before its own scripts: when that is there. */
function noteWhen()
{
	const found = (what, condition) => {
		if (window[what] === undefined && condition())
			window[what] = performance.now();
	};
	const look = () => {
		found('listed', () => document.querySelector(
		    'main .primary:not(:disabled)') !== null &&
		    document.querySelector('.card.session') !== null);
		found('printed', () => [...document.querySelectorAll(
		    '.xterm-rows > div')].some((row) =>
		    row.textContent.includes('ready')));
	};

	new MutationObserver(look).observe(document, { subtree: true,
		childList: true, characterData: true, attributes: true });
}

/* Opens it in a tab of the context: ms until that is there, and bytes. */
async function open(context, address, what)
{
	const page = await context.newPage();
	const chrome = await context.newCDPSession(page);
	let bytes = 0;

	await page.addInitScript(noteWhen);
	await chrome.send('Network.enable');
	chrome.on('Network.loadingFinished', (one) => {
		bytes += one.encodedDataLength;
	});
	await page.goto(address);
	await page.waitForFunction((what) => window[what] !== undefined, what);
	const ms = await page.evaluate((what) => window[what], what);
	return { page, ms, bytes };
}

function took(what, { ms, bytes })
{
	console.log(`took ${what} ${ms.toFixed(1)} ${bytes}`);
}

dash.run(async (browser) => {
	for (let i = 0; i < TIMES; i++) {
		const context = await browser.newContext();

		context.setDefaultTimeout(20000);
		const first = await open(context, dash.signInUrl(url),
		    'listed');
		took('first', first);
		const token = await first.page.evaluate(
		    () => sessionStorage.getItem('ringlet-token'));
		await context.addInitScript((token) =>
		    sessionStorage.setItem('ringlet-token', token), token);
		took('again', await open(context, url, 'listed'));
		took('session', await open(context,
		    `${url}/#/session/${session}`, 'printed'));
		await context.close();
	}
}, dash.READABLE);
