"""A process that forks after it has used an engine: the child gets connections of its own."""

from __future__ import annotations

import os

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from wechatpay_chain.durable.databases.engines import EngineDatabase

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


def in_child(function):
    """What a function returns in a forked child, as text."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            os.write(writing, str(function()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        answer = told.read()
    os.wait()
    return answer


def test_a_child_does_not_use_its_parents_connection(postgres):
    engine = sa.create_engine(postgres.with_driver("psycopg"))
    database = EngineDatabase(engine)
    assert database.errors

    def process():
        with engine.connect() as connection:
            return connection.scalar(sa.text("SELECT pg_backend_pid()"))

    own = process()
    assert in_child(process) not in ("", str(own))
    assert process() == own
    engine.dispose()


def test_a_database_in_memory_stays_what_it_is():
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    EngineDatabase(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (id INTEGER)")
    assert in_child(lambda: sa.inspect(engine).get_table_names()) == "['kept']"
    engine.dispose()
