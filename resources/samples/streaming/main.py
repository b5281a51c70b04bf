# SPDX-License-Identifier: Apache-2.0
from music.application import create_app

app = create_app()
