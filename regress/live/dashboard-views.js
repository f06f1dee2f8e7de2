/*
 * dashboard-views.js: dashboard-views.sh's part in the browser.
 *
 * usage: dashboard-views.js URL FOLDER HOME CONF
 *
 * FOLDER has the tokens other and view.
 */
'use strict';

const { execFileSync } = require('child_process');
const fs = require('fs');
const path = require('path');
const base = require(process.env.BROWSER_BASE);

const { check, is, like } = base;
const [url, folder, home, conf] = process.argv.slice(2);
const LABEL = '<img src=x onerror=window.hit=1>';

const tokenOf = (name) =>
    fs.readFileSync(path.join(folder, name), 'ascii').trim();

async function statusOf(token)
{
	const reply = await fetch(`${url}/api/ping`,
	    { headers: { Authorization: `Bearer ${token}` } });

	return reply.status;
}

async function signIn(page, token)
{
	await page.goto(`${url}/`);
	await page.fill('input[type=password]', token);
	await page.click('button:has-text("Sign in")');
	await page.waitForSelector('nav');
}

/* A view, once what it shows is there. */
async function show(page, where, there)
{
	await page.goto(`${url}/#/${where}`);
	await page.waitForSelector(there);
}

/* What stands beside a name in the lists of facts. */
const fact = (page, name) => page.locator(
    `.facts > div:has(> dt:text-is("${name}")) > dd`).first().innerText();

async function tokens(page)
{
	await show(page, 'tokens', '.card');
	is('tokens are shown with their labels, as text',
	    await page.locator('.card-title').allInnerTexts(),
	    ['Main token', LABEL, 'look']);
	check('the main one cannot be revoked here', await page.
	    locator('.card').first().locator('button').count() === 0);
	is('another is good', await statusOf(tokenOf('other')), 200);
	await page.locator('.card', { hasText: LABEL }).
	    locator('text=Revoke…').click();
	await page.click('dialog >> text=Cancel');
	is('and still is, if the question is not answered so',
	    await statusOf(tokenOf('other')), 200);
	await page.locator('.card', { hasText: LABEL }).
	    locator('text=Revoke…').click();
	await page.click('dialog >> text=Revoke it');
	await page.locator('.card', { hasText: LABEL }).
	    waitFor({ state: 'detached' });
	is('until it is revoked', await statusOf(tokenOf('other')), 401);
	check('no field makes one',
	    await page.locator('main input, main form').count() === 0);
}

async function settings(page)
{
	await show(page, 'settings', '.settings');
	is('a setting has its value and where it is from',
	    (await fact(page, 'LogLevel')).split(/\n+/),
	    ['trace', `${conf} line 2`]);
	is('also one that nobody set',
	    (await fact(page, 'MaxSessions')).split(/\n+/)[1], 'default');
	await page.fill('input[type=search]', 'jailhide');
	is('words find one', await page.locator('.settings dt').allInnerTexts(),
	    ['JailHide']);
	check('nothing can be set',
	    await page.locator('main form, main textarea').count() === 0);
}

/* The paths of a part of the plan that a rule names. */
const ruled = (page, part, rule) => page.locator(
    `.plan-${part} .facts > div:has(> dt:text-is("${rule}")) code`).
    allInnerTexts();

async function jails(page)
{
	await show(page, 'profile/dev', '.names');
	is('the profile has its grants',
	    await page.locator('.names code').allInnerTexts(),
	    [`ro ${home}/data`]);
	await page.click('text=Why is this jailed');
	await page.waitForSelector('.plan-rw');
	is('what it can change has its rule',
	    await ruled(page, 'rw', 'working folder'), [`${home}/work`]);
	is('so has what a grant shows', await ruled(page, 'ro', 'grant ro'),
	    [`${home}/data`]);
	is('and what a setting hides', await ruled(page, 'hidden', 'JailHide'),
	    [`${home}/data/keys`]);
	await page.fill('main form input', `${home}/project`);
	await page.click('main form >> text=Show');
	await page.waitForSelector(`.facts dd:text-is("${home}/project")`);
	is('another folder is another plan',
	    await ruled(page, 'rw', 'working folder'), [`${home}/project`]);
	await page.fill('main form input', `${home}/.ssh`);
	await page.keyboard.press('Escape');
	await page.click('main form >> text=Show');
	like('one where no session may be is refused, with the reason',
	    await page.innerText('main [role=alert]'), /\.ssh/);
	is('and no plan is shown', await page.locator('.plan').count(), 0);
}

async function sessions(page)
{
	await show(page, 'sessions', '.card');
	is('sessions have their ids, as the command lists them', (await page.
	    locator('.card code').allInnerTexts()).sort(),
	    JSON.parse(execFileSync('ringlet', ['--json', 'terminal', 'list'])).
	        data.map((one) => one.id).sort());
	await page.click('.card >> text=Why jailed');
	await page.waitForSelector('.plan-rw');
	is('a session leads to its jail', [await page.inputValue(
	    'main form input'), await fact(page, 'Folder')],
	    [`${home}/project`, `${home}/project`]);
}

async function audit(page)
{
	await show(page, 'audit', '.card.entry');
	const rest = await page.locator('.entry-rest').allInnerTexts();
	check('the audit log says who it was in words',
	    rest.some((text) => /^actor ringlet\[\d+\]/.test(text)) &&
	    rest.every((text) => !/actor *[{"]/.test(text)));
	check('and when by the wall clock',
	    await page.locator('.card.entry time').first().evaluate((time) =>
	        time.textContent === new Date(time.dateTime).toLocaleString()));
}

async function agents(page)
{
	await show(page, 'agents', '.card');
	is('of an agent that is not installed is shown how it is',
	    await page.locator('.card', { hasText: 'Codex' }).first().
	        locator('.card-sub').innerText(),
	    'npm install -g @openai/codex');
}

async function hooks(page)
{
	await show(page, 'hooks/dev', '.hook');
	const first = page.locator('.hook').first();
	is('a hook that changed is shown as it is, what is unseen spelled out',
	    await first.locator('pre').innerText(),
	    'echo <b onclick=1>second</b> \\u{202e}# safe');
	is('beside what was approved', (await first.locator('del').
	    innerText()).split(/\s+/), ['was', 'echo', 'first']);
	is('nothing of it is an element', await first.locator('pre *').count(), 0);
	check('no button approves', await page.
	    locator('button', { hasText: /approve/i }).count() === 0);
	/* The very words, as a person would type them. */
	const words = (await first.locator('code', { hasText: '--hash' }).
	    innerText()).split(/\s+/);
	is('the command is told', words.slice(0, 6),
	    ['ringlet', 'hooks', 'approve', 'dev', 'Stop', '0']);
	execFileSync(words[0], words.slice(1));
	await first.locator('.badge-good').waitFor();
	check('and approves it, which the page sees', true);

	await page.click('text=New hook');
	await page.selectOption('dialog select', 'PreToolUse');
	await page.fill('dialog textarea', 'echo new');
	await page.click('dialog >> text=Add it');
	const added = page.locator('.hook', { hasText: 'echo new' });
	is('one that is added here waits',
	    await added.locator('.badge').innerText(), 'waits for approval');
	like('and says whose it is', await added.innerText(),
	    /by http, token main/);
	await page.click('text=Import…');
	await page.fill('dialog textarea', '{"hooks":');
	await page.click('dialog >> text=Import them');
	like('what is no JSON is refused',
	    await page.innerText('dialog [role=alert]'), /no JSON/);
	await page.fill('dialog textarea', JSON.stringify({ hooks: { Stop:
	    [{ hooks: [{ type: 'command', command: 'echo brought' }] }] } }));
	await page.click('dialog >> text=Import them');
	const brought = page.locator('.hook', { hasText: 'echo brought' });
	await brought.waitFor();
	const [file] = await Promise.all([page.waitForEvent('download'),
	    page.click('text=Export')]);
	is('what is exported has all',
	    Object.keys(JSON.parse(fs.readFileSync(await file.path())).hooks).
	    sort(), ['PreToolUse', 'Stop']);
	await brought.locator('text=Remove…').click();
	await page.click('dialog >> text=Remove it');
	await brought.waitFor({ state: 'detached' });
}

async function registry(page)
{
	await show(page, 'registry', 'main .facts');
	like('at first there is no version', await page.innerText('main'),
	    /None is here/);
	await page.click('.view-head >> text=Sync');
	await page.waitForSelector('.notice:has-text("In use now")');
	await page.waitForSelector('.card .badge-good');
	like('a sync brings one, which is used',
	    await page.innerText('.card'), /in use/);
	await page.click('.card >> text=Pin…');
	await page.click('dialog >> text=Pin it');
	await page.waitForSelector('.card .badge-jail');
	await page.click('.view-head >> text=Unpin');
	await page.locator('.card .badge-jail').waitFor({ state: 'detached' });
	is('a pin comes and goes', await fact(page, 'Pinned to'), 'nothing');
}

async function narrow(page)
{
	await page.setViewportSize({ width: 360, height: 640 });
	for (const [where, there] of [['tokens', '.card'],
	    ['settings', '.settings'], ['registry', '.card'],
	    ['profile/dev', '.names'], ['jail/dev', '.plan'],
	    ['hooks/dev', '.hook']]) {
		await show(page, where, there);
		is(`360 pixels are enough for ${where}`, await page.evaluate(
		    () => [document.documentElement, document.
		    getElementById('main')].map((e) =>
		    e.scrollWidth - e.clientWidth)), [0, 0]);
	}
}

async function looking(browser)
{
	const page = await base.newPage(browser);

	await signIn(page, tokenOf('view'));
	for (const view of ['tokens', 'settings', 'jail/dev', 'audit'])
		await show(page, view, 'main .empty:has-text("This token may not")');
	await show(page, 'registry', 'main .facts');
	is('who may only look gets no buttons for a registry',
	    await page.locator('main button').count(), 0);
	await show(page, 'hooks/dev', '.hook');
	is('nor any that change a hook', await page.locator('main button').
	    allInnerTexts(), ['Export']);
	await page.context().close();
}

base.run(async (browser) => {
	const page = await base.newPage(browser);
	const said = base.complaints(page);

	await signIn(page, fs.readFileSync(process.env.TOKEN, 'ascii').trim());
	await base.each([tokens, settings, jails, sessions, audit, agents,
	    hooks, registry, narrow].map((part) => Object.defineProperty(
	    () => part(page), 'name', { value: part.name })));
	check('no markup has run', await page.evaluate(() => !('hit' in window)));
	is('and no policy was needed to keep it from that',
	    said.filter((line) => !/the server responded with a status of/.
	    test(line)), []);
	await looking(browser);
});
