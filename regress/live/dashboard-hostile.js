/*
 * dashboard-hostile.js: dashboard-hostile.sh's part in the browser.
 *
 * usage: dashboard-hostile.js URL WORK
 *
 * WORK has the scripts asks and shows, and a folder whose name is markup.
 */
'use strict';

const fs = require('fs');
const path = require('path');
const dash = require(process.env.DASHBOARD_BASE);
const { fakeDaemon } = require(path.join(path.dirname(
    process.env.DASHBOARD_BASE), 'fakedaemon.js'));

const { PANE, check, is, like, ok, sees } = dash;
const [url, work] = process.argv.slice(2);

/* Nothing that was shown has become markup, or run. */
async function inert(what, page)
{
	is(what, await page.evaluate(() => [window.ran ?? null,
	    document.querySelectorAll(
	        'img, iframe, object, embed, b, body script').length]),
	    [null, 0]);
}

async function names(page)
{
	const folder = path.join(work, '<img src=x onerror=window.ran=1>');
	const id = dash.session('constructor', '-C', folder, '--', '-c',
	    'read x');

	await page.goto(`${url}/#/sessions`);
	await page.waitForSelector('.card.session');
	is('a folder is text, whatever its name', await page.textContent(
	    '.card-sub'), folder);
	await page.click('text=New session');
	await page.waitForSelector('dialog option[value=constructor]',
	    { state: 'attached' });
	await page.fill('dialog [role=combobox]', `${work}/`);
	await page.waitForSelector('[role=option]');
	like('also where folders are chosen', await page.textContent(
	    '[role=option]'), /^<img src=x/);
	await inert('(in the list of folders)', page);
	await page.keyboard.press('Escape');
	await page.click('dialog >> text=Cancel');
	await page.click('.card.session >> text=End…');
	await page.waitForSelector('dialog code');
	is('and where it is asked about', await page.textContent('dialog code'),
	    folder);
	await page.click('dialog >> text=End it');
	await page.waitForSelector('dialog', { state: 'detached' });
	await page.goto(`${url}/#/profile/%3Cimg src=x onerror=alert(1)%3E`);
	await page.waitForSelector('[role=alert]');
	is('a name in the address is text', await page.textContent('h1'),
	    '<img src=x onerror=alert(1)>');
	for (const odd of ['constructor', '__proto__', '%E0%A4%A', '../x']) {
		await page.goto(`${url}/#/${odd}`);
		await page.waitForSelector('.empty >> text=no such view');
	}
	ok('and an address that leads nowhere says so');
	await page.goto(`${url}/#/profile/constructor`);
	await page.waitForSelector('.facts');
	await inert('no name or folder has run', page);
	return id;
}

/* Names that read otherwise than they are. */
async function turned(page)
{
	const folder = path.join(work, 'a\u202ecod.exe\u200b');
	const spelled = folder.replace('\u202e', '\\u{202e}').
	    replace('\u200b', '\\u{200b}');

	fs.mkdirSync(folder);
	dash.session('constructor', '-C', folder, '--', '-c', 'read x');
	await page.goto(`${url}/#/sessions`);
	await page.waitForSelector('.card-sub >> text=200b');
	is('a folder that reads otherwise than it is is spelled out',
	    (await page.locator('.card-sub').allTextContents()).
	        filter((one) => one.includes('200b')), [spelled]);
	await page.locator('.card.session', { hasText: '200b' }).
	    locator('text=End…').click();
	await page.waitForSelector('dialog code');
	is('and where it is asked about', await page.textContent('dialog code'),
	    spelled);
	await page.click('dialog >> text=End it');
	await page.waitForSelector('dialog', { state: 'detached' });
	await page.click('text=New session');
	await page.fill('dialog [role=combobox]', `${work}/`);
	await page.waitForSelector('[role=option] >> text=202e');
	ok('and where folders are chosen');
	await page.keyboard.press('Escape');
	await page.click('dialog >> text=Cancel');
}

/* A terminal that nobody sees asks for something. */
async function unseen(page)
{
	const id = dash.session('constructor', '-C', work, '--', '-c',
	    'while [ ! -e go ]; do sleep 0.05; done; ' +
	    'printf "\\033]52;c;ZXZpbA==\\007\\033]2;written\\007"; read x');
	const other = dash.session('constructor', '-C', work, '--', '-c',
	    'read x');

	await dash.open(page, id);
	await page.waitForSelector(`${PANE} .pane-state:text-is("")`,
	    { state: 'attached' });
	await dash.open(page, other);
	fs.writeFileSync(path.join(work, 'go'), '');
	await page.waitForSelector('.pane[hidden] .pane-title >> text=written',
	    { state: 'attached' });
	is('what is not seen asks nothing', await page.locator('dialog').
	    count(), 0);
	await page.click('nav >> text=Agents');
	await page.click('nav >> text=Sessions');
	ok('and keeps nobody from the rest of the page');
	dash.ringlet('terminal', 'kill', other);
	dash.ringlet('terminal', 'kill', id);
}

/* A question comes while another one waits for its answer. */
async function swapped(page)
{
	const id = dash.session('constructor', '-C', work, '--', '-c',
	    'read x; printf "\\033]52;c;b25l\\007"; ' +
	    'while [ ! -e second ]; do sleep 0.05; done; ' +
	    'printf "\\033]52;c;dHdv\\007\\033]2;asked twice\\007"; read x');

	await dash.open(page, id);
	await page.waitForSelector(`${PANE} .pane-state:text-is("")`,
	    { state: 'attached' });
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.press('Enter');
	await page.waitForSelector('dialog .quote');
	fs.writeFileSync(path.join(work, 'second'), '');
	await page.waitForSelector(`${PANE} .pane-title >> text=asked twice`,
	    { state: 'attached' });
	is('a second question does not take the first one\'s place',
	    await page.textContent('dialog .quote'), 'one');
	await page.click('dialog >> text=No');
	await page.waitForSelector('dialog', { state: 'detached' });
	dash.ringlet('terminal', 'kill', id);
}

/* Clicks on words of the terminal. */
async function press(page, words)
{
	const at = await page.evaluate(([pane, words]) => {
		const rows = [...document.querySelectorAll(
		    `${pane} .xterm-rows > div`)];
		const row = rows.find((one) => one.textContent.includes(words));
		const walk = document.createTreeWalker(row,
		    NodeFilter.SHOW_TEXT);
		for (let node; (node = walk.nextNode());) {
			if (!node.data.includes(words[2]))
				continue;
			const range = document.createRange();
			range.selectNode(node);
			const box = range.getBoundingClientRect();
			return { x: box.x + 12, y: box.y + box.height / 2 };
		}
		return null;
	}, [PANE, words]);

	await page.mouse.move(at.x + 8, at.y);
	await page.mouse.move(at.x, at.y);
	await page.mouse.click(at.x, at.y);
}

async function output(page)
{
	const id = dash.session('constructor', '-C', work, '--', 'shows');
	const opened = [];

	page.context().on('page', (one) => opened.push(one.url()));
	await dash.open(page, id);
	await sees(page, 'ready');
	await sees(page, '<img src=x onerror=');
	ok('markup that is printed is text');
	await page.waitForSelector(`${PANE} .pane-title >> text=<img src=x`);
	like('so is a title, here', await page.textContent(
	    `${PANE} .pane-title`), /<img src=x onerror=/);
	like('and of the page', await page.title(), /^<img src=x onerror=/);
	await inert('(none of it has run)', page);

	for (const words of ['LINK-JS', 'LINK-DATA'])
		await press(page, words);
	check('a link that is a script is none',
	    await page.locator('dialog').count() === 0);
	await press(page, 'LINK-USER');
	await page.waitForSelector('dialog >> text=not opened');
	check('one with a password in it is not opened, if asked for or not',
	    await page.locator('dialog >> text=Open it').count() === 0);
	await page.keyboard.press('Escape');
	await page.waitForSelector('dialog', { state: 'detached' });
	await press(page, 'https://good.example/');
	await page.waitForSelector('dialog .quote');
	is('a link is shown before it is opened, as it is',
	    await page.textContent('dialog .quote'),
	    'http://127.0.0.1:9/x?%3Cb%3E');
	await inert('(in the question)', page);
	await page.keyboard.press('Escape');
	await page.waitForSelector('dialog', { state: 'detached' });
	await press(page, 'LINK-HUGE');
	await page.waitForSelector('dialog .quote');
	check('one that is huge leaves room to say no', await page.evaluate(
	    () => document.querySelector('dialog').
	        getBoundingClientRect().height <= innerHeight));
	await page.keyboard.press('Escape');
	await page.waitForSelector('dialog', { state: 'detached' });
	is('nothing was opened', opened, []);

	/* The clipboard. */
	await page.evaluate(() => navigator.clipboard.writeText('mine'));
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.press('Enter');
	await page.waitForSelector('dialog >> text=write to your clipboard');
	is('what would be written to the clipboard is asked, and shown',
	    await page.textContent('dialog .quote'), 'evil one');
	await page.click('dialog >> text=No');
	await page.waitForSelector('dialog', { state: 'detached' });
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.press('Enter');
	await sees(page, 'second');
	check('once for each session', await page.locator('dialog').count() ===
	    0);
	is('No is no', await page.evaluate(() => navigator.clipboard.
	    readText()), 'mine');

	await page.keyboard.press('Enter');
	await sees(page, 'third');
	await page.waitForFunction(() => document.title.includes('tttt'));
	const title = await page.textContent(`${PANE} .pane-title .fact`);
	check('a long title is cut', title.length < 100);
	check('and has nothing that turns or breaks it',
	    !/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(title));
	return id;
}

const paste = (page, text) => page.evaluate((text) => {
	const clipboardData = new DataTransfer();

	clipboardData.setData('text/plain', text);
	document.activeElement.dispatchEvent(new ClipboardEvent('paste',
	    { clipboardData, bubbles: true, cancelable: true }));
}, text);

async function pasting(page)
{
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.press('Enter');
	await sees(page, 'raw');
	await paste(page, 'a\x1b[201~b\x1b]0;x\x07\x9b2Jc');
	await paste(page, 'one\ntwo');
	await page.waitForSelector('dialog >> text=Paste several lines?');
	is('several lines are asked about', await page.textContent(
	    'dialog .quote'), 'one\ntwo');
	await page.click('dialog >> text=No');
	await page.waitForSelector('dialog', { state: 'detached' });
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await paste(page, '<three\x00>\nfour');
	await page.click('dialog >> text=Paste them');
	await page.waitForSelector('dialog', { state: 'detached' });
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.type('.'.repeat(60));
	await page.waitForSelector(`${PANE} .pane-state >> text=has ended`);
	like('what is pasted has no escapes, and what was refused is not there',
	    fs.readFileSync(path.join(work, 'pasted'), 'latin1'),
	    /^a\[201~b\]0;x2Jc<three>\rfour\.+$/);
}

/* A program that asks its terminal all that it can, and says what came. */
async function questions(page)
{
	const id = dash.session('constructor', '-C', work, '--', 'asks');

	/* Nobody looks yet: all of it is history then. */
	await dash.soon('it has asked', () =>
	    fs.existsSync(path.join(work, 'one')));
	await dash.open(page, id);
	await sees(page, 'asked');
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.type('END');
	await dash.soon('it has got something', () =>
	    fs.existsSync(path.join(work, 'two')));
	is('what history asks is answered by nobody', fs.readFileSync(
	    path.join(work, 'one'), 'latin1'), 'END');
	/* The terminal has shown what comes next: its answer is on its way. */
	await sees(page, 'now');
	await page.keyboard.type('xyz');
	await sees(page, 'answered');
	is('what is asked now is, but for the clipboard', fs.readFileSync(
	    path.join(work, 'two'), 'latin1'), '\x1b[0nxyz');
	await page.keyboard.type('.');
	await page.waitForSelector(`${PANE} .pane-state >> text=has ended`);
}

/* What each of the made-up daemon's answers does to a view. */
const RUBBISH = {
	'no JSON': '<html>nonsense',
	'nothing': '',
	'no answer': '[]',
	'null': '{"data":null}',
	'another type': '{"data":{"length":3,"0":1}}',
	'a session without members': '{"data":[{}]}',
	'a member of another type': '{"data":[{"id":{"toString":1}}]}',
	'a prototype': '{"data":[{"__proto__":{"id":"x"},"id":1e400}]}',
	'much': `{"data":[${'[],'.repeat(2000000)}0]}`,
	'depth': `{"data":${'['.repeat(200000)}${']'.repeat(200000)}}`,
};

async function rubbish(browser)
{
	const fake = await fakeDaemon(url);
	const page = await dash.newPage(browser);
	const watched = await dash.watch(page, fake.origin);
	const bad = [];

	await page.goto(fake.origin);
	await page.fill('input[type=password]', 'x');
	fake.answers['/api/token'] = '{"data":{"id":7}}';
	await page.keyboard.press('Enter');
	await page.waitForSelector('[role=alert]');
	like('a wrong answer signs nobody in', await page.textContent(
	    '[role=alert]'), /data\.id is not a text/);
	delete fake.answers['/api/token'];
	await page.click('.signin .primary');
	await page.waitForSelector('h1 >> text=Sessions');
	for (const [what, body] of Object.entries(RUBBISH)) {
		fake.answers['/api/terminal/sessions'] = body;
		fake.answers['/api/profiles'] = body;
		fake.answers['/api/agents'] = body;
		await page.click('nav >> text=Profiles');
		await page.waitForSelector('h1 >> text=Profiles');
		if (!await page.waitForSelector('[role=alert]').catch(
		    () => null))
			bad.push(`profiles: ${what}`);
		await page.click('nav >> text=Sessions');
		await page.waitForSelector('h1 >> text=Sessions');
		if (!await page.waitForSelector('[role=alert]').catch(
		    () => null))
			bad.push(`sessions: ${what}`);
	}
	is('each wrong answer is an error on the page', bad, []);
	delete fake.answers['/api/terminal/sessions'];
	await page.click('nav >> text=Agents');
	await page.click('nav >> text=Sessions');
	await page.waitForSelector('.empty >> text=No session runs');
	ok('and after it the right one is shown');

	for (const frame of ['nonsense', '[]', '{"type":5}',
	    '{"type":"event","event":{"type":"session.ended","data":{}}}',
	    '{"type":"event","event":{"type":"session.ended","data":null}}']) {
		const seen = fake.events.length;
		await page.waitForSelector('nav .online-online');
		fake.events.at(-1).text('{"type":"event","event":{"type":"' +
		    `${'x'.repeat(1e6)}"}}`);
		fake.events.at(-1).text(frame);
		await fake.until('the page comes again',
		    () => fake.events.length > seen);
	}
	ok('a wrong event ends the connection, which is tried again');

	const terminals = [
		['no JSON', (ws) => ws.text('nonsense')],
		['no size', (ws) => ws.text('{"type":"connected","offset":0,"head":0}')],
		['a huge size', (ws) => ws.text('{"type":"connected","offset":0,' +
		    '"head":0,"cols":1000000000,"rows":1000000000}')],
		['a screen that is none', (ws) => ws.text('{"type":"screen",' +
		    '"offset":0,"cols":80,"rows":24,"data":"%%%"}')],
		['an offset that is none', (ws) => ws.text('{"type":"gap",' +
		    '"from":0,"to":1e300}')],
	];
	for (const [what, send] of terminals) {
		fake.terminal = send;
		await page.goto(`${fake.origin}/#/session/${what.length}`);
		await page.waitForSelector(`${PANE} .pane-state >> text=` +
		    'the daemon sent what it should not');
		ok(`a terminal gets ${what}: it says so, and stops`);
	}
	fake.terminal = (ws) => {
		ws.text('{"type":"connected","offset":0,"head":0,"cols":80,' +
		    '"rows":24,"state":"running","read_only":false}');
		ws.binary(Buffer.concat([Buffer.alloc(2.2e7, '\x1b[1mx\x1b[m'),
		    Buffer.from('\x1b[2J\x1b[Hall of it')]));
		ws.binary(Buffer.from(' and more'));
	};
	await page.goto(`${fake.origin}/#/session/99`);
	await sees(page, 'all of it');
	ok('a huge frame is shown to its end');
	await fake.until('the page asks for more', () => fake.asked.some((one) =>
	    /terminal\/99\?offset=220000\d\d/.test(one)));
	ok('and what came after it is asked for once more');
	await page.goto(`${fake.origin}/#/agents`);
	await page.waitForSelector('h1 >> text=Agents');
	await dash.clean('a daemon of rubbish', watched);
	await page.context().close();
	fake.close();
}

dash.run(async (browser) => {
	const page = await dash.newPage(browser, { permissions:
	    ['clipboard-read', 'clipboard-write'] });
	const watched = await dash.watch(page, url);

	await dash.picturing(page, 'dashboard-hostile', async () => {
		await dash.signIn(page, url);
		await names(page);
		await turned(page);
		await unseen(page);
		await swapped(page);
		const id = await output(page);
		await pasting(page);
		await questions(page);
		await inert('at the end nothing has run', page);
		const kept = await page.evaluate(() => [
		    Object.keys(localStorage),
		    Object.keys(sessionStorage).sort(), document.cookie,
		    sessionStorage.getItem('ringlet-open')]);
		is('only the token and what is open is stored', kept.slice(0, 3),
		    [[], ['ringlet-open', 'ringlet-token'], '']);
		is('which is ids', JSON.parse(kept[3]).includes(id), true);
		await dash.clean('hostile output', watched);
	});
	await rubbish(browser);
}, dash.READABLE);
