# SPDX-License-Identifier: Apache-2.0
"""Recognises projects by reading their source text; see detect.py, which starts it.

source        what one Python file says    folder        a bounded walk over the folder
django        projects with a manage.py    applications  everything else, and static files
requirements  what the project asks for
"""
