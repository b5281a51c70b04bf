# SPDX-License-Identifier: Apache-2.0
"""One FastAPI route that is a plain function: it runs in a thread."""
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def hello():
    return "Hello, World!"
