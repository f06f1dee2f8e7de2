/*
 * dashboard-signout.js: dashboard-signout.sh's part in the browser.
 *
 * usage: dashboard-signout.js URL
 */
'use strict';

const dash = require(process.env.DASHBOARD_BASE);

const { PANE, check, is, like, ok } = dash;
const [url] = process.argv.slice(2);

const stored = (page) => page.evaluate(() => [
    localStorage.getItem('ringlet-token') !== null,
    sessionStorage.getItem('ringlet-token') !== null]);

/* The page, once it wants a token again; why it says. */
async function outside(page)
{
	await page.waitForSelector('.signin form');
	return await page.locator('[role=alert]').count() === 0 ? '' :
	    page.textContent('[role=alert]');
}

/* Signs a page in by a token that is pasted, for the browser; the token's id. */
async function keep(page)
{
	const { id, token } = dash.data('token', 'create', '--scope', 'control',
	    '--label', 'kept');

	await page.goto(url);
	await page.fill('input[type=password]', token);
	await page.check('input[type=checkbox]');
	await page.keyboard.press('Enter');
	await page.waitForSelector('nav .online-online');
	return id;
}

async function idOf(page)
{
	return page.evaluate(async () => {
		const token = sessionStorage.getItem('ringlet-token') ??
		    localStorage.getItem('ringlet-token');
		const reply = await fetch('/api/token',
		    { headers: { Authorization: `Bearer ${token}` } });
		return (await reply.json()).data.id;
	});
}

const ids = () => dash.data('token', 'list').map((one) => one.id);

async function revoked(browser, session)
{
	const page = await dash.newPage(browser);

	await dash.signIn(page, url);
	await dash.open(page, session);
	await page.waitForSelector(`${PANE} .badge-jail`);
	dash.ringlet('token', 'revoke', await idOf(page));
	like('a token is revoked while a terminal is open: the page says so',
	    await outside(page), /not good any more/);
	is('and has it no longer, nor what it showed', [await stored(page),
	    await page.locator('.xterm, .card').count()], [[false, false], 0]);
	await dash.signIn(page, url);
	await page.click('nav >> text=Agents');
	await page.waitForSelector('.card');
	dash.ringlet('token', 'revoke', await idOf(page));
	like('also where nothing is asked for', await outside(page),
	    /not good any more/);
	await page.context().close();
}

async function together(browser)
{
	const first = await dash.newPage(browser);
	const kept = await keep(first);
	const second = await first.context().newPage();
	const third = await first.context().newPage();

	await second.goto(url);
	await second.waitForSelector('nav .online-online');
	await dash.signIn(third, url);
	const own = await idOf(third);
	check('a tab has a token of its own beside the browser\'s',
	    own !== kept);
	is('which keeps its place', await stored(third), [true, true]);
	dash.ringlet('token', 'revoke', own);
	await outside(third);
	is('also when the tab\'s has ended', await stored(third),
	    [true, false]);
	await first.reload();
	await first.waitForSelector('nav .online-online');
	ok('so that the others are signed in still');
	await dash.signIn(third, url);
	const other = await idOf(third);
	await third.click('text=Sign out');
	is('who signs out there', await outside(third), '');
	for (const page of [first, second])
		like('signs the other tabs out, too', await outside(page),
		    /signed out in another tab|not good any more/);
	is('the browser keeps nothing', await stored(first), [false, false]);
	is('and no token is good that it had', ids().filter((id) =>
	    [kept, own, other].includes(id)), []);
	await first.context().close();
}

/* What it says in the address is out of it, whatever it is. */
async function damaged(browser)
{
	const page = await dash.newPage(browser);

	await page.goto(`${url}/#code=abc%20def`);
	await outside(page);
	await page.waitForSelector('[role=alert]');
	check('a code that is damaged is refused, and not left in the address',
	    !/code/.test(page.url()));
	await page.context().close();
}

async function away(browser)
{
	const page = await dash.newPage(browser);

	await keep(page);
	dash.ringlet('daemon', 'stop');
	await page.waitForSelector('nav .online-offline');
	await page.click('text=Sign out');
	like('signing out with the daemon away tells what is left to do',
	    await outside(page), /could not be told.*ringlet token revoke/);
	is('here it is over', await stored(page), [false, false]);
	await page.context().close();
}

dash.run(async (browser) => {
	const session = dash.session('plain');

	await dash.each([
		() => revoked(browser, session),
		() => together(browser),
		() => damaged(browser),
		() => away(browser),
	]);
}, dash.READABLE);
