# SPDX-License-Identifier: Apache-2.0
import os
import threading

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.staticfiles import StaticFiles

HERE = os.path.dirname(os.path.abspath(__file__))
app = FastAPI()
app.mount("/assets", StaticFiles(directory=HERE))
app.mount("/pages", StaticFiles(directory=HERE, html=True))


@app.on_event("startup")
async def begin():
    app.state.began = True


@app.get("/async/{number}")
async def asynchronous(number: int):
    return {"number": number, "began": app.state.began}


@app.get("/sync/{number}")
def synchronous(number: int):
    return {"number": number, "inPool": threading.current_thread() is not threading.main_thread()}


@app.post("/echo")
async def echo(request: Request):
    return {"size": len(await request.body())}


@app.get("/stream")
def stream():
    return StreamingResponse(iter([b"a", b"b", b"c"]), media_type="text/plain")
