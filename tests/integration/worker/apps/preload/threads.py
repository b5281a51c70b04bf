# SPDX-License-Identifier: Apache-2.0
import _thread
import threading
import time


def poll():
    while True:
        time.sleep(60)


threading.Thread(target=poll, name="poller", daemon=True).start()
_thread.start_new_thread(poll, ())


def app(_environ, start_response):
    start_response("200 OK", [])
    return [b"served"]
