# SPDX-License-Identifier: Apache-2.0
"""One asynchronous FastAPI route."""
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def hello():
    return "Hello, World!"
