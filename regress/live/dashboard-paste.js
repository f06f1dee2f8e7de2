/*
 * dashboard-paste.js: dashboard-paste.sh's part in the browser.
 *
 * usage: dashboard-paste.js URL WORK FILES
 *
 * WORK has the scripts takes and writes; FILES is where sessions' folders of
 * pictures are.
 */
'use strict';

const fs = require('fs');
const path = require('path');
const dash = require(process.env.DASHBOARD_BASE);

const { PANE, check, is, like, ok, sees } = dash;
const [url, work, folders] = process.argv.slice(2);
const typed = path.join(work, 'typed');

/* A picture that a browser can show, and so many bytes behind it. */
const PICTURE = Buffer.concat([Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA' +
    'WjR9awAAAABJRU5ErkJggg==', 'base64'), Buffer.alloc(100000, 'x')]);

/* Files as a paste or a drop brings them, to where the pane is. */
function bring(page, kind, files)
{
	return page.evaluate(([pane, kind, files]) => {
		const data = new DataTransfer();
		const at = document.querySelector(kind === 'paste' ?
		    `${pane} .xterm-helper-textarea` : `${pane} .xterm-screen`);

		for (const { name, type, bytes } of files)
			data.items.add(new File([Uint8Array.from(
			    atob(bytes), (c) => c.charCodeAt(0))], name,
			{ type }));
		return at.dispatchEvent(kind === 'paste' ?
		    new ClipboardEvent(kind, { clipboardData: data,
		        bubbles: true, cancelable: true }) :
		    new DragEvent(kind, { dataTransfer: data, bubbles: true,
		        cancelable: true }));
	}, [PANE, kind, files.map((one) =>
	    ({ ...one, bytes: one.bytes.toString('base64') }))]);
}

const png = (name, bytes = PICTURE) => ({ name, type: 'image/png', bytes });

const closed = (page) =>
	page.waitForSelector('dialog', { state: 'detached' });

/* What the agent has been typed, once it is that. */
async function types(what, wanted)
{
	await dash.soon(what, () => fs.existsSync(typed) &&
	    fs.readFileSync(typed, 'latin1').length >= wanted.length);
	is(what, fs.readFileSync(typed, 'latin1'), wanted);
}

/* The one session's folder. */
function stored()
{
	const [one] = fs.readdirSync(folders);
	const folder = path.join(folders, one);

	return fs.readdirSync(folder).sort().map((name) => [name,
	    fs.readFileSync(path.join(folder, name)).equals(PICTURE)]);
}

async function pictures(page)
{
	const id = dash.session('plain', '-C', work, '--', 'takes');
	const brackets = (text) => `\x1b[200~${text}\x1b[201~`;
	const one = '/run/ringlet/files/paste-1.png';

	await dash.open(page, id);
	await sees(page, 'ready');
	await bring(page, 'paste', [png('<b>holiday</b>.png')]);
	await page.waitForSelector('dialog .pictures img');
	like('a picture that is pasted is asked about, by name and size',
	    await page.textContent('dialog .pictures'),
	    /<b>holiday<\/b>\.png, 98 KiB/);
	await page.waitForFunction(() => document.querySelector(
	    'dialog .pictures img').naturalWidth > 0);
	ok('and shown');
	await page.click('dialog >> text=No');
	await closed(page);
	is('No sends nothing', stored(), []);

	await bring(page, 'paste', [png('holiday.png')]);
	await page.click('dialog >> text=Show it');
	await closed(page);
	await types('else its path is typed, in brackets and without Enter',
	    brackets(one));
	is('and the agent has it, byte for byte', stored(),
	    [['paste-1.png', true]]);

	/* Several, one of which is none. */
	check('the browser does not go to what is dragged here',
	    !await bring(page, 'dragover', [png('a')]));
	await bring(page, 'drop', [png('a.png'), { name: 'notes.txt',
		type: 'text/plain', bytes: Buffer.from('words') },
	png('b.png')]);
	await page.waitForSelector('dialog .pictures .problem');
	like('what is no picture is told', await page.textContent(
	    'dialog .pictures .problem'), /is no picture/);
	await page.click('dialog >> text=Show it');
	await closed(page);
	const two = brackets('/run/ringlet/files/paste-2.png ' +
	    '/run/ringlet/files/paste-3.png');
	await types('all others of a drop are sent, and typed at once',
	    brackets(one) + two);

	await bring(page, 'drop', [png('big.png',
	    Buffer.concat([PICTURE, PICTURE]))]);
	await page.click('dialog >> text=Show it');
	await page.waitForSelector('dialog [role=alert]');
	like('what the daemon refuses is told in its words',
	    await page.textContent('dialog [role=alert]'), /UploadMaxSize/);
	await page.click('dialog >> text=No');
	await closed(page);

	/* Stopped on its way. */
	let held, dropped;
	await page.route('**/files/paste-*', async (route) => {
		if (route.request().method() === 'DELETE')
			dropped = route.request().url();
		else if (held === undefined)
			await new Promise((resolve) => {
				held = resolve;
			});
		await route.continue();
	});
	await bring(page, 'drop', [png('slow.png')]);
	await page.click('dialog >> text=Show it');
	await page.waitForSelector('dialog progress');
	await dash.soon('a piece is on its way', () => held !== undefined);
	await page.click('dialog >> text=Stop');
	await closed(page);
	const gone = page.waitForResponse((one) =>
	    one.request().method() === 'DELETE');
	held();
	is('what is stopped on its way is given up', [(await gone).status(),
	    /paste-4\.png$/.test(dropped)], [200, true]);
	await page.unroute('**/files/paste-*');
	is('and leaves nothing', stored().length, 3);

	/* By keys, from the browser's own clipboard. */
	await page.evaluate(async (bytes) => {
		const data = Uint8Array.from(atob(bytes), (c) =>
		    c.charCodeAt(0));

		await navigator.clipboard.write([new ClipboardItem({
			'image/png': new Blob([data], { type: 'image/png' }) })]);
	}, PICTURE.subarray(0, -100000).toString('base64'));
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.press('Shift+Insert');
	await page.waitForSelector('dialog .pictures img');
	ok('a picture is pasted by the keys for that');
	await page.click('dialog >> text=No');
	await closed(page);
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.press('Control+Shift+V');
	await page.waitForSelector(`${PANE} .note >> text=no text to paste`);
	ok('those that paste text alone say so');

	/* By a button, as on a phone. */
	await page.click(`${PANE} >> text=Compose`);
	await page.setInputFiles(`${PANE} input[type=file]`, {
		name: 'chosen.png', mimeType: 'image/png', buffer: PICTURE });
	await page.click('dialog >> text=Show it');
	await closed(page);
	await types('a picture is chosen by a button, too', brackets(one) +
	    two + brackets('/run/ringlet/files/paste-5.png'));

	/* Text beside a picture is what is meant. */
	await page.click(`${PANE} >> text=Compose`);
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.evaluate((pane) => {
		const clipboardData = new DataTransfer();

		clipboardData.setData('text/plain', 'cells');
		clipboardData.items.add(new File(['x'], 'x.png',
		    { type: 'image/png' }));
		document.querySelector(`${pane} .xterm-helper-textarea`).
		    dispatchEvent(new ClipboardEvent('paste', { clipboardData,
		        bubbles: true, cancelable: true }));
	}, PANE);
	await types('text that comes with a picture is pasted instead',
	    brackets(one) + two + brackets('/run/ringlet/files/paste-5.png') +
	    brackets('cells'));
	return id;
}

/* Who may only look gives nothing. */
async function looking(browser, id)
{
	const page = await dash.newPage(browser);

	await dash.signIn(page, url, '--scope', 'view');
	await dash.open(page, id);
	await page.waitForSelector(`${PANE} .pane-state >> text=read-only`);
	await bring(page, 'paste', [png('a.png')]);
	await bring(page, 'drop', [png('a.png')]);
	is('who may only look is asked nothing', await page.locator(
	    'dialog').count(), 0);
	await page.context().close();
}

/* What a person lets an agent write to the clipboard gets there. */
async function clipboard(page)
{
	const read = () => page.evaluate(() => navigator.clipboard.readText());
	const id = dash.session('plain', '-C', work, '--', 'writes');

	await dash.open(page, id);
	await sees(page, 'ready');
	await page.evaluate(() => navigator.clipboard.writeText('mine'));
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.press('Enter');
	await page.waitForSelector('dialog >> text=write to your clipboard');
	is('before a person lets it, an agent writes nothing to the clipboard',
	    await read(), 'mine');
	await page.click('dialog >> text=Let it');
	await closed(page);
	await page.waitForFunction(async () =>
	    await navigator.clipboard.readText() === 'first words');
	ok('then it does');
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.press('Enter');
	await sees(page, 'second');
	await page.waitForFunction(async () =>
	    await navigator.clipboard.readText() === 'second words');
	is('and is not asked about again', await page.locator(
	    'dialog').count(), 0);
	dash.ringlet('terminal', 'kill', id);
}

async function hooks(page)
{
	const id = dash.session('hooked', '--', 'run', 'sleep 600');

	await dash.open(page, id);
	await page.waitForSelector(`${PANE} .notice`);
	like('a session that was started without a hook says so',
	    await page.textContent(`${PANE} .notice summary`),
	    /^A hook of the profile was left out/);
	await page.click(`${PANE} .notice summary`);
	like('and which, and why', await page.textContent(
	    `${PANE} .notice li`), /hook Stop 0: is not approved/);
	dash.ringlet('terminal', 'kill', id);
}

dash.run(async (browser) => {
	const page = await dash.newPage(browser, { permissions:
	    ['clipboard-read', 'clipboard-write'] });
	const watched = await dash.watch(page, url);

	await dash.picturing(page, 'dashboard-paste', async () => {
		await dash.signIn(page, url);
		const id = await pictures(page);
		await looking(browser, id);
		dash.ringlet('terminal', 'kill', id);
		await clipboard(page);
		await hooks(page);
		await dash.clean('pictures', watched);
	});
}, dash.READABLE);
