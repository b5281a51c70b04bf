#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "photosite.settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
