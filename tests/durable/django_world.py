"""The same database through Django's ORM."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async

from tests.contrib.django import project
from tests.durable.worlds import World, effects


class DjangoWorld(World):
    """A database of a Django project.

    A test is a coroutine, where Django's ORM cannot be called: all calls are made in the thread
    that serves event loops.
    """

    def _engine(self) -> Any:
        from wechatpay_chain.contrib.django import DjangoDatabase

        self.alias = project.add_database(self.url.render_as_string(hide_password=False))
        return DjangoDatabase(self.alias)

    def create(self) -> None:
        project.migrate(self.alias)
        effects.metadata.create_all(self.watching)

    def close(self) -> None:
        project.remove_database(self.alias)
        self.watching.dispose()

    async def call(self, method: Any, *arguments: Any, **options: Any) -> Any:
        return await sync_to_async(method)(*arguments, **options)

    def execute(self, session: Any, statement: Any) -> Any:
        from django.db import connections

        dialect = self.watching.dialect
        sql = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        with connections[session].cursor() as cursor:
            cursor.execute(str(sql))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        from django.db import transaction

        atomic = transaction.atomic(using=self.alias)
        await sync_to_async(atomic.__enter__)()
        try:
            yield self.alias
        except BaseException as error:
            await sync_to_async(atomic.__exit__)(type(error), error, error.__traceback__)
            raise
        await sync_to_async(atomic.__exit__)(None, None, None)
