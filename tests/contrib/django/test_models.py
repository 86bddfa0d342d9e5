"""The models describe the same tables as SQLAlchemy's, and so do the migrations."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from django.apps import apps
from django.core.management import call_command
from django.db import models

from tests.contrib.django import project
from tests.durable.notifications import delivery, paid
from wechatpay_chain.durable import Inbox, create_tables, metadata
from wechatpay_chain.durable.databases.tables import TABLES

TYPES = {
    models.BigAutoField: sa.BigInteger,
    models.BigIntegerField: sa.BigInteger,
    models.BinaryField: sa.LargeBinary,
    models.BooleanField: sa.Boolean,
    models.CharField: sa.String,
    models.IntegerField: sa.Integer,
    models.TextField: sa.Text,
}
MODELS = {
    model._meta.db_table: model for model in apps.get_app_config("wechatpay_chain").models.values()
}


@pytest.mark.parametrize("name", [f"wechatpay_{name}" for name in TABLES])
def test_a_model_describes_the_table(name):
    table, model = metadata.tables[name], MODELS[name]._meta
    assert [field.column for field in model.fields] == [column.name for column in table.columns]
    for field in model.fields:
        column = table.columns[field.column]
        assert type(column.type) is TYPES[type(field)], field
        assert field.null == column.nullable, field
        assert field.max_length == getattr(column.type, "length", None), field
        default = None if column.default is None else column.default.arg
        assert (field.default if field.has_default() else None) == default, field
    assert {(each.name, *each.fields) for each in model.constraints} == {
        (each.name, *(column.name for column in each.columns))
        for each in table.constraints
        if isinstance(each, sa.UniqueConstraint)
    }
    assert {(each.name, *each.fields) for each in model.indexes} == {
        (each.name, *(column.name for column in each.columns)) for each in table.indexes
    }


def test_there_is_a_migration_for_each_change_of_the_models():
    call_command("makemigrations", "wechatpay_chain", check=True, dry_run=True, verbosity=0)


def described(engine):
    """What a database has of our tables."""
    inspector = sa.inspect(engine)
    return {
        name: (
            [
                (each["name"], kind(each["type"]), each["nullable"])
                for each in inspector.get_columns(name)
            ],
            {
                (each["name"], *each["column_names"])
                for each in inspector.get_unique_constraints(name)
            },
            {(each["name"], *each["column_names"]) for each in inspector.get_indexes(name)},
        )
        for name in metadata.tables
    }


def kind(found):
    """A type as a database has it; texts without a length serve alike, and so do bytes."""
    return found._type_affinity, found.length if isinstance(found, sa.VARCHAR) else None


def test_migrations_make_the_tables_that_sqlalchemy_makes(world):
    migrated = described(world.watching)
    project.migrate(world.alias, "wechatpay_chain", "zero")
    try:
        assert not set(metadata.tables) & set(sa.inspect(world.watching).get_table_names())
        create_tables(world.watching)
        assert migrated == described(world.watching)
    finally:
        metadata.drop_all(world.watching)
        project.migrate(world.alias)


async def test_sqlalchemy_and_django_work_on_the_same_tables(world, keys):
    received = Inbox(world.engine, keys.client())
    await world.call(received.receive, *delivery(keys, paid("A1")))
    handled = Inbox(world.watching, keys.client())
    handled.on("TRANSACTION.SUCCESS")(lambda notice, session: None)
    assert handled.run_once() == 1
    (row,) = await world.call(received.find)
    assert row["state"] == "done"
