"""The roles of a load: what each kind of user does, request by request. Locust only starts and stops them."""
