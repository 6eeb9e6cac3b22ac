"""Load: how much does a deployment carry before it breaks its promises?

`locustfile.py` is what Locust finds, and the only module with Locust's classes in it; `locust -f load`
imports every other module here a second time, under its bare name, so none of them does anything when it is
imported, and none is called like a module of the standard library. Locust patches sockets and threads: it
always has a process of its own.
"""
