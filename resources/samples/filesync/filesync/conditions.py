# SPDX-License-Identifier: Apache-2.0
"""The conditions a client may put on a change (RFC 9110, section 13), in the order given there."""
from werkzeug.http import parse_date, parse_etags


class Refused(Exception):
    """An answer that ends the request: a status and one sentence."""

    def __init__(self, status, text, **more):
        super().__init__(text)
        self.status = status
        self.text = text
        self.more = more


def hasCondition(headers):
    return any(name in headers for name in ("If-Match", "If-Unmodified-Since", "If-None-Match"))


def checkConditions(headers, row):
    """For a change to what row tells (None: the name is free). Raises Refused."""
    if "If-Match" in headers:
        tags = parse_etags(headers["If-Match"])
        if row is None or not (tags.star_tag or tags.contains(row["sha256"])):
            refuse(row)
    elif "If-Unmodified-Since" in headers:
        limit = parse_date(headers["If-Unmodified-Since"])
        # A date that is none is ignored, but then there is no condition either.
        if limit is None:
            raise Refused(400, "If-Unmodified-Since is no date.")
        if row is None or int(row["modified"]) > limit.timestamp():
            refuse(row)
    if "If-None-Match" in headers:
        tags = parse_etags(headers["If-None-Match"])
        if row is not None and (tags.star_tag or tags.contains_weak(row["sha256"])):
            raise Refused(412, "There is a file of this name already.", sha256=row["sha256"])
    if row is not None and not hasCondition(headers):
        raise Refused(428, "The file exists. Say with If-Match which version you mean.",
                      sha256=row["sha256"])


def refuse(row):
    if row is None:
        raise Refused(412, "The file is not there any more.", sha256=None)
    raise Refused(412, "The file is not the version you mean any more.", sha256=row["sha256"])
