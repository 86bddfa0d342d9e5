"""Validation of requests about complaints: days, pages and images."""

from __future__ import annotations

import datetime
import re
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ..address import reached_at

__all__ = ["days", "images", "page", "urls"]

LONGEST = datetime.timedelta(days=30)
IMAGES = 4


def days(call: Call) -> tuple[str, str]:
    """Return the first and the last day of a list request.

    Raises:
        Rejection: a day is invalid, or the days are too far apart.
    """
    first, last = (_day(call, name) for name in ("begin_date", "end_date"))
    if not datetime.timedelta(0) <= last - first <= LONGEST:
        issue = f"must be 0 to {LONGEST.days} days after begin_date"
        raise Rejection.parameter("end_date", str(last), issue, "query")
    return str(first), str(last)


def _day(call: Call, name: str) -> datetime.date:
    value = call.query.get(name, "")
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return datetime.date.fromisoformat(value)
    except ValueError:
        pass
    raise Rejection.parameter(name, value, "must be a day such as 2026-11-20", "query")


def page(data: list[Any], total: int, limit: int, offset: int) -> dict[str, Any]:
    """Return a page of a list; only the first page contains the total."""
    counted = {"total_count": total} if offset == 0 else {}
    return {"data": data, "limit": limit, "offset": offset, **counted}


def images(call: Call, name: str) -> dict[str, Any]:
    """Return the images of a response by their `media_id`.

    Raises:
        Rejection: an image is no upload, or there are too many.
    """
    given = call.data.get(name) or []
    if not isinstance(given, list) or len(given) > IMAGES:
        raise Rejection.parameter(name, given, f"must be an array of at most {IMAGES} media_id")
    for index, each in enumerate(given):
        if not isinstance(each, str) or call.state.store.get("media", each) is None:
            raise Rejection.parameter(f"/{name}/{index}", each, "is not the media_id of an upload")
    return {"image_list": list(given)} if given else {}


def urls(call: Call, given: list[str]) -> list[str]:
    """Return the URLs of images by their `media_id`."""
    address = f"{reached_at(call)}v3/merchant-service/images/"
    return [each if "://" in each else f"{address}{each}" for each in given]
