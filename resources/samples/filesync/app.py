# SPDX-License-Identifier: Apache-2.0
from filesync.web import create_app

app = create_app()
