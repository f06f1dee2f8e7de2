/*
 * dashboard-axe.js: dashboard-axe.sh's part in the browser.
 *
 * usage: dashboard-axe.js URL WORK
 */
'use strict';

const fs = require('fs');
const path = require('path');
const dash = require(process.env.DASHBOARD_BASE);

const { PANE, check, is, ok } = dash;
const [url, work] = process.argv.slice(2);
const pictures = path.join(process.env.LIVE_LOGS, 'dashboard-axe');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const LOOKS = {
	light: { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
	dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
	phone: { viewport: { width: 360, height: 740 }, colorScheme: 'light',
	    hasTouch: true, isMobile: true },
};

/* What axe says of the page now; a picture of it is kept. */
async function look(page, name, style)
{
	await page.screenshot({ path: path.join(pictures,
	    `${name}-${style}.png`) });
	if (!await page.evaluate(() => 'axe' in window))
		await page.evaluate(axe);
	const { objections, wide } = await page.evaluate(async (tags) => {
		const { violations } = await window.axe.run(document,
		    { runOnly: { type: 'tag', values: tags },
		        resultTypes: ['violations'] });
		const main = document.querySelector('main');

		return { objections: violations.flatMap((one) =>
		    one.nodes.map((node) => `${one.id}: ${node.target} ` +
		        node.failureSummary.replace(/\s+/g, ' '))),
		    wide: [document.documentElement, main].filter((one) =>
		        one.scrollWidth > one.clientWidth + 1).length };
	}, TAGS);

	is(`${name}, ${style}: axe has no objection`, objections, []);
	check(`${name}, ${style}: nothing is wider than the window`, !wide);
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

/* Each view and dialog in turn. */
async function views(browser, style, running)
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
	if (style !== 'phone')
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
	await dash.clean(style, watched);
	await page.context().close();
}

/* Before there is anything. */
async function nothing(browser)
{
	for (const style of Object.keys(LOOKS)) {
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
			    now.textContent.trim(), ring: now.id === 'main' ||
			    style.outlineStyle !== 'none' };
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
	await nothing(browser);
	const running = ['first', 'second'].map((folder) =>
	    dash.session('plain', '-C', path.join(work, folder)));
	const ended = dash.session('plain', '--', '-c', 'echo it was; exit 3');

	await dash.soon('one has ended', () => dash.data('terminal', 'info',
	    ended).state === 'terminated');
	for (const style of Object.keys(LOOKS))
		await views(browser, style, running);
	await walk(browser);
	await wishes(browser, running[0]);
});
