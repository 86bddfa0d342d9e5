"""A configuration of gunicorn's that has gevent patch Python before the shop is loaded."""

from gevent import monkey

monkey.patch_all()
