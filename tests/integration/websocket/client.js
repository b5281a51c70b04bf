// SPDX-License-Identifier: Apache-2.0
// client.js URL: messages of every size to the /echo of app.py, by the library most servers of JavaScript
// use. Ends with "ok", or with what was wrong.
const assert = require('assert');
const WebSocket = require('ws');

const url = process.argv[2].replace('http', 'ws');

function open(compress) {
    return new Promise((resolve, reject) => {
        const socket = new WebSocket(url + '/echo', ['one', 'two'],
            {perMessageDeflate: compress, rejectUnauthorized: false, origin: 'http://o.example'});
        socket.once('open', () => resolve(socket));
        socket.once('error', reject);
    });
}

function next(socket, name) {
    return new Promise(resolve => socket.once(name, (...values) => resolve(values)));
}

async function talk(compress) {
    const socket = await open(compress);
    assert.strictEqual(socket.protocol, 'two');
    assert.strictEqual(socket.extensions.includes('permessage-deflate'), compress);
    for (const size of [0, 1, 125, 126, 65535, 65536, 300001, 1 << 20]) {
        const bytes = Buffer.alloc(size, 'gr\u00fc\u00df ');
        socket.send(bytes);
        let [back, isBinary] = await next(socket, 'message');
        assert(isBinary && bytes.equals(back), 'bytes of ' + size);
        const text = '\u4f60a'.repeat(size / 2);
        socket.send(text);
        [back, isBinary] = await next(socket, 'message');
        assert(!isBinary && back.toString() === text, 'text of ' + size);
    }
    socket.send('frag', {fin: false});
    socket.send('ments');
    assert.strictEqual((await next(socket, 'message'))[0].toString(), 'fragments');
    socket.ping('there?');
    assert.strictEqual((await next(socket, 'pong'))[0].toString(), 'there?');
    socket.close(4321, 'bye');
    const [code] = await next(socket, 'close');
    assert.strictEqual(code, 4321);
}

async function refused() {
    const socket = new WebSocket(url + '/nothing', {rejectUnauthorized: false});
    const [error] = await next(socket, 'error');
    assert(error.message.includes('403'), error.message);
}

talk(true).then(() => talk(false)).then(refused).then(() => console.log('ok')).catch(error => {
    console.error(error);
    process.exit(1);
});
