"""`make run`: PostgreSQL, Redis, the sandbox, the web server and the worker under one roof.

Imports nothing of Django: most of this runs before there is a database to set it up with.
"""
