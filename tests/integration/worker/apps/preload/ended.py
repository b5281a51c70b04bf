# SPDX-License-Identifier: Apache-2.0
import os
import threading
import time

thread = threading.Thread(target=print)
thread.start()
thread.join()
while len(os.listdir("/proc/self/task")) > 2:  # the kernel's thread ends a moment later
    time.sleep(0.001)


def app(_environ, start_response):
    start_response("200 OK", [])
    return [b"served"]
