# SPDX-License-Identifier: Apache-2.0
import threading

thread = threading.Thread(target=print)
thread.start()
thread.join()


def app(_environ, start_response):
    start_response("200 OK", [])
    return [b"served"]
