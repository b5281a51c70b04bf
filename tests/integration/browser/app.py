# SPDX-License-Identifier: Apache-2.0
"""What tst_browser.cpp shows a browser: a page that tries everything and tells what it saw."""
import json

PAGE = b"""<!doctype html>
<title>Try</title>
<link rel="stylesheet" href="/style.css">
<script>
const told = {};
async function tell() {
    await fetch('/report', {method: 'POST', body: JSON.stringify(told)});
}
async function fetched() {
    const answer = await fetch('/version');
    told.fetch = await answer.text();
}
function talked() {
    return new Promise((resolve) => {
        const socket = new WebSocket('wss://' + location.host + '/socket', ['first', 'second']);
        const large = 'gr\\u00fc\\u00df '.repeat(50000);
        told.messages = [];
        socket.onopen = () => { socket.send('hello'); socket.send(large); socket.send('bye'); };
        socket.onmessage = (event) => {
            told.messages.push(event.data === large ? 'large' : event.data);
        };
        socket.onerror = () => { told.error = true; };
        socket.onclose = (event) => {
            told.protocol = socket.protocol;
            told.extensions = socket.extensions;
            told.code = event.code;
            told.reason = event.reason;
            told.clean = event.wasClean;
            resolve();
        };
    });
}
fetched().then(talked).catch((error) => { told.error = String(error); }).then(tell);
</script>
"""
report = b""


async def respond(send, body, kind=b"text/plain", status=200):
    await send({"type": "http.response.start", "status": status,
                "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": body})


async def socket(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "second"})
    await send({"type": "websocket.send", "text": "HTTP/" + scope["http_version"]})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        await send({"type": "websocket.send", "text": message["text"]})
        if message["text"] == "bye":
            await send({"type": "websocket.close", "code": 4001, "reason": "enough"})
            return


async def app(scope, receive, send):
    global report
    if scope["type"] == "websocket":
        await socket(scope, receive, send)
    elif scope["type"] == "http":
        path = scope["path"]
        if path == "/":
            await send({"type": "http.response.early_hint",
                        "links": [b"</style.css>; rel=preload; as=style"]})
            await respond(send, PAGE, b"text/html")
        elif path == "/version":
            await respond(send, ("HTTP/" + scope["http_version"]).encode())
        elif path == "/style.css":
            await respond(send, b"title { color: red }", b"text/css")
        elif path == "/report" and scope["method"] == "POST":
            body = b""
            while True:
                message = await receive()
                body += message.get("body", b"")
                if not message.get("more_body"):
                    break
            report = json.dumps(json.loads(body)).encode()
            await respond(send, b"")
        elif path == "/report":
            await respond(send, report, status=200 if report else 404)
        else:
            await respond(send, b"", status=404)
