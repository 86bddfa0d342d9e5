"""A Django project: one in a process, with a database for each test module that wants one."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import unquote, urlsplit

import pymysql
from asgiref.sync import SyncToAsync

BACKENDS = {"sqlite": "sqlite3", "postgresql": "postgresql", "mariadb": "mysql"}
DRIVERS = {"mariadb": {"init_command": "SET lock_wait_timeout = 10"}}
aliases = itertools.count(1)


def configure(**settings: Any) -> None:
    """Configure Django, unless it is."""
    import django
    from django.conf import settings as configured

    if configured.configured:
        return
    pymysql.version_info = (2, 2, 8, "final", 0)  # of mysqlclient, whose interface it has
    pymysql.install_as_MySQLdb()
    configured.configure(
        **{
            "DATABASES": {"default": database("sqlite:///:memory:")},
            "INSTALLED_APPS": [
                "django.contrib.admin",
                "django.contrib.auth",
                "django.contrib.contenttypes",
                "django.contrib.messages",
                "django.contrib.sessions",
                "wechatpay_chain.contrib.django",
            ],
            "LOGGING_CONFIG": None,
            "MIDDLEWARE": [
                "django.contrib.sessions.middleware.SessionMiddleware",
                "django.middleware.csrf.CsrfViewMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                "django.contrib.auth.middleware.LoginRequiredMiddleware",
                "django.contrib.messages.middleware.MessageMiddleware",
            ],
            "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
            "ROOT_URLCONF": "tests.contrib.django.urls",
            "SECRET_KEY": "of a test",
            "TEMPLATES": [
                {
                    "BACKEND": "django.template.backends.django.DjangoTemplates",
                    "APP_DIRS": True,
                    "OPTIONS": {
                        "context_processors": [
                            "django.template.context_processors.request",
                            "django.contrib.auth.context_processors.auth",
                            "django.contrib.messages.context_processors.messages",
                        ]
                    },
                }
            ],
            "USE_TZ": True,
            **settings,
        }
    )
    django.setup()


def database(url: str) -> dict[str, Any]:
    """An entry of `DATABASES`."""
    parts = urlsplit(url)
    backend = BACKENDS[parts.scheme]
    given = {
        "ENGINE": f"django.db.backends.{backend}",
        "NAME": parts.path[1:],
        "OPTIONS": dict(DRIVERS.get(parts.scheme, {})),
    }
    if backend != "sqlite3":
        given |= {
            "HOST": parts.hostname,
            "PORT": parts.port or "",
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
        }
    return given


def add_database(url: str, **changes: Any) -> str:
    """Give the project one more database, and return its alias."""
    from django.db import connections

    configure()
    alias = f"test{next(aliases)}"
    given = {"default": {}, alias: {**database(url), **changes}}
    connections.settings[alias] = connections.configure_settings(given)[alias]
    return alias


def remove_database(alias: str) -> None:
    """Close its connections, of this thread and of the one that serves event loops."""
    from django.db import connections

    close_connection(alias)
    SyncToAsync.single_thread_executor.submit(close_connection, alias).result()
    del connections.settings[alias]


def close_connection(alias: str) -> None:
    from django.db import connections

    if connections[alias].connection is not None:
        connections[alias].close()
    del connections[alias]


def migrate(alias: str, app: str = "wechatpay_chain", *names: str) -> None:
    from django.core.management import call_command

    call_command("migrate", app, *names, database=alias, verbosity=0)
