/*
 * picture.js: picture.sh's part in the browser.
 *
 * usage: picture.js URL FILE
 */
'use strict';

const dash = require('./dashboard.js');

const { PANE } = dash;
const [url, file] = process.argv.slice(2);

/* A prompt without the names of this machine, and a clear screen. */
const PLAIN = "PS1='\\W$ '; clear\n";

/* Types each line into a pane when that shows a new prompt. */
async function type(page, pane, ...lines)
{
	let prompts = 0;

	await page.locator(`${PANE} .xterm-helper-textarea`).nth(pane).focus();
	await page.keyboard.type(PLAIN);
	for (const line of [...lines, '']) {
		prompts++;
		await page.waitForFunction(([selector, pane, prompts]) => {
			const rows = [...document.querySelectorAll(selector)][pane].
			    querySelectorAll('.xterm-rows > div');
			const all = [...rows].map((row) =>
			    row.textContent.replace(/\u00a0/g, ' ').trimEnd());

			return all.filter((row) => /^[\w~-]+\$/.test(row)).
			    length === prompts && !all[0].includes('PS1') &&
			    /\$$/.test(all.filter((row) => row !== '').pop());
		}, [PANE, pane, prompts]);
		await page.keyboard.type(line);
	}
}

dash.run(async (browser) => {
	const page = await dash.newPage(browser, { colorScheme: 'dark',
	    viewport: { width: 1000, height: 560 } });
	const first = dash.session('acme');
	const second = dash.session('globex');

	await dash.signIn(page, url);
	await dash.open(page, first);
	await dash.open(page, second);
	await page.click('text=Two at once');
	await page.locator(`${PANE} .xterm-screen`).nth(1).waitFor();
	await type(page, 0, 'cd; cat ../../.ssh/config\n', 'touch /usr/mine\n',
	    'ls -A ..\n');
	await type(page, 1, 'make\n', './main && echo it works\n');
	await page.screenshot({ path: file });
}, dash.READABLE);
