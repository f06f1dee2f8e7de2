/*
 * page.js: what tests do inside a page: the browser runs it in each before
 * anything else.  Nothing here waits without an end.
 */
'use strict';

/* One request: {status, type, body}, or {blocked} if the browser did that. */
window.ask = async (url, options) => {
	try {
		const reply = await fetch(url, options);

		return { status: reply.status, type: reply.type,
		    body: await reply.text() };
	} catch (why) {
		return { blocked: why.name };
	}
};

/*
 * A WebSocket and all that has come over it: texts are JSON, bytes binary.
 * until() waits for what is said of that, and so does closed() for the end, which
 * is {code, reason}.
 */
window.Socket = class {
	constructor(url, protocols)
	{
		this.texts = [];
		this.parts = [];
		this.length = 0;
		this.text = '';
		this.opened = false;
		this.end = null;
		this.waiting = new Set();
		this.ws = new WebSocket(url, protocols);
		this.ws.binaryType = 'arraybuffer';
		this.ws.onopen = () => {
			this.opened = true;
			this.look();
		};
		this.ws.onmessage = (message) => this.take(message.data);
		this.ws.onclose = ({ code, reason }) => {
			this.end = { code, reason };
			this.look();
		};
	}

	take(data)
	{
		if (typeof data === 'string') {
			this.texts.push(JSON.parse(data));
		} else {
			this.parts.push(data);
			this.length += data.byteLength;
			/* What is typed and echoed is short. */
			if (this.text.length < 65536)
				this.text += new TextDecoder('latin1').
				    decode(data);
		}
		this.look();
	}

	look()
	{
		for (const waiter of this.waiting)
			waiter();
	}

	until(what, condition)
	{
		return new Promise((resolve, reject) => {
			const finish = (how, value) => {
				clearTimeout(late);
				this.waiting.delete(waiter);
				how(value);
			};
			const waiter = () => {
				if (condition())
					finish(resolve, this);
				else if (this.end !== null)
					finish(reject, new Error(
					    `${what}: it was closed with ` +
					    this.end.code));
			};
			const late = setTimeout(finish, 20000, reject,
			    new Error(`not in time: ${what}`));

			this.waiting.add(waiter);
			waiter();
		});
	}

	closed()
	{
		return this.until('the end', () => this.end !== null).
		    then(() => this.end);
	}

	typed(bytes)
	{
		this.ws.send(new TextEncoder().encode(bytes));
	}

	/* SHA-256 of the bytes after the first skip, in hexadecimal. */
	async hash(skip)
	{
		const all = await new Blob(this.parts).arrayBuffer();
		const hash = await crypto.subtle.digest('SHA-256',
		    all.slice(skip));

		return Array.from(new Uint8Array(hash),
		    (byte) => byte.toString(16).padStart(2, '0')).join('');
	}
};

/* Adds an element; resolves to "load" or "error", whichever comes of it. */
window.element = (name, attributes) => new Promise((resolve) => {
	const made = Object.assign(document.createElement(name), attributes);

	made.onload = () => resolve('load');
	made.onerror = () => resolve('error');
	document.body.append(made);
});
