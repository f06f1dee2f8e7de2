/*
 * dashboard.js: dashboard.sh's part in the browser.
 *
 * usage: dashboard.js DIRECT TUNNEL WORK TOKEN-FILE
 *
 * DIRECT and TUNNEL are two origins of the same daemon.  WORK has the folders
 * first and second; the environment has KEY, an API key.
 */
'use strict';

const fs = require('fs');
const path = require('path');
const dash = require(process.env.DASHBOARD_BASE);

const { PANE, check, is, like, ok, sees, shown } = dash;
const [direct, tunnel, work, tokenFile] = process.argv.slice(2);

/* Each state that the pane and the frame tell of, from now on. */
function noteStates(page)
{
	return page.evaluate(() => {
		window.states = [];
		new MutationObserver(() => {
			for (const one of document.querySelectorAll(
			    '.pane-state, .online'))
				window.states.push(one.textContent);
		}).observe(document.body,
		    { subtree: true, childList: true, characterData: true });
	});
}

async function statusOf(token)
{
	const reply = await fetch(`${direct}/api/token`,
	    { headers: { Authorization: `Bearer ${token}` } });

	return reply.status;
}

const stored = (page) => page.evaluate(() => [
    Object.keys(localStorage), Object.keys(sessionStorage).sort(),
    document.cookie]);

async function signingIn(page)
{
	const url = dash.signInUrl(tunnel);

	await page.goto(url);
	await page.waitForSelector('nav .online-online');
	is('a code signs in', await page.textContent('h1'), 'Sessions');
	check('(it was in the address)', /#code=/.test(url));
	is('it is in the address no longer',
	    [page.url().startsWith(tunnel), /code/.test(page.url())],
	    [true, false]);
	const chrome = await page.context().newCDPSession(page);
	const { entries } = await chrome.send('Page.getNavigationHistory');
	is('nor in the history', entries.map((entry) => entry.url).
	    filter((url) => /code/.test(url)), []);
	await chrome.detach();
	is('only the tab keeps a token', await stored(page),
	    [[], ['ringlet-token'], '']);

	/* Its own token, which is not the main one. */
	const token = await page.evaluate(
	    () => sessionStorage.getItem('ringlet-token'));
	check('one of its own', token !==
	    fs.readFileSync(tokenFile, 'ascii').trim());
	await page.goto('about:blank');
	await page.goto(url);
	await page.waitForSelector('[role=alert]');
	like('the code again is refused', await page.textContent(
	    '[role=alert]'), /code/);
	check('which ends nothing that was signed in before',
	    await page.isVisible('main .primary'));
	const other = await dash.newPage(page.context().browser());
	await other.goto(url);
	await other.waitForSelector('.signin [role=alert]');
	ok('and it signs in no other browser');
	/* In that tab, which is at the address already, a good one does. */
	await dash.signIn(other, tunnel);
	ok('a good one does, in the same tab');
	await other.context().close();
}

async function pasted(browser)
{
	const page = await dash.newPage(browser);
	const { token } = dash.data('token', 'create', '--scope', 'control',
	    '--label', 'hand');

	await page.goto(tunnel);
	await page.fill('input[type=password]', 'no token at all');
	await page.keyboard.press('Enter');
	await page.waitForSelector('[role=alert]');
	is('what is no token is not sent', await page.textContent(
	    '[role=alert]'), 'that is no token: it has other characters');
	await page.fill('input[type=password]', token);
	await page.check('input[type=checkbox]');
	await page.keyboard.press('Enter');
	await page.waitForSelector('nav .online-online');
	is('a pasted token signs in, and may stay in the browser',
	    await stored(page), [['ringlet-token'], [], '']);
	const other = await page.context().newPage();
	await other.goto(tunnel);
	await other.waitForSelector('nav');
	ok('so that another tab has it');
	await other.goto(direct);
	await other.waitForSelector('.signin form');
	ok('but not the page of another port');
	await other.close();
	is('the token is good', await statusOf(token), 200);
	await page.click('text=Sign out');
	await page.waitForSelector('.signin form');
	is('signed out, nothing is kept', await stored(page), [[], [], '']);
	is('and the token is revoked', await statusOf(token), 401);
	await page.context().close();
}

/* A profile with a key. */
async function profile(page)
{
	const bodies = [];

	page.on('request', (request) => {
		if (request.method() === 'POST')
			bodies.push(request.postData() ?? '');
	});
	await page.click('nav >> text=Profiles');
	await page.click('text=New profile');
	await page.fill('dialog >> label:has-text("Name") >> input', 'sealed');
	await page.selectOption('dialog >> label:has-text("Agent") >> select',
	    'shell');
	await page.selectOption(
	    'dialog >> label:has-text("Provider") >> select', 'anthropic');
	await page.fill('dialog >> input[type=password]', process.env.KEY);
	await page.click('text=Make it');
	await page.waitForFunction(
	    () => location.hash === '#/profile/sealed');
	await page.waitForSelector('.facts');
	is('a profile is made', dash.data('profiles', 'inspect', 'sealed').
	    agent_id, 'shell');
	const [body] = bodies.filter((one) => one.includes('"sealed"'));
	like('by a request with ciphertext', body,
	    /"sealed_key":\{"key_id":"[0-9a-f]{16}","ciphertext":"[^"]{100,}"/);
	check('without the key', !body.includes(process.env.KEY));
	check('nor does the page keep it', !(await page.content()).
	    includes(process.env.KEY));
}

/* A jailed session without touching a mouse; its id. */
async function keyboard(page)
{
	const { keyboard } = page;

	await page.goto(`${tunnel}/#/sessions`);
	await page.waitForSelector('h1 >> text=Sessions');
	await dash.walkTo(page, 'main .primary');
	await keyboard.press('Enter');
	await page.waitForSelector('dialog option[value=plain]',
	    { state: 'attached' });
	check('the first field has the focus, not what closes the dialog',
	    await page.evaluate(() => document.activeElement.
	        matches('dialog select')));
	await keyboard.type('plain');
	await dash.walkTo(page, 'dialog [role=combobox]');
	await keyboard.type(`${work}/f`);
	await page.waitForSelector('[role=option] >> text=first');
	await keyboard.press('ArrowDown');
	await keyboard.press('Enter');
	is('the folder is chosen from what is there', await page.inputValue(
	    'dialog [role=combobox]'), `${work}/first/`);
	await keyboard.press('Escape');
	check('Escape closes the list, not the dialog',
	    await page.isVisible('dialog'));
	await dash.walkTo(page, 'dialog .primary');
	await keyboard.press('Enter');
	await page.waitForSelector(`${PANE} .xterm-rows`);
	await page.waitForSelector(`${PANE} .badge-jail`);
	like('a jailed session starts by keyboard alone',
	    await page.textContent(`${PANE} .badge-jail`), /^jail: /);
	return (await page.evaluate(() => location.hash)).split('/')[2];
}

async function typing(page)
{
	await page.keyboard.type('echo first:$((40+2)):$PWD\n');
	await sees(page, `first:42:`);
	like('what is typed is run where it should',
	    (await shown(page)).replace(/\n/g, ''),
	    new RegExp(`first:42:${work}/first`));
	await page.setViewportSize({ width: 900, height: 600 });
	await page.keyboard.type('stty size\n');
	await sees(page, /^\d+ \d+ *$/);
	const small = /^(\d+) (\d+)$/m.exec(await shown(page));
	await page.setViewportSize({ width: 1280, height: 800 });
	await page.waitForFunction(([pane, rows]) => document.querySelectorAll(
	    `${pane} .xterm-rows > div`).length > rows, [PANE, +small[1]]);
	await page.keyboard.type('clear; stty size\n');
	await page.waitForFunction(([pane, small]) => {
		const text = [...document.querySelectorAll(
		    `${pane} .xterm-rows > div`)].map((row) =>
		    row.textContent).join('\n');
		const found = /^(\d+)\s(\d+)\s*$/m.exec(text);
		return found !== null && found[0].trim() !== small;
	}, [PANE, small[0]]);
	const large = /^(\d+) (\d+)$/m.exec(await shown(page));
	check(`a larger window is a larger terminal: ${small[0]}, ${large[0]}`,
	    +large[1] > +small[1] && +large[2] > +small[2]);

	await page.keyboard.type(
	    'printf "\\033[1;31mred\\033[m \\342\\234\\223 done:%s\\n" $((1+1))\n');
	await sees(page, /done:2 *\n.*first\$/);
	const before = await shown(page);
	await page.reload();
	/* It comes in pieces. */
	await page.waitForFunction(([pane, wanted]) =>
	    [...document.querySelectorAll(`${pane} .xterm-rows > div`)].
	        map((row) => row.textContent.replace(/\u00a0/g, ' ').
	            trimEnd()).join('\n') === wanted,
	[PANE, before]).catch(() => {});
	is('a reload shows the same screen', await shown(page), before);
}

/* ringletd is killed while a program counts. */
async function lost(page)
{
	const stop = path.join(work, 'first', 'stop');

	await page.click(`${PANE} >> text=Record`);
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.type('clear; echo far:$((5+6)); n=0; ' +
	    'while [ ! -e stop ]; do echo "n$((n+=1))"; sleep 0.005; done; echo "last=$n"\n');
	await sees(page, /^n\d\d/);
	await noteStates(page);
	const pid = dash.data('daemon', 'status').ringletd_pid;
	const at = Number(/n(\d+)/.exec((await shown(page)).match(
	    /^n\d+$/mg).at(-1))[1]);
	process.kill(pid, 'SIGKILL');
	await page.waitForFunction(([pane, at]) => {
		const rows = [...document.querySelectorAll(
		    `${pane} .xterm-rows > div`)].map((row) =>
		    row.textContent).join('\n').match(/^n\d+/mg);
		return window.states.some((one) => /broken/.test(one)) &&
		    document.querySelector(
		        `${pane} .pane-state`).textContent === '' &&
		    rows !== null && +rows.at(-1).slice(1) > at + 50;
	}, [PANE, at]);
	ok('the page comes back after ringletd was killed');
	check('(it was another)', dash.data('daemon', 'status').ringletd_pid !==
	    pid);
	const states = await page.evaluate(() => window.states);
	check('meanwhile the terminal said so', states.some((one) =>
	    one.includes('the connection broke')));
	check('and the frame', states.includes('offline'));
	await page.waitForSelector('nav .online-online');
	fs.writeFileSync(stop, '');
	await sees(page, /^last=\d/);
	const last = Number(/last=(\d+)/.exec(await shown(page))[1]);

	const [file] = await Promise.all([page.waitForEvent('download'),
	    page.click(`${PANE} >> text=Save recording`)]);
	const cast = path.join(work, 'page.cast');
	await file.saveAs(cast);
	like('a recording is downloaded', file.suggestedFilename(),
	    /^plain-.*\.cast$/);
	const text = fs.readFileSync(cast, 'utf8').trim().split('\n').slice(1).
	    map(JSON.parse).filter((one) => one[1] === 'o').
	    map((one) => one[2]).join('').
	    replace(/\x1b\[[?\d;]*[A-Za-z]/g, '');
	const counted = [...text.matchAll(/^n(\d+)\r$/mg)].map((one) =>
	    Number(one[1]));
	is('no line was lost or doubled', counted.findIndex((n, i) =>
	    n !== i + 1), -1);
	is(`not the last of ${last} either`, counted.length, last);
}

async function finding(page)
{
	check('what is far up is not shown', !(await shown(page)).
	    includes('far:11'));
	await page.click(`${PANE} >> text=Find`);
	await page.waitForSelector(`${PANE} .find input:focus`);
	await page.keyboard.type('far:11');
	await page.keyboard.press('Enter');
	await sees(page, 'far:11');
	check('what is far up is found', await page.locator(
	    `${PANE} .xterm-selection div`).count() > 0);
	await page.fill(`${PANE} .find input`, 'nowhere:7');
	await page.keyboard.press('Enter');
	await page.waitForSelector(`${PANE} .find >> text=not found`);
	ok('and what is not there is not');
	await page.keyboard.press('Escape');
	await page.waitForSelector('.find', { state: 'detached' });
	await page.waitForFunction(() =>
	    document.activeElement.matches('.xterm-helper-textarea'));
	ok('then the terminal has the focus again');
}

/* Another browser, that may only look. */
async function watching(browser, page, id)
{
	const other = await dash.newPage(browser);

	await dash.signIn(other, tunnel, '--scope', 'view');
	await other.waitForSelector('.card.session');
	check('who may only watch is shown no way to change anything',
	    await other.locator('main button:visible').count() === 0);
	await dash.open(other, id);
	await other.waitForSelector(`${PANE} .pane-state >> text=read-only`);
	await page.keyboard.type('clear; echo seen:$((20+1))\n');
	await sees(other, 'seen:21');
	await other.focus(`${PANE} .xterm-helper-textarea`);
	await other.keyboard.type('echo intruder\n');
	await page.keyboard.type('echo seen:$((20+2))\n');
	await sees(other, 'seen:22');
	await sees(page, 'seen:22');
	check('what it types is not typed', !(await shown(page)).
	    includes('intruder'));
	await other.close();

	/* With a token that could do more. */
	const third = await page.context().newPage();
	await dash.signIn(third, tunnel);
	await dash.open(third, id, '/watch');
	await third.waitForSelector(`${PANE} .pane-state >> text=read-only`);
	await third.focus(`${PANE} .xterm-helper-textarea`);
	await third.keyboard.type('echo intruder\n');
	await page.keyboard.type('echo seen:$((20+3))\n');
	await sees(third, 'seen:23');
	check('nor where somebody chose to watch', !(await shown(page)).
	    includes('intruder'));
	await third.close();
}

async function tabs(page, id)
{
	const second = dash.session('plain', '-C', path.join(work, 'second'));

	await dash.open(page, second);
	await page.waitForSelector('.tab-now');
	is('each terminal has a tab', await page.locator('.tab').count(), 2);
	await page.click('text=Two at once');
	is('two are beside each other', await page.locator(PANE).count(), 2);
	await page.locator(`${PANE} .xterm-helper-textarea`).nth(1).focus();
	await page.keyboard.type('echo second:$((2*4))\n');
	await sees(page, 'second:8');
	await page.reload();
	await page.waitForSelector('.tab-now');
	is('a reload keeps the tabs', await page.locator('.tab').count(), 2);
	is('of which no more than their ids is stored', await page.evaluate(
	    () => sessionStorage.getItem('ringlet-open')),
	    JSON.stringify([id, second]));
	await page.click('.tab-now .quiet');
	await page.waitForFunction((id) => location.hash === `#/session/${id}`,
	    id);
	is('a tab that is closed leads to the other', await page.locator(
	    '.tab').count(), 1);
	is('whose session goes on', dash.data('terminal', 'info', second).state,
	    'running');
	dash.ringlet('terminal', 'kill', second);
}

async function ending(page, id)
{
	await page.goto(`${tunnel}/#/session/${id}`);
	await sees(page, 'seen:23');
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.type('clear; echo kept:$((30+1))\n');
	await sees(page, 'kept:31');
	/* This browser's pages all believe that they are looked at. */
	await page.evaluate(() => {
		document.hasFocus = () => false;
	});
	await page.click(`${PANE} >> text=End…`);
	await page.waitForSelector('dialog >> text=End this session?');
	check('No comes first', await page.evaluate(() =>
	    document.activeElement.textContent === 'Cancel'));
	await page.keyboard.press('Enter');
	await page.waitForSelector('dialog', { state: 'detached' });
	is('whoever thinks better of it ends nothing', dash.data('terminal',
	    'info', id).state, 'running');
	await page.click(`${PANE} >> text=End…`);
	await page.click('dialog >> text=End it');
	await page.waitForSelector(
	    `${PANE} .pane-state >> text=has ended`);
	check('nothing there offers to type any more', await page.locator(
	    `${PANE} .pane-tools >> text=Compose`).count() === 0);
	is('the other answer does', dash.data('terminal', 'info', id).reason,
	    'kill');
	await page.waitForFunction(() => /^\(\d\) /.test(document.title));
	like('the title tells one who looks elsewhere', await page.title(),
	    /^\(\d\) /);
	check('and the icon', await page.evaluate(() => document.querySelector(
	    'link[rel=icon]').href.startsWith('data:image/png')));
	await page.evaluate(() => {
		delete document.hasFocus;
		window.dispatchEvent(new Event('focus'));
	});
	check('until it is looked at', !/^\(/.test(await page.title()));
	await page.click('nav >> text=Sessions');
	await page.click('text=Ended >> xpath=../.. >> .card-main >> nth=0');
	await page.goto(`${tunnel}/#/session/${id}`);
	await page.reload();
	await sees(page, 'kept:31');
	ok('what has ended can be read');
}

/* How long until something can be done: told, and never judged. */
async function quick(browser)
{
	const page = await dash.newPage(browser);
	let bytes = 0;
	const chrome = await page.context().newCDPSession(page);

	await chrome.send('Network.enable');
	chrome.on('Network.loadingFinished', (one) => {
		bytes += one.encodedDataLength;
	});
	const url = dash.signInUrl(tunnel);
	const began = Date.now();
	await page.goto(url);
	await page.waitForSelector('main .primary');
	console.log(`figure the first load: ${Math.round(bytes / 1024)} KiB, ` +
	    `${Date.now() - began} ms until a session can be started`);
	await page.context().close();
}

dash.run(async (browser) => {
	const page = await dash.newPage(browser,
	    { viewport: { width: 1280, height: 800 } });
	const watched = await dash.watch(page, tunnel);

	await dash.picturing(page, 'dashboard', async () => {
		/* Each goes on from where the one before it has left the page. */
		await signingIn(page);
		await pasted(browser);
		await dash.signIn(page, tunnel);
		await profile(page);
		const id = await keyboard(page);
		await typing(page);
		await lost(page);
		await finding(page);
		await watching(browser, page, id);
		await tabs(page, id);
		await ending(page, id);
		await dash.clean('all of it', watched);
	});
	await quick(browser);
}, dash.READABLE);
