"""The gevent process: loads locustfiles, runs Locust, and says once a second what happened.

It runs in the interpreter of the project under test, so it needs only what Locust brings. Nothing imports it:
the conductor starts `bootstrap.py`.
"""
