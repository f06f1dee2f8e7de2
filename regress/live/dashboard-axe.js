/*
 * dashboard-axe.js: the part of dashboard-axe.sh and dashboard-looks.sh in the
 * browser.
 *
 * usage: dashboard-axe.js URL WORK judged|fitted
 *
 * Looks that axe judges, or the others, which are pictures of how all fits.
 */
'use strict';

const fs = require('fs');
const path = require('path');
const dash = require(process.env.DASHBOARD_BASE);

const { PANE, check, is, ok } = dash;
const [url, work, part] = process.argv.slice(2);
const pictures = path.join(process.env.LIVE_LOGS, 'dashboard-axe');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true,
    isMobile: true };
const LOOKS = {
	light: { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
	dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
	phone: { ...PHONE, colorScheme: 'light' },
	'phone-dark': { ...PHONE, colorScheme: 'dark' },
	zoom: { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2,
	    colorScheme: 'light' },
	contrast: { viewport: { width: 1280, height: 800 },
	    forcedColors: 'active' },
};
const JUDGED = ['light', 'dark', 'phone'];
const STYLES = Object.keys(LOOKS).filter((style) =>
    JUDGED.includes(style) === (part === 'judged'));

/* What axe says of the page now; a picture of it is kept. */
async function look(page, name, style)
{
	await page.screenshot({ path: path.join(pictures,
	    `${name}-${style}.png`) });
	is(`${name}, ${style}: nothing is wider than the window`,
	    await page.evaluate(() => [document.documentElement,
	        document.querySelector('main'),
	        document.querySelector('dialog')].filter((one) =>
	        one !== null && one.scrollWidth > one.clientWidth + 1).
	        map((one) => one.tagName)), []);
	if (!JUDGED.includes(style))
		return;
	if (!await page.evaluate(() => 'axe' in window))
		await page.evaluate(fs.readFileSync(
		    require.resolve('axe-core/axe.min.js'), 'utf8'));
	is(`${name}, ${style}: axe has no objection`,
	    await page.evaluate(async (tags) => {
		const { violations } = await window.axe.run(document,
		    { runOnly: { type: 'tag', values: tags },
		        resultTypes: ['violations'] });

		return violations.flatMap((one) =>
		    one.nodes.map((node) => `${one.id}: ${node.target} ` +
		        node.failureSummary.replace(/\s+/g, ' ')));
	}, TAGS), []);
}

async function to(page, where, selector)
{
	await page.evaluate((where) => {
		location.hash = where;
	}, where);
	await page.waitForSelector(selector);
}

async function closed(page)
{
	await page.keyboard.press('Escape');
	await page.waitForSelector('dialog', { state: 'detached' });
}

/* What a terminal asks its person. */
async function questions(page, see)
{
	/* A shell takes what is pasted in brackets, where nothing is asked. */
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.type('printf "\\033]2;no shell\\007"; cat\n');
	await page.waitForSelector(`${PANE} .pane-title >> text=no shell`);
	await page.evaluate(() => {
		const clipboardData = new DataTransfer();

		clipboardData.setData('text/plain', 'echo one\necho two\n');
		document.activeElement.dispatchEvent(new ClipboardEvent('paste',
		    { clipboardData, bubbles: true, cancelable: true }));
	});
	await page.waitForSelector('dialog >> text=Paste several lines?');
	await see('paste');
	await closed(page);
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.press('Control+C');
	await page.keyboard.type('printf "\\033]2;\\007"\n');
	await page.keyboard.type('printf "\\033]52;c;ZXZpbA==\\007"\n');
	await page.waitForSelector('dialog >> text=write to your clipboard');
	await page.waitForSelector('dialog .primary:enabled');
	await see('clipboard');
	await closed(page);
}

/* Each view and dialog in turn. */
async function views(browser, style, running, ended)
{
	const page = await dash.newPage(browser, LOOKS[style]);
	const watched = await dash.watch(page, url);
	const see = (name) => look(page, name, style);

	await page.goto(url);
	await page.fill('input[type=password]', 'wrong');
	await page.click('.signin .primary');
	await page.waitForSelector('[role=alert]');
	await see('sign-in');
	await dash.signIn(page, url);
	await page.waitForSelector('.card.session');
	await see('sessions');

	await page.click('main .primary');
	await page.waitForSelector('dialog option[value=plain]',
	    { state: 'attached' });
	await page.fill('dialog [role=combobox]', `${work}/`);
	await page.waitForSelector('[role=option]');
	await page.keyboard.press('ArrowDown');
	await page.waitForSelector('[aria-selected=true]');
	await see('new-session');
	await page.keyboard.press('Escape');
	await closed(page);
	await page.click('.card.session >> text=End…');
	await page.waitForSelector('dialog');
	await see('end-session');
	await closed(page);

	await dash.open(page, running[0]);
	await page.waitForSelector(`${PANE} .badge-jail`);
	await page.click(`${PANE} >> text=Find`);
	await page.waitForSelector('.find input:focus');
	if (!LOOKS[style].hasTouch)
		await page.click(`${PANE} >> text=Compose`);
	await page.waitForSelector('.composer');
	await see('terminal');
	await page.setInputFiles('.composer input[type=file]', {
		name: 'a rather long name of a picture from a holiday.gif',
		mimeType: 'image/gif', buffer: Buffer.from('R0lGODlhAQABAAAA' +
		    'ACwAAAAAAQABAAACADs=', 'base64') });
	await page.waitForSelector('dialog .pictures');
	await see('picture');
	await closed(page);
	await dash.open(page, running[1]);
	await page.waitForSelector(`${PANE} .badge-jail`);
	await page.click('text=Two at once');
	await page.waitForFunction((pane) =>
	    document.querySelectorAll(`${pane} .badge-jail`).length === 2,
	PANE);
	await see('two-terminals');

	await questions(page, see);
	await dash.open(page, ended, '/watch');
	await page.waitForSelector(`${PANE} .pane-state >> text=has ended`);
	await see('ended');

	await to(page, '#/profiles', '.card >> text=sealed');
	await see('profiles');
	await page.click('main .primary');
	await page.waitForSelector('dialog summary');
	await page.selectOption(
	    'dialog >> label:has-text("Provider") >> select', 'anthropic');
	await page.click('dialog summary');
	await see('new-profile');
	await closed(page);
	await to(page, '#/profile/sealed', '.facts');
	await see('profile');
	await page.click('text=Replace the key…');
	await page.waitForSelector('dialog');
	await see('new-key');
	await closed(page);
	await page.click('text=Delete…');
	await page.waitForSelector('dialog');
	await see('delete-profile');
	await closed(page);
	await to(page, '#/agents', '.card');
	await see('agents');
	await to(page, '#/audit', '.card.entry');
	await see('audit');
	await to(page, '#/tokens', '.card');
	await see('tokens');
	await page.click('.card >> text=Revoke…');
	await page.waitForSelector('dialog');
	await see('revoke-token');
	await closed(page);
	await to(page, '#/settings', '.settings');
	await see('settings');
	await to(page, '#/registry', 'main .facts');
	await see('registry');
	await to(page, '#/hooks/dev', '.hook');
	await see('hooks');
	await page.click('text=New hook');
	await page.waitForSelector('dialog');
	await see('new-hook');
	await closed(page);
	await page.click('text=Import…');
	await page.waitForSelector('dialog');
	await see('import-hooks');
	await closed(page);
	await to(page, '#/jail/dev', '.plan');
	await see('jail');
	await to(page, '#/nowhere', '.empty');
	await see('nowhere');
	await dash.clean(style, watched);
	await page.context().close();
}

/* Before there is anything. */
async function nothing(browser)
{
	for (const style of STYLES) {
		const page = await dash.newPage(browser, LOOKS[style]);

		await dash.signIn(page, url);
		await page.waitForSelector('.empty');
		await look(page, 'no-session', style);
		await page.context().close();
	}
}

/* All is reached by Tab, is seen to have the focus, and gives it back. */
async function walk(browser)
{
	const page = await dash.newPage(browser, LOOKS.light);
	const stops = [];

	await dash.signIn(page, url);
	await page.waitForSelector('.card.session');
	await page.evaluate(() => document.activeElement.blur());
	for (let i = 0; i < 60; i++) {
		await page.keyboard.press('Tab');
		const stop = await page.evaluate(() => {
			const now = document.activeElement;
			const style = getComputedStyle(now);

			return { what: now === document.body ? '' :
			    now.id === 'main' ? 'main' :
			    now.textContent.trim(),
			    ring: style.outlineStyle !== 'none' };
		});
		if (stop.what === '' || stops.some((one) =>
		    one.what === stop.what && stop.what === 'To the content'))
			break;
		stops.push(stop);
	}
	const names = stops.map((one) => one.what);
	for (const wanted of ['To the content', 'Sessions', 'Profiles',
	    'Agents', 'Audit', 'Sign out', 'New session', 'Watch', 'End…'])
		check(`Tab leads to: ${wanted}`, names.includes(wanted));
	is('the focus is always seen', stops.filter((one) => !one.ring), []);
	await dash.walkTo(page, 'main .primary');
	await page.keyboard.press('Enter');
	await page.waitForSelector('dialog');
	check('a dialog takes the focus', await page.evaluate(() =>
	    document.querySelector('dialog').contains(
	        document.activeElement)));
	await page.keyboard.press('Escape');
	await page.waitForSelector('dialog', { state: 'detached' });
	check('and gives it back', await page.evaluate(() =>
	    document.activeElement.matches('main .primary')));
	await page.keyboard.press('Enter');
	await dash.walkTo(page, 'dialog footer button:not(.primary)');
	await page.keyboard.press('Enter');
	await page.waitForSelector('dialog', { state: 'detached' });
	check('also by its button', await page.evaluate(() =>
	    document.activeElement.matches('main .primary')));
	await page.context().close();
}

/* A terminal takes Tab, and lets go all the same. */
async function leave(browser, id)
{
	const page = await dash.newPage(browser, LOOKS.light);
	const at = (selector) => page.evaluate((selector) =>
	    document.activeElement.matches(selector), selector);

	await dash.signIn(page, url);
	await dash.open(page, id);
	await page.focus(`${PANE} .xterm-helper-textarea`);
	await page.keyboard.press('Tab');
	check('Tab is the agent\'s', await at('.xterm-helper-textarea'));
	check('the way out is told to who sees', await page.isVisible(
	    'text=Ctrl+Shift+X leaves the terminal'));
	check('and to who is read to', /Control, Shift and X/.test(
	    await page.getAttribute(`${PANE} .xterm-helper-textarea`,
	        'aria-label')));
	await page.keyboard.press('Control+Shift+X');
	check('and leads out', await at('.pane-tools button'));
	await page.keyboard.press('Control+Shift+F');
	await page.waitForSelector('.find input:focus');
	await page.keyboard.press('Escape');
	await page.waitForFunction(() => document.activeElement.matches(
	    '.xterm-helper-textarea'));
	await page.keyboard.press('Control+Shift+X');
	await dash.walkTo(page, '.pane-tools button:last-child');
	await page.keyboard.press('Enter');
	await page.waitForSelector('dialog');
	await page.keyboard.press('Enter');
	await page.waitForSelector('dialog', { state: 'detached' });
	ok('a question is asked and answered without a mouse');
	await page.context().close();
}

/* Light, dark or as the system has it: the person chooses. */
async function looks(browser)
{
	const page = await dash.newPage(browser, LOOKS.light);
	const dark = () => page.evaluate(() => getComputedStyle(
	    document.body).backgroundColor);

	await dash.signIn(page, url);
	const light = await dark();
	await page.emulateMedia({ colorScheme: 'dark' });
	const wanted = await dark();
	check('the colours are the system\'s', wanted !== light);
	await page.click('[aria-label="Colours: system"]');
	is('or light', await dark(), light);
	await page.click('[aria-label="Colours: light"]');
	await page.emulateMedia({ colorScheme: 'light' });
	is('or dark', await dark(), wanted);
	await page.reload();
	await page.waitForSelector('[aria-label="Colours: dark"]');
	is('which the browser keeps', await dark(), wanted);
	await page.click('[aria-label="Colours: dark"]');
	is('until it is the system\'s again', [await dark(),
	    await page.evaluate(() => Object.keys(localStorage))], [light, []]);
	await page.context().close();
}

/* A motion that nobody wants is not there; readers are told what is printed. */
async function wishes(browser, id)
{
	const page = await dash.newPage(browser,
	    { ...LOOKS.light, reducedMotion: 'reduce' });

	await dash.signIn(page, url);
	await dash.open(page, id);
	await page.click(`${PANE} >> text=Screen reader`);
	await page.waitForSelector(`${PANE} .xterm-accessibility`);
	ok('a screen reader is given the terminal as text');
	await look(page, 'reader', 'light');
	is('with less motion wanted, nothing moves', await page.evaluate(() =>
	    document.getAnimations().length), 0);
	await page.context().close();
}

dash.run(async (browser) => {
	fs.mkdirSync(pictures, { recursive: true });
	if (part === 'judged')
		await nothing(browser);
	const running = ['first', 'second'].map((folder) =>
	    dash.session('plain', '-C', path.join(work, folder)));
	const ended = dash.session('plain', '--', '-c', 'echo it was; exit 3');

	await dash.soon('one has ended', () => dash.data('terminal', 'info',
	    ended).state === 'terminated');
	for (const style of STYLES)
		await views(browser, style, running, ended);
	if (part === 'judged') {
		await walk(browser);
		await wishes(browser, running[0]);
	} else {
		await leave(browser, running[0]);
		await looks(browser);
	}
});
